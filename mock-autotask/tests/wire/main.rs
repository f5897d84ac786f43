//! The mock as clients meet it: over TCP, with requests written byte by byte.
//!
//! The modules follow the parts of the API: who may call, what a query finds, what a write changes, what metadata
//! says, and what happens at the limits. `docs/mock-autotask.md` names the test behind each row of its table.

#[cfg(test)]
mod access;
#[cfg(test)]
mod control;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod documentation;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fields;
#[cfg(test)]
mod http;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod paging;
#[cfg(test)]
mod program;
#[cfg(test)]
mod query;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod udfs;
#[cfg(test)]
mod writes;

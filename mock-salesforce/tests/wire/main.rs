//! The mock as its clients meet it: over loopback, in raw bytes.

#[cfg(test)]
mod access;
#[cfg(test)]
mod control;
#[cfg(test)]
mod documentation;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod http;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod oauth;
#[cfg(test)]
mod paging;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod records;
#[cfg(test)]
mod soql;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tls;

//! SOAP 1.1 as Salesforce speaks it: reading requests, writing answers and faults.

pub mod envelope;
pub(crate) mod fault;
pub(crate) mod records;
pub(crate) mod writer;

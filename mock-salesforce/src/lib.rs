//! mock-salesforce

//! Stories that prove the import rules against both mocks, and the demo.

pub mod rest;
pub mod truth;

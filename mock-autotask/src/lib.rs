//! mock-autotask

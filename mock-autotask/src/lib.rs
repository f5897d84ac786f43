//! mock-autotask
#![allow(dead_code, unreachable_pub)]

mod answer;
mod credentials;
mod entities;
mod filter;
mod instance;
mod json;
mod metadata;
mod query;
mod refusal;
mod route;
mod server;
mod settings;
mod store;
mod time;
mod write;

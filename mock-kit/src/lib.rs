//! What both mock servers are made of, apart from what makes each of them its vendor.
//!
//! * [`server`] accepts connections and hands requests to a [`server::Service`]; it stops when dropped.
//! * [`tls`] puts a listener behind certificates of a self-made authority, good ones and bad ones.
//! * [`clock`] is the only source of time, so that hours pass in milliseconds when a test says so;
//!   [`shifted_clock`] is one that the control plane moves ahead.
//! * [`faults`] decides which calls go wrong on purpose.
//! * [`program`] is what both binaries do alike.
//! * [`world`] makes believable people and firms from a seed, and remembers what it planted where.
//!
//! The importer never depends on this crate, nor this crate on the importer: they meet on the wire only.

pub mod clock;
pub mod faults;
pub mod program;
pub mod server;
pub mod shifted_clock;
pub mod tls;
pub mod world;

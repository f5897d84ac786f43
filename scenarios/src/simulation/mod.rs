//! Lives of an importer, played in simulated time on a simulated network.

mod campaign;
mod clock;
mod draw;
mod faults;
mod journal;
mod mail;
mod memory;
mod network;
mod oracle;
mod play;
mod process;
mod script;
mod shrink;
mod world;

pub use campaign::{Arguments, CampaignError, simulate};
pub use draw::Extent;
pub use journal::Book;
pub use oracle::Violation;
pub use play::{Played, play};
pub use script::{Deed, Fields, HostName, Object, Script, Step};
pub use shrink::shrink;
pub use world::WorldError;

//! The importer against both mocks: stories that prove the import rules, and the demo.
//!
//! * [`stage`] sets both mocks and an importer up, [`service`] the importer's service; [`demo`] gives a tour of them.
//! * [`story`] holds the steps that stories (`features/*.feature`) are told in, on a [`clock`] of their own.
//! * [`interruption`] ends an importer's process at a request or a commit.
//! * [`crash`] does that at every place of an import, or of the imports of stories, one after the other; [`simulation`]
//!   lets an importer live for hours or years on a simulated network. Both check what came of it.
//! * [`mail_sink`] is the mail server that the importer's e-mails go to, [`mail_page`] shows them to people.
//! * [`runner`] finds, chooses and tells stories, and reports what came of them.
//! * [`truth`] works out what Autotask must hold, from the generated world and the rules alone, and [`rest`] reads
//!   what it does hold.

pub mod clock;
pub mod crash;
pub mod demo;
pub mod interruption;
pub mod mail_page;
pub mod mail_sink;
pub mod rest;
pub mod runner;
pub mod service;
pub mod simulation;
pub mod stage;
pub mod story;
pub mod truth;

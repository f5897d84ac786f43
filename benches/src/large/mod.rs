//! The benchmark of a large account: what an import costs beside what it cannot do without.
//!
//! Both mocks run in this process, each import in one of its own ([`part`]). A smaller account is measured first, so
//! that what grows with the account shows. All goals are ratios within one run: machines differ, and are rarely idle.

pub mod bare;
pub mod part;

mod goals;
mod ledger;
mod page;
mod passes;
mod reference;
mod report;
mod watch;
mod wiretap;

use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mock_autotask::Limits;
use mock_kit::world::Size;

use crate::Failure;

/// What is measured.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Salesforce accounts
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub accounts: u64,
    /// Salesforce contacts
    #[arg(long, value_name = "N", default_value_t = 30_000)]
    pub contacts: u64,
    /// The smaller account is so many times smaller
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub smaller: u64,
    /// Autotask's requests per hour and concurrent calls: as at the vendor, 10,000 an hour, or without limits
    #[arg(long, value_name = "WHICH", default_value = "off")]
    pub limits: As,
    /// Autotask's slower answers once half of the hour is used: as at the vendor (with --limits vendor), or never
    #[arg(long, value_name = "WHICH", default_value = "off")]
    pub latency: As,
    /// Folder for report.html, report.json and report.txt
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
}

/// As at the vendor, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum As {
    /// As the vendor documents it.
    Vendor,
    /// Not at all.
    Off,
}

impl Arguments {
    fn limits(&self) -> Result<Limits, Failure> {
        let slows_down = self.latency == As::Vendor;
        match self.limits {
            As::Vendor => Ok(Limits { slows_down, ..Limits::vendor() }),
            As::Off if slows_down => {
                Err("Autotask slows down as its hour is used up: --latency vendor needs --limits vendor".into())
            }
            As::Off => Ok(Limits::off()),
        }
    }
}

/// Measures everything and reports it.
pub async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let limits = arguments.limits()?;
    let size = Size::of(arguments.accounts, arguments.contacts);
    let small =
        Size::of(arguments.accounts / arguments.smaller, arguments.contacts / arguments.smaller);
    if let Some(folder) = &arguments.report {
        fs::create_dir_all(folder)?;
    }
    eprintln!("-- {} accounts, {} contacts: first and idle import", small.accounts, small.contacts);
    let smaller = passes::Passes::first_and_idle(small, &limits).await?.ended();
    eprintln!("-- {} accounts, {} contacts: first and idle import", size.accounts, size.contacts);
    let larger = passes::Passes::first_and_idle(size, &limits).await?;
    eprintln!("-- import after 1 % changed");
    let changed = larger.changed().await?;
    eprintln!("-- killed half-way, and resumed");
    let resumed = larger.killed_and_resumed(&limits).await?;
    let larger = larger.ended();
    let reference = larger.1.or(smaller.1);
    let measured = report::Measured {
        smaller: smaller.0,
        larger: larger.0,
        reference,
        changed,
        resumed,
        peak_bytes: part::peak_bytes(),
    };
    let report = report::Report::of(arguments, &measured);
    let text = report.to_string();
    if let Some(folder) = &arguments.report {
        fs::write(folder.join("report.json"), serde_json::to_vec_pretty(&report)?)?;
        fs::write(folder.join("report.txt"), &text)?;
        fs::write(folder.join("report.html"), page::page(&report).into_string())?;
    }
    eprintln!("\n{text}");
    Ok(())
}

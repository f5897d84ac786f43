//! The command line.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::limits::Limits;
use crate::mock::Options;
use crate::records::Fixture;

/// Serve a simulated Autotask: the REST API v1.0 over a tenant of your own
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Keep the tenant in this file [default: in memory]
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// Seed of the generated data
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Companies to generate into a new tenant, with resources to own them
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub companies: u64,
    /// Contacts to generate into a new tenant
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub contacts: u64,
    /// Resources to generate into a new tenant, at the least
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub resources: u64,
    /// JSON file with records to load into a new tenant
    #[arg(long, value_name = "FILE", value_parser = fixture)]
    pub fixture: Option<Fixture>,
    /// Name of the API user
    #[arg(long, value_name = "NAME", default_value = "api@example.com")]
    pub user: String,
    /// The user's secret
    #[arg(long, value_name = "TEXT", default_value = "mock-secret")]
    pub secret: String,
    /// The integration's code
    #[arg(long, value_name = "TEXT", default_value = "MOCKINTEGRATIONCODE")]
    pub integration_code: String,
    /// Requests per hour, slower answers and concurrent calls: as at the vendor, or without limits
    #[arg(long, value_name = "WHICH", default_value = "off")]
    pub limits: LimitsName,
    /// Serve HTTPS, and write the certificate of the authority to trust to this PEM file
    #[arg(long, value_name = "FILE")]
    pub tls: Option<PathBuf>,
    /// Host name or address the certificate is for, besides localhost and the address listened on; may be repeated
    #[arg(long, value_name = "HOST", requires = "tls")]
    pub tls_host: Vec<String>,
}

/// A set of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LimitsName {
    /// Those of a tenant at the vendor.
    Vendor,
    /// None.
    Off,
}

fn fixture(file: &str) -> Result<Fixture, Box<dyn Error + Send + Sync>> {
    Ok(serde_json::from_slice(&std::fs::read(file)?)?)
}

impl Arguments {
    /// The options of the mock; the address and the file for the authority stay behind.
    pub fn into_options(self) -> Options {
        let tls_hosts = self.tls.is_some().then(|| {
            let mut hosts: Vec<String> =
                ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
            hosts.push(self.listen.ip().to_string());
            hosts.extend(self.tls_host);
            hosts.sort();
            hosts.dedup();
            hosts
        });
        Options {
            database: self.database,
            seed: self.seed,
            companies: self.companies,
            contacts: self.contacts,
            resources: self.resources,
            fixture: self.fixture,
            user: self.user,
            secret: self.secret,
            integration_code: self.integration_code,
            limits: match self.limits {
                LimitsName::Vendor => Limits::vendor(),
                LimitsName::Off => Limits::off(),
            },
            tls_hosts,
        }
    }
}

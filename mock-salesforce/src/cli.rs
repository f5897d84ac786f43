//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

use crate::mock::Options;

/// Serve a simulated Salesforce: the SOAP Partner API over an org of your own
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Arguments {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Keep the org in this file [default: in memory]
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// Seed of the generated data, the organization's id and the session ids
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Accounts to generate into a new org
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub accounts: u64,
    /// Contacts to generate into a new org
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub contacts: u64,
    /// User name that may sign in
    #[arg(long, value_name = "NAME", default_value = "integration@example.com")]
    pub user: String,
    /// The user's password
    #[arg(long, value_name = "TEXT", default_value = "mock-password")]
    pub password: String,
    /// The user's security token
    #[arg(long, value_name = "TEXT", default_value = "MockSecurityToken")]
    pub token: String,
}

impl Arguments {
    /// The options of the mock; the address stays behind.
    pub fn into_options(self) -> Options {
        Options {
            database: self.database,
            seed: self.seed,
            accounts: self.accounts,
            contacts: self.contacts,
            user: self.user,
            password: self.password,
            token: self.token,
        }
    }
}

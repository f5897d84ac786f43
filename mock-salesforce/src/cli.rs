//! The command line.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use serde_json::Value as Json;

use crate::mock::Options;
use crate::oauth::PublicKey;

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
    /// Load this JSON file into a new org; see docs/mock-salesforce.md
    #[arg(long, value_name = "FILE", value_parser = fixture)]
    pub fixture: Option<Json>,
    /// User name that may sign in
    #[arg(long, value_name = "NAME", default_value = "integration@example.com")]
    pub user: String,
    /// The user's password
    #[arg(long, value_name = "TEXT", default_value = "mock-password")]
    pub password: String,
    /// The user's security token
    #[arg(long, value_name = "TEXT", default_value = "MockSecurityToken")]
    pub token: String,
    /// Client id of the connected app
    #[arg(long, value_name = "TEXT", default_value = "mock-client-id")]
    pub client_id: String,
    /// The app's secret
    #[arg(long, value_name = "TEXT", default_value = "mock-client-secret")]
    pub client_secret: String,
    /// PEM file with the public key or certificate of the app's assertions
    #[arg(long, value_name = "FILE", value_parser = public_key)]
    pub jwt_key: Option<PublicKey>,
    /// Serve HTTPS, and write the certificate of the authority to trust to this PEM file
    #[arg(long, value_name = "FILE")]
    pub tls: Option<PathBuf>,
    /// Host name or address the certificate is for, besides localhost and the address listened on; may be repeated
    #[arg(long, value_name = "HOST", requires = "tls")]
    pub tls_host: Vec<String>,
}

fn fixture(file: &str) -> Result<Json, Box<dyn Error + Send + Sync>> {
    Ok(serde_json::from_str(&std::fs::read_to_string(file)?)?)
}

fn public_key(file: &str) -> Result<PublicKey, Box<dyn Error + Send + Sync>> {
    Ok(PublicKey::from_pem(&std::fs::read_to_string(file)?)?)
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
            accounts: self.accounts,
            contacts: self.contacts,
            fixture: self.fixture,
            user: self.user,
            password: self.password,
            token: self.token,
            client_id: self.client_id,
            client_secret: self.client_secret,
            jwt_key: self.jwt_key,
            tls_hosts,
        }
    }
}

//! Where Salesforce is asked: a server and an API version, which are one address in the end.

use std::fmt;

use http::Uri;

use crate::http::{BadAddress, server_address};

/// A version of the API, `64` for 64.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion(u32);

impl ApiVersion {
    /// The oldest that Salesforce answers; every one before it has been retired.
    pub const OLDEST: Self = Self(31);
    /// The newest that Salesforce has announced the end of.
    pub const LAST_ENDING: Self = Self(40);
    /// The last that has `login()`.
    pub const LAST_WITH_LOGIN: Self = Self(64);
    /// That of the present release, Winter '27.
    pub const CURRENT: Self = Self(68);

    /// Reads `64.0` or `64`.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix(".0").unwrap_or(text);
        let is_one =
            (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse().ok().filter(|_| is_one).map(Self)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.0)
    }
}

/// A server that answers SOAP in one version of the API, and requests for tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    server: Uri,
    version: ApiVersion,
}

impl Endpoint {
    /// The server of this address, of which only scheme and host count.
    pub fn new(address: &str, version: ApiVersion) -> Result<Self, BadAddress> {
        Ok(Self { server: with_path(&server_address(address)?, "/"), version })
    }

    /// The same version on another server.
    pub(crate) fn on(&self, server: &Uri) -> Self {
        Self { server: with_path(server, "/"), version: self.version }
    }

    /// The server, `https://login.salesforce.com` for example.
    pub fn server(&self) -> String {
        self.server.to_string().trim_end_matches('/').to_owned()
    }

    /// The version.
    pub fn version(&self) -> ApiVersion {
        self.version
    }

    /// Where SOAP calls go.
    pub fn soap(&self) -> Uri {
        with_path(&self.server, &format!("/services/Soap/u/{}", self.version))
    }

    /// Where tokens are given.
    pub(crate) fn token(&self) -> Uri {
        with_path(&self.server, "/services/oauth2/token")
    }
}

/// The server of an address, and another path on it.
fn with_path(server: &Uri, path: &str) -> Uri {
    let mut parts = server.clone().into_parts();
    parts.path_and_query = Some(path.parse().expect("paths of ours can be read"));
    Uri::from_parts(parts).expect("an address has scheme and host, whatever its path")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_number_is_a_version() {
        for fine in ["64.0", "64"] {
            assert_eq!(ApiVersion::parse(fine), Some(ApiVersion::LAST_WITH_LOGIN));
        }
        for wrong in ["", "64.1", "v64.0", "64.00", "+64", "-1", "9999", ".0", "six"] {
            assert_eq!(ApiVersion::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_endpoint_has_the_paths_of_the_api_and_of_tokens() {
        let address = "https://acme.my.salesforce.com:8443/some/page?x";

        let endpoint = Endpoint::new(address, ApiVersion::CURRENT).unwrap();

        assert_eq!(endpoint.server(), "https://acme.my.salesforce.com:8443");
        assert_eq!(endpoint.soap(), "https://acme.my.salesforce.com:8443/services/Soap/u/68.0");
        assert_eq!(endpoint.token(), "https://acme.my.salesforce.com:8443/services/oauth2/token");
    }
}

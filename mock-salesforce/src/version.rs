//! API versions: which ones the service still answers, and what changed between them.

use std::fmt;

/// The version a URL asks for: `58` for `58.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ApiVersion(u16);

/// The oldest version not retired.
pub(crate) const OLDEST: ApiVersion = ApiVersion(31);

/// The version of the present release, Winter '27.
pub(crate) const NEWEST: ApiVersion = ApiVersion(68);

impl ApiVersion {
    /// Reads `58.0`; nothing else is a version.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let major = text.strip_suffix(".0")?;
        let proper =
            (1..=3).contains(&major.len()) && major.bytes().all(|byte| byte.is_ascii_digit());
        if proper { major.parse().ok().map(Self) } else { None }
    }

    /// Whether `login()` exists in it.
    pub(crate) fn has_login(self) -> bool {
        self < Self(65)
    }

    /// Whether an address says how exactly it was located.
    pub(crate) fn has_geocode_accuracy(self) -> bool {
        self >= Self(35)
    }

    /// Whether userInfo names the locale of the org's currency.
    pub(crate) fn has_currency_locale(self) -> bool {
        self >= Self(38)
    }

    /// Whether userInfo says if the user is an external one in Chatter.
    pub(crate) fn has_chatter_external(self) -> bool {
        self >= Self(45)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_and_point_zero_is_a_version() {
        assert_eq!(ApiVersion::parse("58.0"), Some(ApiVersion(58)));
        for text in ["58", "58.1", "v58.0", ".0", "", "58.00", "+58.0", "9999.0"] {
            assert_eq!(ApiVersion::parse(text), None, "{text}");
        }
    }
}

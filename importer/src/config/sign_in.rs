//! The keys that say where and how the importer signs in to Salesforce, which depend on each other.
//!
//! The API version has one place: the end of `url`, or `api_version`. Each way to sign in has its own keys; one that
//! belongs to another way is an error and not ignored, so that nobody believes in what does not count.

use secrecy::{ExposeSecret, SecretString};

use super::keys::KEYS;
use super::read::{Found, Place, Values, lacks};
use crate::http::server_address;
use crate::salesforce::{Access, ApiVersion, Endpoint, SignIn, SigningKey};

const SECTION: &str = "salesforce";

/// Hosts that serve every organization's logins and none's client credentials.
const LOGIN_HOSTS: [&str; 3] =
    ["login.salesforce.com", "test.salesforce.com", "www.salesforce.com"];

/// The ways to sign in, as `sign_in` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Password,
    ClientCredentials,
    Jwt,
}

impl Way {
    const ALL: [Self; 3] = [Self::Password, Self::ClientCredentials, Self::Jwt];

    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::ClientCredentials => "client-credentials",
            Self::Jwt => "jwt",
        }
    }

    /// The keys it cannot do without.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["user", "password"],
            Self::ClientCredentials => &["client_id", "client_secret"],
            Self::Jwt => &["client_id", "user", "private_key"],
        }
    }

    /// The keys it takes, those it can do without among them.
    fn takes(self) -> Vec<&'static str> {
        let optional = if self == Self::Password { &["security_token"][..] } else { &[] };
        [self.required(), optional].concat()
    }

    /// The API version where none is set.
    fn version(self) -> ApiVersion {
        match self {
            Self::Password => ApiVersion::LAST_WITH_LOGIN,
            Self::ClientCredentials | Self::Jwt => ApiVersion::CURRENT,
        }
    }
}

/// Reads how to sign in; `None` if something is wrong with it, which has been noted then.
pub(super) fn access(values: &mut Values) -> Option<Access> {
    let way = way(values);
    // What is wrong with the address is told even where the way to sign in is not known.
    let endpoint = endpoint(values, way);
    let sign_in = sign_in(values, way?);
    Some(Access { endpoint: endpoint?, sign_in: sign_in? })
}

fn found(values: &Values, key: &'static str) -> Option<Found> {
    values.found.get(&(SECTION, key)).cloned()
}

fn way(values: &mut Values) -> Option<Way> {
    let given = found(values, "sign_in")?;
    let way = Way::ALL.into_iter().find(|way| way.name() == given.text.trim());
    if way.is_none() {
        let names = Way::ALL.map(|way| format!("\"{}\"", way.name())).join(", ");
        values.problem(given.place, format!("`sign_in` must be one of {names}"));
    }
    way
}

fn sign_in(values: &mut Values, way: Way) -> Option<SignIn> {
    for key in ["user", "password", "security_token", "client_id", "client_secret", "private_key"] {
        // What people saved for another way does not count, and does no harm.
        let given = found(values, key)
            .filter(|found| !matches!(found.place, Place::Default | Place::Ledger(..)))
            .filter(|found| !found.text.trim().is_empty());
        if let Some(given) = given.filter(|_| !way.takes().contains(&key)) {
            let problem = format!(
                "`{key}` does not belong to the sign-in by \"{}\", which takes {}: remove it, or set `sign_in` to \
                 another of \"password\", \"client-credentials\" and \"jwt\"",
                way.name(),
                way.takes().join(", ")
            );
            values.problem(given.place, problem);
        }
    }
    let mut complete = true;
    for key in way.required() {
        let given = found(values, key);
        if given.as_ref().is_some_and(|given| !given.text.trim().is_empty()) {
            continue;
        }
        complete = false;
        let about = KEYS.iter().find(|known| known.section == SECTION && known.name == *key);
        // What cannot be read has been noted already.
        if !values.problems.iter().any(|problem| problem.about == about) {
            let place = given.map_or(Place::Default, |given| given.place);
            let way = way.name();
            let problem = match place {
                Place::Default => {
                    format!("{} (the sign-in by \"{way}\" needs it)", lacks(SECTION, key))
                }
                _ => format!("`{key}` cannot be empty: the sign-in by \"{way}\" needs it"),
            };
            values.problem_about(about, place, problem);
        }
    }
    if !complete {
        return None;
    }
    let text = |key| found(values, key).map(|found| found.text.trim().to_owned());
    let secret = |key| found(values, key).map(|found| SecretString::from(found.text));
    Some(match way {
        Way::Password => {
            let (password, token) = (secret("password")?, secret("security_token")?);
            let password = format!("{}{}", password.expose_secret(), token.expose_secret());
            SignIn::Password { user: text("user")?, password: password.into() }
        }
        Way::ClientCredentials => SignIn::ClientCredentials {
            client_id: text("client_id")?,
            client_secret: secret("client_secret")?,
        },
        Way::Jwt => {
            let (client_id, user) = (text("client_id")?, text("user")?);
            SignIn::Jwt { client_id, user, key: signing_key(values)? }
        }
    })
}

fn signing_key(values: &mut Values) -> Option<SigningKey> {
    let given = found(values, "private_key")?;
    match SigningKey::from_pem(&given.text) {
        Ok(key) => Some(key),
        Err(error) => {
            values.problem(given.place, format!("`private_key`: {error}"));
            None
        }
    }
}

/// The server, and the API version from one of its two places.
fn endpoint(values: &mut Values, way: Option<Way>) -> Option<Endpoint> {
    let url = found(values, "url")?;
    let in_url = match version_of(&url.text) {
        Ok(version) => version,
        Err(problem) => {
            values.problem(url.place, format!("`url`: {problem}"));
            return None;
        }
    };
    let set = found(values, "api_version").filter(|found| !found.text.trim().is_empty());
    let is_default = url.place == Place::Default;
    let (version, place) = match (set, in_url.filter(|_| !is_default)) {
        (Some(set), Some(in_url)) => {
            let place = if let Place::Proposed(_) = url.place { url.place } else { set.place };
            let problem = format!(
                "the API version stands at the end of `url`, {in_url}, and in `api_version` too: remove it from one"
            );
            values.problem(place, problem);
            return None;
        }
        (Some(set), None) => {
            let Some(version) = ApiVersion::parse(set.text.trim()) else {
                values.problem(set.place, "`api_version` must be one such as 64.0".to_owned());
                return None;
            };
            (version, set.place)
        }
        (None, Some(in_url)) => (in_url, url.place),
        (None, None) => (way?.version(), url.place),
    };
    check_version(values, way, version, place)?;
    if way == Some(Way::ClientCredentials) {
        check_domain(values, &found(values, "url")?)?;
    }
    Endpoint::new(&found(values, "url")?.text, version).ok()
}

/// The version at the end of an address, if there is one.
fn version_of(url: &str) -> Result<Option<ApiVersion>, String> {
    let uri = server_address(url).map_err(|error| error.to_string())?;
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    if host.ends_with(".lightning.force.com") {
        return Err(format!(
            "{host} serves pages and no programs; the organization's own domain ends with .my.salesforce.com"
        ));
    }
    let path = uri.path().trim_end_matches('/');
    if path.is_empty() && uri.query().is_none() {
        return Ok(None);
    }
    // An organization's id may follow the version.
    let version = path
        .strip_prefix("/services/Soap/u/")
        .and_then(|rest| rest.split('/').next())
        .and_then(ApiVersion::parse);
    match version {
        Some(version) if uri.query().is_none() => Ok(Some(version)),
        _ => Err(format!(
            "behind the host there is either nothing or the path of the Partner API with its version, \
             /services/Soap/u/{}",
            ApiVersion::LAST_WITH_LOGIN
        )),
    }
}

fn check_version(
    values: &mut Values,
    way: Option<Way>,
    version: ApiVersion,
    place: Place,
) -> Option<()> {
    let usable = ApiVersion::LAST_WITH_LOGIN;
    let problem = if version < ApiVersion::OLDEST {
        format!(
            "Salesforce has retired API version {version}, which the old extension used: the address of today is \
             https://login.salesforce.com/services/Soap/u/{usable}, or https://test.salesforce.com/… for a sandbox"
        )
    } else if way == Some(Way::Password) && version > usable {
        format!(
            "API version {version} has no login(), with which \"password\" signs in: use {usable}, or set `sign_in` to \
             \"client-credentials\" or \"jwt\""
        )
    } else {
        return Some(());
    };
    values.problem(place, problem);
    None
}

/// Client credentials are refused by hosts that serve every organization.
fn check_domain(values: &mut Values, url: &Found) -> Option<()> {
    let uri = server_address(&url.text).ok()?;
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    if !LOGIN_HOSTS.contains(&host.as_str()) {
        return Some(());
    }
    let problem = format!(
        "{host} takes no client credentials: set `url` to the organization's own domain, \
         https://YOUR-DOMAIN.my.salesforce.com (Setup, My Domain)"
    );
    values.problem(url.place.clone(), problem);
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::read::Completeness;

    const KEY: &str = include_str!("../../tests/fixtures/keys/rsa.pem");

    fn read(text: &str) -> (Option<Access>, String) {
        let mut values = Values::read(text, Path::new(""), &|_| None);
        values.complete(Completeness::Whole);
        values.problems.retain(|problem| !problem.text.starts_with("[autotask] lacks"));
        let access = access(&mut values);
        let told = values.problems.iter().map(|problem| match problem.line {
            Some(line) => format!("{line}: {}\n", problem.text),
            None => format!("{}\n", problem.text),
        });
        (access, told.collect())
    }

    #[track_caller]
    fn fine(text: &str) -> Access {
        let (access, problems) = read(text);
        assert_eq!(problems, "");
        access.unwrap()
    }

    #[track_caller]
    fn assert_wrong(text: &str, parts: &[&str]) {
        let (_, problems) = read(text);
        assert!(!problems.is_empty(), "{text}");
        for part in parts {
            assert!(problems.contains(part), "{text}\n{problems}");
        }
    }

    fn by_password(lines: &str) -> String {
        format!("[salesforce]\nuser = \"u\"\npassword = \"p\"\n{lines}")
    }

    fn as_app(lines: &str) -> String {
        format!(
            "[salesforce]\nsign_in = \"client-credentials\"\nclient_id = \"c\"\nclient_secret = \"s\"\n{lines}"
        )
    }

    fn by_jwt(lines: &str) -> String {
        format!(
            "[salesforce]\nsign_in = \"jwt\"\nclient_id = \"c\"\nuser = \"u\"\nprivate_key = \"\"\"\n{KEY}\"\"\"\n{lines}"
        )
    }

    #[test]
    fn each_way_has_a_version_of_its_own_by_default() {
        for (text, address) in [
            (by_password(""), "https://login.salesforce.com/services/Soap/u/64.0"),
            (by_jwt(""), "https://login.salesforce.com/services/Soap/u/68.0"),
            (
                as_app("url = \"https://acme.my.salesforce.com\""),
                "https://acme.my.salesforce.com/services/Soap/u/68.0",
            ),
        ] {
            assert_eq!(fine(&text).endpoint.soap(), address);
        }
    }

    #[test]
    fn the_version_stands_in_one_of_two_places() {
        for (lines, version) in [
            ("url = \"https://a.my.salesforce.com/services/Soap/u/58.0\"", "58.0"),
            ("url = \"https://a.my.salesforce.com/services/Soap/u/58.0/00D000000000001\"", "58.0"),
            ("url = \"https://a.my.salesforce.com/\"\napi_version = \"58.0\"", "58.0"),
            ("api_version = 58.0", "58.0"),
            ("api_version = 58", "58.0"),
            ("url = \"https://a.my.salesforce.com\"", "64.0"),
        ] {
            assert_eq!(
                fine(&by_password(lines)).endpoint.version().to_string(),
                version,
                "{lines}"
            );
        }
        let twice =
            "url = \"https://a.my.salesforce.com/services/Soap/u/58.0\"\napi_version = 58.0";
        assert_wrong(
            &by_password(twice),
            &["5: ", "at the end of `url`, 58.0, and in `api_version` too"],
        );
        assert_wrong(&by_password("api_version = \"new\""), &["4: `api_version` must be one such"]);
        assert_wrong(&by_password("api_version = true"), &["4: ", "a version such as 64.0"]);
    }

    #[test]
    fn the_old_extensions_address_is_recognised_and_explained() {
        assert_wrong(
            &by_password("url = \"https://www.salesforce.com/services/Soap/u/12.0\""),
            &[
                "4: ",
                "retired API version 12.0, which the old extension used",
                "https://login.salesforce.com/services/Soap/u/64.0",
            ],
        );
        assert_wrong(&by_jwt("api_version = 30.0"), &["retired API version 30.0"]);
        assert!(read(&by_password("api_version = 31.0")).0.is_some());
    }

    #[test]
    fn a_version_without_login_takes_no_password() {
        assert_wrong(
            &by_password("api_version = 65.0"),
            &["4: API version 65.0 has no login()", "use 64.0", "\"jwt\""],
        );
        assert_eq!(fine(&by_jwt("api_version = 65.0")).endpoint.version().to_string(), "65.0");
    }

    #[test]
    fn client_credentials_want_the_organizations_own_domain() {
        assert_wrong(
            &as_app(""),
            &["login.salesforce.com takes no client credentials", "My Domain"],
        );
        for host in ["login", "test", "LOGIN"] {
            let url = format!("url = \"https://{host}.salesforce.com/services/Soap/u/64.0\"");
            assert_wrong(&as_app(&url), &["5: ", "takes no client credentials"]);
        }
    }

    #[test]
    fn a_page_or_another_path_is_no_address() {
        for (url, part) in [
            ("https://acme.lightning.force.com", "serves pages"),
            ("https://acme.my.salesforce.com/services/Soap/c/64.0", "/services/Soap/u/64.0"),
            ("https://acme.my.salesforce.com/services/Soap/u/new", "/services/Soap/u/64.0"),
            ("https://acme.my.salesforce.com/?x=1", "/services/Soap/u/64.0"),
            ("http://acme.my.salesforce.com", "not encrypted"),
            ("acme", "no address"),
        ] {
            assert_wrong(&by_password(&format!("url = \"{url}\"")), &["4: `url`: ", part]);
        }
    }

    #[test]
    fn what_a_way_lacks_and_what_is_not_its_is_told_together() {
        assert_wrong(
            "[salesforce]\nsign_in = \"jwt\"\npassword = \"p\"\nclient_secret = \"s\"\nuser = \" \"",
            &[
                "3: `password` does not belong to the sign-in by \"jwt\", which takes client_id, user, private_key",
                "4: `client_secret` does not belong",
                "5: `user` cannot be empty: the sign-in by \"jwt\" needs it",
                "[salesforce] lacks `client_id`: the app's Consumer Key",
                "IMPORTER_SALESFORCE_PRIVATE_KEY (the sign-in by \"jwt\" needs it)",
            ],
        );
        assert_wrong(
            &by_password("client_id = \"c\""),
            &["4: `client_id`", "takes user, password, security_token", "set `sign_in`"],
        );
        assert_wrong(
            "[salesforce]\nsign_in = \"pasword\"\napi_version = 12.0",
            &["2: `sign_in` must be one of \"password\"", "3: Salesforce has retired"],
        );
    }

    #[test]
    fn a_key_that_cannot_be_used_says_why_and_nothing_of_itself() {
        let (_, problems) = read(&by_jwt("").replace("-----BEGIN PRIVATE KEY-----", ""));
        assert!(
            problems.starts_with("5: `private_key`: there is no private key here"),
            "{problems}"
        );
        assert!(!problems.contains(KEY.lines().nth(1).unwrap()), "{problems}");

        let (_, problems) = read(
            "[salesforce]\nsign_in = \"jwt\"\nclient_id = \"c\"\nuser = \"u\"\nprivate_key_file = \"no/key.pem\"",
        );
        assert!(problems.starts_with("5: cannot read no/key.pem: "), "{problems}");
        assert_eq!(problems.lines().count(), 1, "{problems}");
    }

    #[test]
    fn no_secret_is_printed() {
        for text in [by_password("security_token = \"Token7\""), by_jwt("")] {
            let shown = format!("{:?}", fine(&text.replace("\"p\"", "\"pass7\"")));
            assert!(!shown.contains("pass7") && !shown.contains("Token7"), "{shown}");
            assert!(!shown.contains(KEY.lines().nth(1).unwrap()), "{shown}");
        }
    }
}

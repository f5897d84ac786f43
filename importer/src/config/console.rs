//! The settings of the console.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use secrecy::SecretString;

use super::read::Values;

/// Where the console listens, and who may sign in.
#[derive(Debug, Clone)]
pub struct ConsoleAccess {
    /// The address it listens at.
    pub listen: SocketAddr,
    /// The password, or its argon2 hash; without one a token is made at each start.
    pub password: Option<SecretString>,
    /// What programs that use the API show; without one there are none.
    pub api_token: Option<SecretString>,
}

/// The shortest token: whoever guesses has to guess a lot.
const SHORTEST_TOKEN: usize = 32;

/// The console, unless there is none.
pub(super) fn console(values: &mut Values) -> Option<ConsoleAccess> {
    let listen = values.found.get(&("console", "listen"))?.clone();
    let password = values.found.get(&("console", "password"))?.text.clone();
    let token = values.found.get(&("console", "api_token"))?.clone();
    let text = listen.text.trim();
    if text.is_empty() {
        return None;
    }
    let Some(listen_at) = address(text) else {
        let problem = "`listen` must be an address with a port, such as 127.0.0.1:8080, or a port of this machine alone";
        values.problem(listen.place, problem.to_owned());
        return None;
    };
    let password = (!password.is_empty()).then(|| SecretString::from(password));
    let api_token = token.text.trim().to_owned();
    if !api_token.is_empty() && (api_token.len() < SHORTEST_TOKEN || !is_token(&api_token)) {
        let problem = format!(
            "`api_token` must be {SHORTEST_TOKEN} letters, digits and the like or more, without blanks, as \
             `openssl rand -hex 32` prints them"
        );
        values.problem(token.place, problem);
        return None;
    }
    let api_token = (!api_token.is_empty()).then(|| SecretString::from(api_token));
    Some(ConsoleAccess { listen: listen_at, password, api_token })
}

/// Whether a text can stand in a header as it is.
fn is_token(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// An address with a port; a port alone means this machine.
fn address(text: &str) -> Option<SocketAddr> {
    match text.parse::<u16>() {
        Ok(port) => Some((IpAddr::V4(Ipv4Addr::LOCALHOST), port).into()),
        Err(_) => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_could_be_guessed_is_refused_and_not_shown() {
        use std::path::Path;

        let access = |token: &str| {
            let text = format!(
                "[salesforce]\nuser = \"u\"\npassword = \"p\"\n[autotask]\nuser = \"u\"\nsecret = \"s\"\n\
                 integration_code = \"c\"\n[console]\nlisten = 8080\napi_token = \"{token}\"\n"
            );
            crate::config::Config::parse(&text, Path::new("importer.toml"), &|_| None)
        };
        let long = "0123456789abcdef".repeat(2);

        assert!(access("").unwrap().console.unwrap().api_token.is_none());
        assert!(access(&long).unwrap().console.unwrap().api_token.is_some());
        for wrong in ["too-short".to_owned(), format!("{long} {long}"), format!("{long}ü")] {
            let problem = access(&wrong).unwrap_err().to_string();
            assert!(problem.contains("`api_token` must be 32"), "{problem}");
            assert!(!problem.contains(&wrong), "{problem}");
        }
    }

    #[test]
    fn a_port_alone_is_this_machines_and_a_name_is_no_address() {
        assert_eq!(address("8080"), Some("127.0.0.1:8080".parse().unwrap()));
        assert_eq!(address("0.0.0.0:80"), Some("0.0.0.0:80".parse().unwrap()));
        assert_eq!(address("[::1]:80"), Some("[::1]:80".parse().unwrap()));
        assert_eq!(address("localhost"), None);
        assert_eq!(address("70000"), None);
    }
}

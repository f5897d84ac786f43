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
}

/// The console, unless there is none.
pub(super) fn console(values: &mut Values) -> Option<ConsoleAccess> {
    let listen = values.found.get(&("console", "listen"))?.clone();
    let password = values.found.get(&("console", "password"))?.text.clone();
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
    Some(ConsoleAccess { listen: listen_at, password })
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
    fn a_port_alone_is_this_machines_and_a_name_is_no_address() {
        assert_eq!(address("8080"), Some("127.0.0.1:8080".parse().unwrap()));
        assert_eq!(address("0.0.0.0:80"), Some("0.0.0.0:80".parse().unwrap()));
        assert_eq!(address("[::1]:80"), Some("[::1]:80".parse().unwrap()));
        assert_eq!(address("localhost"), None);
        assert_eq!(address("70000"), None);
    }
}

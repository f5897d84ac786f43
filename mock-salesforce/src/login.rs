//! Decides whether someone may sign in. Pure: settings and what was sent, to a verdict.

use crate::settings::{Credentials, Settings};
use crate::soap::fault::{Fault, FaultDetail};
use crate::version::ApiVersion;

const INVALID_LOGIN: &str = "Invalid username, password, security token; or user locked out.";

/// What `INVALID_LOGIN` says, followed by what to do. The apostrophe is U+2019, as recorded.
const MUST_USE_TOKEN: &str = "Invalid username, password, security token; or user locked out. Are you at a new \
    location? When accessing Salesforce--either via a desktop client or the API--from outside of your company\u{2019}s \
    trusted networks, you must add a security token to your password to log in. To get your new security token, log \
    in to Salesforce. From your personal settings, enter Reset My Security Token in the Quick Find box, then select \
    Reset My Security Token.";

/// Refuses `login()` where it does not exist, or is switched off in this org.
pub(crate) fn check_available(version: ApiVersion, settings: &Settings) -> Result<(), Fault> {
    let refused = |message| {
        Err(Fault::unprefixed("INVALID_OPERATION", message, FaultDetail::UnexpectedError))
    };
    if !version.has_login() {
        return refused(format!(
            "The SOAP Login operation is not available in the API version specified ({version}). Refer to the \
             documentation for supported versions."
        ));
    }
    if !settings.soap_login {
        let message = "SOAP API login() is disabled by default in this org. Contact the org administrator to enable \
            SOAP API login().";
        return refused(message.to_owned());
    }
    Ok(())
}

/// The credentials the user name and password belong to.
pub(crate) fn check_password<'s>(
    settings: &'s Settings,
    username: &str,
    password: &str,
) -> Result<&'s Credentials, Fault> {
    let refused = |code, message| Err(Fault::unprefixed(code, message, FaultDetail::Login));
    let Some(known) = settings.credentials.get(&username.trim().to_lowercase()) else {
        return refused("INVALID_LOGIN", INVALID_LOGIN);
    };
    match password.strip_prefix(known.password.as_str()) {
        Some(token) if token == known.token => Ok(known),
        Some("") => refused("LOGIN_MUST_USE_SECURITY_TOKEN", MUST_USE_TOKEN),
        _ => refused("INVALID_LOGIN", INVALID_LOGIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(username: &str, password: &str) -> Option<String> {
        let settings = Settings::new("me@example.com", "secret", "TOKEN");
        check_password(&settings, username, password).err().map(|fault| fault.code)
    }

    #[test]
    fn password_and_token_together_open_the_door() {
        assert_eq!(code("me@example.com", "secretTOKEN"), None);
        assert_eq!(code("ME@example.com", "secretTOKEN"), None);
    }

    #[test]
    fn the_right_password_without_its_token_is_told_apart_from_a_wrong_one() {
        assert_eq!(
            code("me@example.com", "secret").as_deref(),
            Some("LOGIN_MUST_USE_SECURITY_TOKEN")
        );
        for password in ["", "secre", "secrettoken", "secretTOKENx", "TOKEN", "SECRETTOKEN"] {
            assert_eq!(
                code("me@example.com", password).as_deref(),
                Some("INVALID_LOGIN"),
                "{password}"
            );
        }
        assert_eq!(code("you@example.com", "secretTOKEN").as_deref(), Some("INVALID_LOGIN"));
    }
}

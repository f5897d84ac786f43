//! Decides whether someone may sign in. Pure: settings, credentials and what was sent, to a verdict.
//!
//! Who does not know the password learns nothing but `INVALID_LOGIN`, whatever else would forbid the login. A
//! locked-out user gets the same words even for the right password.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use crate::settings::Settings;
use crate::soap::fault::{Fault, FaultDetail};
use crate::version::ApiVersion;

pub(crate) const INVALID_LOGIN: &str =
    "Invalid username, password, security token; or user locked out.";

/// What `INVALID_LOGIN` says, followed by what to do. The apostrophe is U+2019, as recorded.
const MUST_USE_TOKEN: &str = "Invalid username, password, security token; or user locked out. Are you at a new \
    location? When accessing Salesforce--either via a desktop client or the API--from outside of your company\u{2019}s \
    trusted networks, you must add a security token to your password to log in. To get your new security token, log \
    in to Salesforce. From your personal settings, enter Reset My Security Token in the Quick Find box, then select \
    Reset My Security Token.";

/// How one user signs in.
#[derive(Clone)]
pub(crate) struct Credentials {
    /// The user's record number.
    pub(crate) user: i64,
    pub(crate) password: String,
    pub(crate) token: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Who may sign in, and how it went lately.
#[derive(Debug, Clone, Default)]
pub(crate) struct Doorkeeper {
    /// By user name in lower case.
    known: BTreeMap<String, (Credentials, History)>,
}

/// The recent logins of one user.
#[derive(Debug, Clone, Default)]
struct History {
    failures: u32,
    locked_until: Option<Timestamp>,
    hour: i64,
    logins_this_hour: u32,
}

/// What a client sends to sign in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) username: &'a str,
    pub(crate) password: &'a str,
    pub(crate) address: IpAddr,
    pub(crate) now: Timestamp,
}

fn refused<T>(code: &str, message: &str, reason: impl Into<Cow<'static, str>>) -> Result<T, Fault> {
    Err(Fault::unprefixed(code, message, FaultDetail::Login).because(reason))
}

/// Refuses `login()` where it does not exist, or is switched off in this org.
pub(crate) fn check_available(version: ApiVersion, settings: &Settings) -> Result<(), Fault> {
    let refused = |message, reason: &'static str| {
        let fault = Fault::unprefixed("INVALID_OPERATION", message, FaultDetail::UnexpectedError);
        Err(fault.because(reason))
    };
    if !version.has_login() {
        return refused(
            format!(
                "The SOAP Login operation is not available in the API version specified ({version}). Refer to the \
                 documentation for supported versions."
            ),
            "login() ended with API 65.0",
        );
    }
    if !settings.soap_login {
        let message = "SOAP API login() is disabled by default in this org. Contact the org administrator to enable \
            SOAP API login().";
        return refused(message.to_owned(), "the setting soapLogin is off");
    }
    Ok(())
}

impl Doorkeeper {
    /// Lets a user sign in with these credentials.
    pub(crate) fn admit(&mut self, username: &str, credentials: Credentials) {
        self.known.insert(username.to_lowercase(), (credentials, History::default()));
    }

    /// The record number of the user of that name.
    pub(crate) fn user(&self, username: &str) -> Option<i64> {
        self.known.get(&username.trim().to_lowercase()).map(|(credentials, _)| credentials.user)
    }

    /// Gives a user a new password; whether there is such a user.
    pub(crate) fn set_password(&mut self, user: i64, password: &str) -> bool {
        let known = self.known.values_mut().find(|(credentials, _)| credentials.user == user);
        known.is_some_and(|(credentials, _)| {
            password.clone_into(&mut credentials.password);
            true
        })
    }

    /// The record number of the user who may sign in with what was sent.
    pub(crate) fn sign_in(
        &mut self,
        attempt: Attempt<'_>,
        settings: &Settings,
    ) -> Result<i64, Fault> {
        let Some((credentials, history)) =
            self.known.get_mut(&attempt.username.trim().to_lowercase())
        else {
            return refused("INVALID_LOGIN", INVALID_LOGIN, "there is no such user");
        };
        history.check_rate(attempt.now, settings)?;
        if let Some(until) = history.locked_until.filter(|until| attempt.now < *until) {
            let reason = format!("the user is locked out until {until} (setting lockoutAfter)");
            return refused("INVALID_LOGIN", INVALID_LOGIN, reason);
        }
        let token = attempt.password.strip_prefix(credentials.password.as_str());
        let with_token = token == Some(credentials.token.as_str());
        if !with_token && token != Some("") {
            let failures = history.note_failure(attempt.now, settings);
            let wrong = if token.is_some() { "security token" } else { "password" };
            let reason = format!("the {wrong} is wrong: failure {failures} in a row");
            return refused("INVALID_LOGIN", INVALID_LOGIN, reason);
        }
        let within = |ranges: &[crate::settings::AddressRange]| {
            ranges.iter().any(|range| range.contains(attempt.address))
        };
        if !settings.login_ranges.is_empty() && !within(&settings.login_ranges) {
            return refused(
                "LOGIN_DURING_RESTRICTED_DOMAIN",
                "cannot log in from current domain",
                format!("{} is outside the setting loginRanges", attempt.address),
            );
        }
        let token_waived = within(&settings.login_ranges) || within(&settings.trusted_ranges);
        if !with_token && !token_waived {
            let failures = history.note_failure(attempt.now, settings);
            let reason = format!(
                "{} is outside the setting trustedRanges: failure {failures} in a row",
                attempt.address
            );
            return refused("LOGIN_MUST_USE_SECURITY_TOKEN", MUST_USE_TOKEN, reason);
        }
        if settings.login_hours.is_some_and(|hours| !hours.contains(attempt.now)) {
            return refused(
                "LOGIN_DURING_RESTRICTED_TIME",
                "cannot log in during restricted hours",
                "it is outside the setting loginHours",
            );
        }
        check_api(settings)?;
        if !settings.any_api_auth {
            return refused(
                "INSUFFICIENT_ACCESS",
                "The user does not have the permission \"Use Any API Auth\"",
                "the setting anyApiAuth is off",
            );
        }
        history.failures = 0;
        history.locked_until = None;
        Ok(credentials.user)
    }
}

/// Refuses where the org's edition has no API, or its trial is over.
fn check_api(settings: &Settings) -> Result<(), Fault> {
    match closed_api(settings) {
        Some((code, message, reason)) => refused(code, message, reason),
        None => Ok(()),
    }
}

/// Why nobody may use the API, if so: the code, the message and the setting behind it.
pub(crate) fn closed_api(
    settings: &Settings,
) -> Option<(&'static str, &'static str, &'static str)> {
    if settings.trial_expired {
        let reason = "the setting trialExpired is on";
        return Some(("API_CURRENTLY_DISABLED", "Your trial has expired.", reason));
    }
    let message = "API is not enabled for this Organization or Partner";
    (!settings.api).then_some(("API_DISABLED_FOR_ORG", message, "the setting api is off"))
}

impl History {
    fn check_rate(&mut self, now: Timestamp, settings: &Settings) -> Result<(), Fault> {
        let hour = now.as_second().div_euclid(3_600);
        if hour != self.hour {
            self.hour = hour;
            self.logins_this_hour = 0;
        }
        if settings.logins_per_hour.is_some_and(|most| self.logins_this_hour >= most) {
            return Err(Fault::unprefixed(
                "REQUEST_LIMIT_EXCEEDED",
                "Login Rate Exceeded",
                FaultDetail::UnexpectedError,
            )
            .because("the user has used up the setting loginsPerHour"));
        }
        self.logins_this_hour += 1;
        Ok(())
    }

    /// Counts a failure, and returns how many there have been in a row.
    fn note_failure(&mut self, now: Timestamp, settings: &Settings) -> u32 {
        self.failures = self.failures.saturating_add(1);
        let failures = self.failures;
        if settings.lockout_after > 0 && self.failures >= settings.lockout_after {
            self.failures = 0;
            self.locked_until =
                now.checked_add(SignedDuration::from_mins(settings.lockout_minutes.into())).ok();
        }
        failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{AddressRange, LoginHours};

    struct Door {
        keeper: Doorkeeper,
        settings: Settings,
        now: Timestamp,
    }

    impl Door {
        fn new(settings: Settings) -> Self {
            let mut keeper = Doorkeeper::default();
            keeper.admit(
                "me@example.com",
                Credentials { user: 1, password: "secret".into(), token: "TOKEN".into() },
            );
            Self { keeper, settings, now: "2026-11-23T12:00:00Z".parse().unwrap() }
        }

        /// The code of the refusal, or `in`.
        fn knock(&mut self, username: &str, password: &str) -> String {
            let attempt = Attempt {
                username,
                password,
                address: "192.0.2.7".parse().unwrap(),
                now: self.now,
            };
            self.keeper
                .sign_in(attempt, &self.settings)
                .map_or_else(|fault| fault.code, |_| "in".to_owned())
        }
    }

    fn range(from: &str, to: &str) -> AddressRange {
        AddressRange { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    #[test]
    fn password_and_token_together_open_the_door() {
        let mut door = Door::new(Settings::default());

        assert_eq!(door.knock("me@example.com", "secretTOKEN"), "in");
        assert_eq!(door.knock(" ME@example.com", "secretTOKEN"), "in");
    }

    #[test]
    fn the_right_password_without_its_token_is_told_apart_from_a_wrong_one() {
        let mut door = Door::new(Settings::default());

        assert_eq!(door.knock("me@example.com", "secret"), "LOGIN_MUST_USE_SECURITY_TOKEN");
        for password in ["", "secre", "secrettoken", "secretTOKENx", "TOKEN", "SECRETTOKEN"] {
            assert_eq!(door.knock("me@example.com", password), "INVALID_LOGIN", "{password}");
        }
        assert_eq!(door.knock("you@example.com", "secretTOKEN"), "INVALID_LOGIN");
    }

    #[test]
    fn a_trusted_address_needs_no_token_and_may_send_it_all_the_same() {
        let trusted_ranges = vec![range("192.0.2.0", "192.0.2.255")];
        let mut door = Door::new(Settings { trusted_ranges, ..Settings::default() });

        assert_eq!(door.knock("me@example.com", "secret"), "in");
        assert_eq!(door.knock("me@example.com", "secretTOKEN"), "in");
        assert_eq!(door.knock("me@example.com", "secretx"), "INVALID_LOGIN");
    }

    #[test]
    fn outside_the_profiles_ranges_no_token_helps_and_inside_none_is_needed() {
        let elsewhere = vec![range("198.51.100.1", "198.51.100.9")];
        let mut outside = Door::new(Settings { login_ranges: elsewhere, ..Settings::default() });
        let here = vec![range("192.0.2.7", "192.0.2.7")];
        let mut inside = Door::new(Settings { login_ranges: here, ..Settings::default() });

        assert_eq!(
            outside.knock("me@example.com", "secretTOKEN"),
            "LOGIN_DURING_RESTRICTED_DOMAIN"
        );
        assert_eq!(outside.knock("me@example.com", "wrong"), "INVALID_LOGIN");
        assert_eq!(inside.knock("me@example.com", "secret"), "in");
    }

    #[test]
    fn a_locked_out_user_looks_like_one_with_a_wrong_password_until_the_lock_ends() {
        let mut door = Door::new(Settings { lockout_after: 3, ..Settings::default() });
        for _ in 0..3 {
            assert_eq!(door.knock("me@example.com", "wrong"), "INVALID_LOGIN");
        }

        assert_eq!(door.knock("me@example.com", "secretTOKEN"), "INVALID_LOGIN");
        door.now = door.now.checked_add(SignedDuration::from_mins(15)).unwrap();
        assert_eq!(door.knock("me@example.com", "secretTOKEN"), "in");
    }

    #[test]
    fn a_missing_token_counts_towards_the_lock_out_and_a_success_forgives() {
        let mut door = Door::new(Settings { lockout_after: 2, ..Settings::default() });

        assert_eq!(door.knock("me@example.com", "secret"), "LOGIN_MUST_USE_SECURITY_TOKEN");
        assert_eq!(door.knock("me@example.com", "secretTOKEN"), "in");
        assert_eq!(door.knock("me@example.com", "secret"), "LOGIN_MUST_USE_SECURITY_TOKEN");
        assert_eq!(door.knock("me@example.com", "secretTOKEN"), "in");
    }

    #[test]
    fn hours_the_api_switch_the_permission_and_the_rate_close_the_door() {
        let closed = |settings| Door::new(settings).knock("me@example.com", "secretTOKEN");

        let hours = Some(LoginHours { from: 8, until: 12 });
        assert_eq!(
            closed(Settings { login_hours: hours, ..Settings::default() }),
            "LOGIN_DURING_RESTRICTED_TIME"
        );
        assert_eq!(closed(Settings { api: false, ..Settings::default() }), "API_DISABLED_FOR_ORG");
        assert_eq!(
            closed(Settings { trial_expired: true, ..Settings::default() }),
            "API_CURRENTLY_DISABLED"
        );
        assert_eq!(
            closed(Settings { any_api_auth: false, ..Settings::default() }),
            "INSUFFICIENT_ACCESS"
        );
        let mut door = Door::new(Settings { logins_per_hour: Some(1), ..Settings::default() });
        assert_eq!(door.knock("me@example.com", "secretTOKEN"), "in");
        assert_eq!(door.knock("me@example.com", "secretTOKEN"), "REQUEST_LIMIT_EXCEEDED");
        door.now = door.now.checked_add(SignedDuration::from_hours(1)).unwrap();
        assert_eq!(door.knock("me@example.com", "secretTOKEN"), "in");
    }
}

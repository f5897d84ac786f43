//! Each way into Salesforce, through whole imports: a session that ends half-way, what `check` says of what is wrong,
//! and no secret in anything that is left behind.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use importer::check::Verdict;
use importer::config::Config;
use importer::domain::model::Kind;
use importer::domain::report::RunState;
use importer::ports::{Observer, Phase};
use importer::progress::Silent;
use mock_kit::world::Size;
use mock_salesforce::{ConnectedApp, PublicKey};
use scenarios::clock::ManualClock;
use scenarios::stage::{Plan, SignIn, Stage};

/// The ways, and the call that opens a session.
const WAYS: [(SignIn, &str); 3] = [
    (SignIn::Password, "login"),
    (SignIn::ClientCredentials, "oauth2/token"),
    (SignIn::Jwt, "oauth2/token"),
];

async fn stage(sign_in: SignIn) -> (Stage, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let plan = Plan { seed: 11, size: Size { accounts: 12, contacts: 20, ..Size::default() } };
    let mut stage = Stage::set(&plan, Arc::<ManualClock>::clone(&clock)).await.unwrap();
    "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
    stage.settings.sign_in = sign_in;
    (stage, clock)
}

/// Ends all sessions once accounts have been read, before contacts are.
struct Meddler(Arc<Stage>);

impl Observer for Meddler {
    fn phase(&self, phase: Phase, _: Option<u64>) {
        if phase == Phase::Deciding(Kind::Company) {
            self.0.salesforce.end_sessions();
        }
    }

    fn advance(&self, _: u64) {}
}

#[tokio::test]
async fn a_session_that_ends_in_the_middle_of_a_run_is_renewed_whatever_the_way_in() {
    for (sign_in, call) in WAYS {
        let (stage, clock) = stage(sign_in).await;
        let stage = Arc::new(stage);
        let importer = stage.importer(clock, Arc::new(Meddler(Arc::clone(&stage)))).unwrap();

        let report = importer.import().await.unwrap();

        assert_eq!(report.state, RunState::Completed, "{sign_in:?}: {report}");
        assert_eq!(stage.salesforce.calls().get(call), Some(&2), "{sign_in:?}");
        let refused = stage.salesforce.journal().into_iter().filter(|entry| entry.fault.is_some());
        assert_eq!(refused.count(), 1, "one call met the session's end: {sign_in:?}");
        let ended = report.warnings.iter().any(|warning| warning.contains("Summer '27"));
        assert_eq!(ended, sign_in == SignIn::Password, "{:?}", report.warnings);
    }
}

/// What is changed on both sides of a sign-in before it is tried, and what is then said.
type Trouble = (&'static str, SignIn, fn(&mut Stage), &'static str);

const TROUBLES: [Trouble; 10] = [
    (
        "login() switched off",
        SignIn::Password,
        |stage| stage.salesforce.configure(|settings| settings.soap_login = false),
        "login() is switched off in this organization: allow it in Salesforce",
    ),
    (
        "an API version to come",
        SignIn::ClientCredentials,
        |stage| stage.settings.api_version = Some("99.0".to_owned()),
        "does not know this API version, or not yet: use a lower one",
    ),
    (
        "outside of the login ranges",
        SignIn::Password,
        |stage| {
            stage.salesforce.configure(|settings| {
                let elsewhere = "192.0.2.1".parse().unwrap();
                let range = mock_salesforce::AddressRange { from: elsewhere, to: elsewhere };
                settings.login_ranges = vec![range];
            });
        },
        "outside the login IP ranges of the user's profile",
    ),
    (
        "no use of any API",
        SignIn::Password,
        |stage| stage.salesforce.configure(|settings| settings.any_api_auth = false),
        "\"Use Any API Auth\"",
    ),
    (
        "a wrong secret",
        SignIn::ClientCredentials,
        |stage| "wrong".clone_into(&mut stage.settings.client_secret),
        "check `client_secret`",
    ),
    (
        "nobody to run as",
        SignIn::ClientCredentials,
        |stage| change_app(stage, |app| app.run_as = None),
        "name the user the app runs as",
    ),
    (
        "an app that nobody has approved",
        SignIn::Jwt,
        |stage| change_app(stage, |app| app.approved = false),
        "\"Admin approved users are pre-authorized\"",
    ),
    (
        "an app without the certificate",
        SignIn::Jwt,
        |stage| change_app(stage, |app| app.key = None),
        "upload the certificate of `private_key`",
    ),
    (
        "a token that is not for the API",
        SignIn::ClientCredentials,
        |stage| change_app(stage, |app| "openid".clone_into(&mut app.scope)),
        "lacks the scope `api`",
    ),
    (
        "a clock that is behind",
        SignIn::Jwt,
        |stage| stage.salesforce.advance_clock(600),
        "this machine's clock is 600 seconds behind Salesforce's",
    ),
];

/// Changes the app that the org has.
fn change_app(stage: &mut Stage, change: fn(&mut ConnectedApp)) {
    let options = mock_salesforce::Options::default();
    let mut app = ConnectedApp {
        client_id: options.client_id,
        client_secret: options.client_secret,
        run_as: Some(options.user),
        key: PublicKey::from_pem(include_str!("../assets/jwt-public.pem")).ok(),
        approved: true,
        scope: "api".to_owned(),
    };
    change(&mut app);
    stage.salesforce.register_app(app);
}

/// `check` tells each trouble in words of its own, and an import that meets it asks once and writes nothing.
#[tokio::test]
async fn what_is_wrong_with_a_sign_in_is_told_with_what_to_change() {
    for (name, sign_in, arrange, words) in TROUBLES {
        let (mut stage, clock) = stage(sign_in).await;
        arrange(&mut stage);
        let importer = stage.importer(clock, Arc::new(Silent)).unwrap();

        let report = importer.import().await.unwrap();
        let asked: u64 = WAYS[..2]
            .iter()
            .filter_map(|(_, call)| stage.salesforce.calls().get(*call).copied())
            .sum();
        let findings = importer.check().await;

        assert_eq!(report.state, RunState::SignInRefused, "{name}");
        assert!(report.failure.as_ref().unwrap().contains(words), "{name}: {:?}", report.failure);
        assert_eq!(asked, 1, "{name}");
        assert_eq!(stage.writes(), 0, "{name}");
        let wrong: Vec<_> =
            findings.iter().filter(|finding| finding.verdict == Verdict::Wrong).collect();
        let [finding] = wrong.as_slice() else { panic!("{name}: {findings:#?}") };
        assert!(finding.text.contains(words), "{name}: {finding}");
    }
}

#[tokio::test]
async fn a_clock_that_is_ahead_is_told_by_how_much() {
    let (stage, _) = stage(SignIn::Jwt).await;
    let early = ManualClock::default();
    early.advance(Duration::from_mins(10));
    let importer = stage.importer(Arc::new(early), Arc::new(Silent)).unwrap();

    let findings = importer.check().await;

    assert!(findings[0].text.contains("600 seconds ahead of Salesforce's"), "{}", findings[0]);
}

/// Everything under a folder, as bytes.
fn left_behind(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .flat_map(|file| if file.is_dir() { left_behind(&file) } else { fs::read(file).unwrap() })
        .collect()
}

#[tokio::test]
async fn no_secret_is_left_behind() {
    for (sign_in, _) in WAYS {
        for spoiled in [false, true] {
            let (mut stage, clock) = stage(sign_in).await;
            if spoiled {
                // Refused, so that there is something to tell.
                stage.settings.client_secret += "-wrong";
                stage.settings.password += "-wrong";
                change_app(&mut stage, |app| app.approved = false);
            }
            let toml = stage.importer_toml();
            let config = Config::parse(&toml, &stage.settings_file(), &|_| None).unwrap();
            let importer = stage.importer(clock, Arc::new(Silent)).unwrap();

            let report = importer.import().await.unwrap();

            assert_eq!(report.state == RunState::SignInRefused, spoiled, "{sign_in:?}: {report}");
            let told = format!("{config:?}{report:?}{report}{:?}", importer.check().await);
            let mut bytes = left_behind(stage.settings_file().parent().unwrap());
            bytes.extend(told.as_bytes());
            let text = String::from_utf8_lossy(&bytes);
            // Session ids are the short id of the organization, an exclamation mark and the secret.
            let session = format!("{}!", &stage.salesforce.org().organization_id()[..15]);
            let key = stage.settings.private_key.lines().nth(1).unwrap();
            for secret in
                ["mock-password", "MockSecurityToken", "mock-client-secret", "eyJ", key, &session]
            {
                assert!(!text.contains(secret), "{sign_in:?}: {secret} is told");
            }
        }
    }
}

//! E-mails over a real connection: encryption, sign-in, what `check` says about a mail server, the webhook, and the
//! service that sends in the background (rules N1, N5, S6).

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]
#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the methods themselves are not general enough in their lifetimes"
)]

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use importer::app::Importer;
use importer::check::Verdict;
use importer::config::Config;
use importer::domain::report::RunState;
use importer::progress::Silent;
use importer::run::{Reading, Trigger};
use importer::system_clock::SystemClock;
use mock_kit::clock;
use mock_kit::tls::Tls;
use mock_kit::world::Size;
use scenarios::clock::ManualClock;
use scenarios::mail_sink::{MailSink, Options};
use scenarios::rest::id_of;
use scenarios::stage::{Plan, Stage};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const ADMINISTRATOR: &str = "Autotask Administrator";

async fn stage() -> Stage {
    let clock = Arc::new(ManualClock::default());
    let plan = Plan { seed: 4, size: Size::of(3, 3) };
    let mut stage = Stage::set(&plan, clock).await.unwrap();
    ADMINISTRATOR.clone_into(&mut stage.settings.default_account_manager);
    stage
}

/// An importer of this stage whose settings go on so.
fn importer(stage: &Stage, more: &str) -> Importer {
    let text = format!("{more}\n{}", stage.importer_toml());
    let config = Config::parse(&text, &stage.settings_file(), &|_| None).unwrap();
    Importer::new(config, Arc::new(SystemClock), Arc::new(Silent)).unwrap()
}

fn recipients() -> String {
    format!("[notifications]\nrecipients = [\"{ADMINISTRATOR}\"]\n")
}

fn smtp(sink: &MailSink, more: &str) -> String {
    let port = sink.port();
    format!(
        "{}[smtp]\nhost = \"127.0.0.1\"\nport = {port}\nfrom = \"importer@example.com\"\n{more}\n",
        recipients()
    )
}

fn login() -> (String, String) {
    ("mailer".to_owned(), "mail-secret-7".to_owned())
}

const LOGIN: &str = "user = \"mailer\"\npassword = \"mail-secret-7\"\n";

/// A mail server behind TLS whose authority lies beside the settings, as `ca.pem`.
async fn encrypted(stage: &Stage, implicit: bool) -> MailSink {
    let tls = Tls::new(&["127.0.0.1".to_owned()], clock::system().now()).unwrap();
    let folder = stage.settings_file().parent().unwrap().to_owned();
    fs::write(folder.join("ca.pem"), tls.authority()).unwrap();
    let options = Options { tls: Some(tls), implicit, login: Some(login()) };
    MailSink::start(options, &folder.join("encrypted")).await.unwrap()
}

#[tokio::test]
async fn mails_go_encrypted_and_signed_in_by_either_way() {
    for (implicit, encryption) in [(false, "starttls"), (true, "tls")] {
        let stage = stage().await;
        let sink = encrypted(&stage, implicit).await;
        let more = format!("encryption = \"{encryption}\"\n{LOGIN}[network]\nca_file = \"ca.pem\"");
        let importer = importer(&stage, &smtp(&sink, &more));

        let report = importer.import().await.unwrap();
        importer.deliver().await.unwrap();

        assert_eq!(report.state, RunState::Completed, "{:?}", report.failure);
        let taken = sink.taken();
        assert_eq!(taken.len(), 1, "{encryption}: {:?}", sink.commands());
        assert!(taken[0].encrypted && taken[0].login.as_deref() == Some("mailer"));
        let mail = fs::read_to_string(&taken[0].file).unwrap();
        assert!(!mail.contains("mail-secret-7"));
    }
}

#[tokio::test]
async fn an_untrusted_certificate_delays_the_mail_and_check_names_the_remedy() {
    let stage = stage().await;
    let sink = encrypted(&stage, false).await;
    let importer = importer(&stage, &smtp(&sink, LOGIN));

    let report = importer.import().await.unwrap();
    importer.deliver().await.unwrap();
    let findings = importer.check().await;

    assert_eq!(report.state, RunState::Completed);
    assert_eq!(importer.ledger.write(|tx| tx.queue()).unwrap().waiting, 1);
    let wrong: Vec<_> =
        findings.iter().filter(|finding| finding.verdict == Verdict::Wrong).collect();
    assert_eq!(wrong.len(), 1, "{findings:#?}");
    assert!(wrong[0].text.contains("ca_file"), "{findings:#?}");
    assert!(
        !sink.commands().iter().any(|command| command.starts_with("AUTH")),
        "nothing secret left"
    );
}

#[tokio::test]
async fn check_signs_in_without_sending_and_says_what_is_wrong() {
    let stage = stage().await;
    let sink = encrypted(&stage, false).await;
    let ca = "[network]\nca_file = \"ca.pem\"";

    let fine = importer(&stage, &smtp(&sink, &format!("{LOGIN}{ca}"))).check().await;
    let wrong = LOGIN.replace("mail-secret-7", "mail-secret-8");
    let refused = importer(&stage, &smtp(&sink, &format!("{wrong}{ca}"))).check().await;
    let mute = importer(&stage, &recipients()).check().await;

    assert!(fine.iter().all(|finding| finding.verdict != Verdict::Wrong), "{fine:#?}");
    assert!(fine.iter().any(|finding| finding.text.contains("mail server takes")), "{fine:#?}");
    for (findings, words) in [(&refused, "`user` and `password`"), (&mute, "names no mail server")]
    {
        let found = findings.iter().find(|finding| finding.text.contains(words));
        assert_eq!(found.map(|finding| finding.verdict), Some(Verdict::Wrong), "{findings:#?}");
    }
    assert!(!format!("{refused:?}").contains("mail-secret"), "{refused:#?}");
    assert_eq!(sink.taken(), []);
}

#[tokio::test]
async fn a_refused_sign_in_is_not_repeated_within_the_hour() {
    let stage = stage().await;
    let sink = encrypted(&stage, false).await;
    let wrong = LOGIN.replace("mail-secret-7", "mail-secret-8");
    let more = format!("{wrong}[network]\nca_file = \"ca.pem\"");
    let importer = importer(&stage, &smtp(&sink, &more));

    importer.import().await.unwrap();
    importer.deliver().await.unwrap();
    importer.import().await.unwrap();
    importer.deliver().await.unwrap();

    let tried = sink.commands().iter().filter(|command| command.starts_with("AUTH")).count();
    let waiting = importer.ledger.write(|tx| tx.pending(10)).unwrap();
    // The second mail is new and due at once, so it is tried once of its own; then both wait.
    assert!(tried <= 2, "{:?}", sink.commands());
    assert_eq!(waiting.len(), 2, "{waiting:?}");
    let pause = waiting[0].due.duration_since(waiting[0].made);
    assert!(pause.as_mins() >= 59, "{waiting:?}");
}

#[tokio::test]
async fn a_test_mail_arrives_and_a_failed_one_says_why() {
    let mut stage = stage().await;
    stage.settings.recipients = vec![ADMINISTRATOR.to_owned()];

    let fine = importer(&stage, "").test_notifications().await;
    stage.mail.answer_next("RCPT", "550 5.7.1 not from you");
    let refused = importer(&stage, "").test_notifications().await;

    assert!(fine.iter().all(|finding| finding.verdict == Verdict::Fine), "{fine:#?}");
    assert_eq!(stage.mail.taken().len(), 1);
    assert!(stage.mail.taken()[0].read().unwrap().subject.contains("a test"));
    let wrong = refused.iter().find(|finding| finding.verdict == Verdict::Wrong).unwrap();
    assert!(wrong.text.contains("not from you") && wrong.text.contains("`from`"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the service is another task, on a clock of its own")]
async fn the_service_sends_in_the_background_and_makes_up_for_an_outage() {
    let clock = Arc::new(ManualClock::default());
    let plan = Plan { seed: 4, size: Size::of(3, 3) };
    let mut stage = Stage::set(&plan, Arc::<ManualClock>::clone(&clock)).await.unwrap();
    ADMINISTRATOR.clone_into(&mut stage.settings.default_account_manager);
    stage.settings.recipients = vec![ADMINISTRATOR.to_owned()];
    stage.mail.be_down(true);
    let importer = stage.importer(Arc::<ManualClock>::clone(&clock), Arc::new(Silent)).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = importer.clone();
    let service = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap_or_default() };
        serving.serve(stopped).await
    });
    let until = async |what: &str, is_so: &dyn Fn() -> bool| {
        for _ in 0..2_000 {
            if is_so() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it never came to be that {what}");
    };

    let tried = || importer.ledger.write(|tx| tx.queue()).unwrap().problem.is_some();
    until("the first mail was tried", &tried).await;
    stage.mail.be_down(false);
    let none_yet = stage.mail.taken().len();
    clock.advance(Duration::from_mins(2));
    until("the mail arrived", &|| stage.mail.taken().len() == 1).await;
    stop.send(()).unwrap();
    service.await.unwrap().unwrap();

    assert_eq!(none_yet, 0);
    let queue = importer.ledger.write(|tx| tx.queue()).unwrap();
    assert_eq!((queue.waiting, queue.undelivered), (0, 0), "{queue:?}");
}

#[tokio::test]
async fn an_import_that_awaits_approval_is_told_once() {
    let clock = Arc::new(ManualClock::default());
    let plan = Plan { seed: 9, size: Size { accounts: 20, ..Size::default() } };
    let mut stage = Stage::set(&plan, Arc::<ManualClock>::clone(&clock)).await.unwrap();
    ADMINISTRATOR.clone_into(&mut stage.settings.default_account_manager);
    stage.settings.recipients = vec![ADMINISTRATOR.to_owned()];
    stage.settings.quiet = true;
    let toml = format!("{}guard_percent = 50\nguard_records = 5\n", stage.importer_toml());
    let config = Config::parse(&toml, &stage.settings_file(), &|_| None).unwrap();
    let importer =
        Importer::new(config, Arc::<ManualClock>::clone(&clock), Arc::new(Silent)).unwrap();
    importer.import_as(Trigger::Scheduled, Reading::Sweep).await.unwrap();

    let rest = stage.rest();
    for company in rest.all("Companies").await.unwrap() {
        let fields = json!([{ "name": "Salesforce Company ID", "value": null }]);
        let body = json!({ "id": id_of(&company), "userDefinedFields": fields });
        rest.send(Method::PATCH, "Companies", Some(&body)).await.unwrap();
    }
    for _ in 0..3 {
        clock.advance(Duration::from_mins(20));
        let report = importer.import_as(Trigger::Scheduled, Reading::Sweep).await.unwrap();
        assert_eq!(report.state, RunState::AwaitingApproval, "{report}");
        importer.deliver().await.unwrap();
    }

    let subjects: Vec<_> =
        stage.mail.taken().iter().map(|mail| mail.read().unwrap().subject).collect();
    assert_eq!(
        subjects.len(),
        2,
        "the first import, and once that approval is needed: {subjects:?}"
    );
    assert_eq!(subjects[1], "Salesforce import: awaiting approval, nothing was written");
    let last = stage.mail.taken()[1].read().unwrap();
    assert!(last.text.contains("importer approve"), "{}", last.text);
}

/// A web server that answers each request with the next status, and the requests it received.
async fn webhook(statuses: &'static [u16]) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::<Mutex<Vec<String>>>::default();
    let received = Arc::clone(&requests);
    tokio::spawn(async move {
        for status in statuses {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            loop {
                let mut piece = [0; 4096];
                let read = stream.read(&mut piece).await.unwrap();
                request.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&request).to_string();
                let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                let length = length.map_or(0, |length| length.parse::<usize>().unwrap());
                let body = text.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
                if read == 0 || (length > 0 && body >= length) {
                    received.lock().unwrap().push(text);
                    break;
                }
            }
            let answer =
                format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (port, requests)
}

#[tokio::test]
async fn the_webhook_hears_the_same_signed_and_again_if_it_must() {
    let clock = Arc::new(ManualClock::default());
    let plan = Plan { seed: 4, size: Size::of(3, 3) };
    let mut stage = Stage::set(&plan, Arc::<ManualClock>::clone(&clock)).await.unwrap();
    ADMINISTRATOR.clone_into(&mut stage.settings.default_account_manager);
    let (port, requests) = webhook(&[503, 200]).await;
    let url = format!("http://127.0.0.1:{port}/hook");
    let more = format!("[webhook]\nurl = \"{url}\"\nsecret = \"hook-secret\"\n");
    let text = format!("{more}{}", stage.importer_toml());
    let config = Config::parse(&text, &stage.settings_file(), &|_| None).unwrap();
    let importer =
        Importer::new(config, Arc::<ManualClock>::clone(&clock), Arc::new(Silent)).unwrap();

    let report = importer.import().await.unwrap();
    importer.deliver().await.unwrap();
    clock.advance(Duration::from_mins(2));
    importer.deliver().await.unwrap();

    let requests = requests.lock().unwrap().clone();
    assert_eq!(requests.len(), 2);
    assert_eq!(importer.ledger.write(|tx| tx.queue()).unwrap().waiting, 0);
    let (head, body) = requests[1].split_once("\r\n\r\n").unwrap();
    let header = |request: &str, name: &str| {
        let lines = request.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        lines.unwrap_or_else(|| panic!("no {name} in {request}")).to_owned()
    };
    let delivery = "x-importer-delivery";
    assert_eq!(header(&requests[0], delivery), header(head, delivery));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"hook-secret");
    let signed = format!("{}.{body}", header(head, "x-importer-timestamp"));
    let tag = ring::hmac::sign(&key, signed.as_bytes());
    let signature = header(head, "x-importer-signature");
    let digits = signature.strip_prefix("sha256=").unwrap();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let sent: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
    assert_eq!(sent, tag.as_ref());
    let event: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(event["event"], "import");
    assert_eq!(event["trigger"], "manual");
    assert_eq!(event["report"]["run"], report.run.0);
    assert!(!requests[1].contains("hook-secret"));
}

//! The tour: six steps that people follow by hand, and that the demo can walk by itself.

use std::io::{self, Write};
use std::time::Duration;

use importer::ports::Clock;
use importer::system_clock::SystemClock;
use secrecy::ExposeSecret;
use serde_json::Value as Json;

use super::visitor::{VisitError, Visitor, between};
use super::{DemoError, Pair};
use crate::rest::{COMPANY_ID, Row, udf_of};
use crate::service::Service;

/// Looks at the mails before one counts as not sent, and the pause between two.
const LOOKS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// What is said where the first import created no company.
const NO_PAIR: &str = "No company was created, so there is no pair to show a tour with.";

/// Where the tour leads.
pub(super) struct Tour<'s> {
    pub(super) service: &'s Service,
    /// The mock's address.
    pub(super) autotask: String,
    pub(super) pair: Option<Pair>,
}

#[derive(Clone, Copy)]
enum Step {
    Launch,
    Look,
    Clear,
    LaunchAgain,
    Explain,
    Read,
}

impl Step {
    const ALL: [Self; 6] =
        [Self::Launch, Self::Look, Self::Clear, Self::LaunchAgain, Self::Explain, Self::Read];
}

impl Tour<'_> {
    /// Writes the tour down for people.
    pub(super) fn print(&self, salesforce: &str, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "The console  {}/", self.service.console)?;
        writeln!(
            out,
            "             lets in whoever has the token {}",
            self.service.token.expose_secret()
        )?;
        writeln!(out, "The mails    {}", self.service.mails.url())?;
        let Some(pair) = self.pair else { return writeln!(out, "\n{NO_PAIR}") };
        writeln!(out, "\nA tour of six steps:\n")?;
        for (number, step) in (1..).zip(Step::ALL) {
            writeln!(out, "{number}. {}", self.text(step, pair))?;
        }
        writeln!(
            out,
            "\nWhat you change at {salesforce}/_mock/ before you launch is imported then."
        )
    }

    fn text(&self, step: Step, Pair { account, company }: Pair) -> String {
        let (console, autotask) = (&self.service.console, &self.autotask);
        match step {
            Step::Launch => format!(
                "Launch: sign in at {console}/ and press Launch. The page follows the import."
            ),
            Step::Look => format!(
                "Look at the run: {console}/runs has it on top. It updated the company whose account has a new number."
            ),
            Step::Clear => format!(
                "Take a pair apart: at {autotask}/_mock/ search for {company} and press Clear beside {COMPANY_ID}."
            ),
            Step::LaunchAgain => format!(
                "Launch again at {console}/. The run counts an un-mapped account, and no second company is made."
            ),
            Step::Explain => {
                format!(
                    "Read why: {console}/record?id={account} tells the account's history, run by run."
                )
            }
            Step::Read => {
                format!("Read the mail about it, the newest at {}", self.service.mails.url())
            }
        }
    }

    /// Walks it and says what it saw; returns whether that is what the steps promise.
    pub(super) async fn walk(&self, out: &mut (impl Write + Send)) -> Result<bool, DemoError> {
        let Some(pair) = self.pair else {
            writeln!(out, "{NO_PAIR}")?;
            return Ok(true);
        };
        let mut walk = Walk { tour: self, pair, visitor: Visitor::new(), run: 0, before: None };
        let mut held = true;
        for (number, step) in (1..).zip(Step::ALL) {
            writeln!(out, "{number}. {}", self.text(step, pair))?;
            for (what, is_so) in walk.take(step).await? {
                writeln!(out, "   {}: {what}", if is_so { "seen" } else { "WRONG, not seen" })?;
                held &= is_so;
            }
        }
        Ok(held)
    }
}

/// What a step is to let see, and whether it did.
type Seen = Vec<(&'static str, bool)>;

/// Somebody on the tour.
struct Walk<'t> {
    tour: &'t Tour<'t>,
    pair: Pair,
    visitor: Visitor,
    /// The newest run they know of.
    run: i64,
    /// How many companies there were before the pair was taken apart.
    before: Option<u64>,
}

impl Walk<'_> {
    async fn take(&mut self, step: Step) -> Result<Seen, VisitError> {
        match step {
            Step::Launch => {
                let sign_in = self.console("/sign-in");
                let token = self.tour.service.token.expose_secret();
                let fields = [("password", token), ("next", "/")];
                let signed_in = self.visitor.submit(&sign_in, &sign_in, &fields).await?.status;
                let mut seen =
                    vec![("the console lets whoever has the token in", signed_in == 303)];
                seen.extend(self.launch().await?);
                Ok(seen)
            }
            Step::Look => {
                let page = self.look_at_run("").await?;
                let updated = self.look_at_run("?outcome=updated").await?;
                Ok(vec![
                    ("the run is completed", page.contains(">completed")),
                    ("the company is updated", updated.contains(self.pair.account.as_str())),
                ])
            }
            Step::Clear => self.clear().await,
            Step::LaunchAgain => {
                let mut seen = self.launch().await?;
                let apart = self.look_at_run("?outcome=un-mapped").await?;
                seen.push(("the account is un-mapped", apart.contains(self.pair.account.as_str())));
                let before = self.before.take();
                let is_same = before.is_some() && self.companies().await? == before;
                seen.push(("there are as many companies as before", is_same));
                Ok(seen)
            }
            Step::Explain => {
                let address = format!("/record?id={}", self.pair.account);
                let page = self.visitor.look(&self.console(&address)).await?;
                let since = format!("from company {}", self.pair.company);
                Ok(vec![
                    ("the history names the rule", page.body.contains("U1")),
                    ("and the company it was", page.body.contains(&since)),
                ])
            }
            Step::Read => self.read().await,
        }
    }

    fn console(&self, path: &str) -> String {
        format!("{}{path}", self.tour.service.console)
    }

    /// What is shown of the newest run.
    async fn look_at_run(&mut self, query: &str) -> Result<String, VisitError> {
        let address = self.console(&format!("/runs/{}{query}", self.run));
        Ok(self.visitor.look(&address).await?.body)
    }

    /// Launches an import and follows it to its end.
    async fn launch(&mut self) -> Result<Seen, VisitError> {
        let home = self.console("/");
        let launched = self.visitor.submit(&home, &self.console("/launch"), &[]).await?.status;
        // These events end with the run.
        let progress = self.visitor.look(&self.console("/progress")).await?.body;
        let runs = self.visitor.look(&self.console("/runs")).await?.body;
        let newest = between(&runs, "href=\"/runs/", "\"").and_then(|run| run.parse().ok());
        let before = std::mem::replace(&mut self.run, newest.unwrap_or_default());
        Ok(vec![
            ("the import begins at once", launched == 303),
            ("its progress is shown until it is over", progress.contains("event: over")),
            ("and the list of runs has it on top", self.run > before),
        ])
    }

    /// Does what the button of the mock's page does.
    async fn clear(&mut self) -> Result<Seen, VisitError> {
        let record =
            format!("{}/_mock/records/Companies/{}", self.tour.autotask, self.pair.company);
        self.before = self.companies().await?;
        let before = self.visitor.look(&record).await?.body;
        let field = format!("{record}/udfs/{}", COMPANY_ID.replace(' ', "%20"));
        let cleared = self.visitor.delete(&field).await?.status;
        let after = self.visitor.look(&record).await?.body;
        let holds = |record: &str| {
            let row = serde_json::from_str::<Row>(record).ok()?;
            udf_of(&row, COMPANY_ID).map(str::to_owned)
        };
        let account = Some(self.pair.account.to_string());
        Ok(vec![
            ("the company holds the account's id", holds(&before) == account),
            ("and does not any more", cleared == 204 && holds(&after).is_none()),
        ])
    }

    /// How many companies the mock has.
    async fn companies(&mut self) -> Result<Option<u64>, VisitError> {
        let state = self.visitor.look(&format!("{}/_mock/state", self.tour.autotask)).await?.body;
        let state = serde_json::from_str::<Row>(&state).unwrap_or_default();
        Ok(state.get("companies").and_then(Json::as_u64))
    }

    /// Waits for the mail about the newest run, and opens it.
    async fn read(&mut self) -> Result<Seen, VisitError> {
        let mails = self.tour.service.mails.url();
        let run = self.console(&format!("/runs/{}", self.run));
        for _ in 0..LOOKS {
            let list = self.visitor.look(&mails).await?.body;
            if let Some(number) = between(&list, "href=\"/mails/", "\"") {
                let address = format!("{mails}mails/{number}");
                let mail = self.visitor.look(&address).await?.body;
                let html = self.visitor.look(&format!("{address}/html")).await?;
                if mail.contains(&run) {
                    let account = self.pair.account.as_str();
                    return Ok(vec![
                        ("the mail names the account", mail.contains(account)),
                        ("so does its HTML", html.body.contains(account)),
                        (
                            "which runs no script",
                            html.header("content-security-policy").contains("sandbox"),
                        ),
                    ]);
                }
            }
            SystemClock.sleep(PAUSE).await;
        }
        Ok(vec![("a mail that leads to the run", false)])
    }
}

//! Tries everything an import needs, writes nothing, and says what to do about what is wrong (rule S6).

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::causes;
use crate::domain::fields::{SourceField, TargetField};
use crate::domain::metadata::Metadata;
use crate::domain::model::Kind;
use crate::ports::{PageAsk, Ports, Select, SourceError, TargetError, Window};
use crate::run::{AccountManager, ImportSettings};

/// How something turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// An import works, but somebody should know.
    Note,
    /// An import does not work.
    Wrong,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it turned out.
    pub verdict: Verdict,
    /// What was looked at, and what to do if that is needed.
    pub text: String,
    /// The setting that is to be looked at, by its full name, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<&'static str>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.verdict {
            Verdict::Fine => "fine ",
            Verdict::Note => "note ",
            Verdict::Wrong => "WRONG",
        };
        write!(f, "{mark}  {}", self.text)
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    pub(crate) fn fine(&mut self, text: impl Into<String>) {
        self.0.push(Finding { verdict: Verdict::Fine, text: text.into(), about: None });
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.0.push(Finding { verdict: Verdict::Note, text: text.into(), about: None });
    }

    pub(crate) fn wrong(&mut self, text: impl Into<String>) {
        self.0.push(Finding { verdict: Verdict::Wrong, text: text.into(), about: None });
    }

    /// The same, about the setting of this full name.
    pub(crate) fn wrong_about(&mut self, setting: &'static str, text: impl Into<String>) {
        self.0.push(Finding { verdict: Verdict::Wrong, text: text.into(), about: Some(setting) });
    }

    fn wrong_source(&mut self, error: &SourceError) {
        let setting = match error {
            SourceError::SignInRefused { .. } => "salesforce.password",
            SourceError::CursorLost | SourceError::Unavailable(_) => "salesforce.url",
        };
        self.wrong_about(setting, source_words(error));
    }

    pub(crate) fn wrong_target(&mut self, error: &TargetError) {
        match error {
            TargetError::SignInRefused { .. } => {
                self.wrong_about("autotask.secret", target_words(error));
            }
            _ => self.wrong(target_words(error)),
        }
    }
}

/// Tries both sides; returns what Autotask accepts, if it tells.
pub(crate) async fn check(
    ports: &Ports,
    settings: &ImportSettings,
    findings: &mut Findings,
) -> Option<Metadata> {
    check_salesforce(ports, findings).await;
    check_autotask(ports, settings, findings).await
}

async fn check_salesforce(ports: &Ports, findings: &mut Findings) {
    let signed_in = match ports.source.sign_in().await {
        Ok(signed_in) => signed_in,
        Err(error) => return findings.wrong_source(&error),
    };
    findings.fine(format!("Salesforce lets the user in, organization {}", signed_in.organization));
    for warning in signed_in.warnings {
        findings.note(warning);
    }
    // Nothing is older than this: the queries find no record, and fail if they ask for what the user cannot see.
    let nothing =
        Select::Window(Window { from: None, until: Timestamp::UNIX_EPOCH, deleted: true });
    for kind in [Kind::Company, Kind::Contact] {
        let name = kind.source_name();
        let hidden = match kind {
            Kind::Company => {
                ports.source.accounts(&nothing, PageAsk::After(None)).await.map(|page| page.hidden)
            }
            Kind::Contact => {
                ports.source.contacts(&nothing, PageAsk::After(None)).await.map(|page| page.hidden)
            }
        };
        match hidden {
            Ok(hidden) if hidden.is_empty() => {
                findings.fine(format!("the user sees every field of {name}s that is imported"));
            }
            Ok(hidden) => {
                let names: Vec<_> = hidden.iter().copied().map(SourceField::api_name).collect();
                findings.note(format!(
                    "the user does not see these fields of {name}s, so they are left alone: {}; a profile or \
                     permission set can show them",
                    names.join(", ")
                ));
            }
            Err(error) => findings.wrong(format!("{name}s: {}", source_words(&error))),
        }
    }
}

async fn check_autotask(
    ports: &Ports,
    settings: &ImportSettings,
    findings: &mut Findings,
) -> Option<Metadata> {
    match ports.target.connect().await {
        Ok(database) => findings.fine(format!("Autotask knows the user, {database}")),
        Err(error) => {
            findings.wrong_target(&error);
            return None;
        }
    }
    let metadata = match ports.target.metadata().await {
        Ok(metadata) => metadata,
        Err(error) => {
            findings.wrong_target(&error);
            return None;
        }
    };
    findings.fine("Autotask accepts the credentials");
    check_tenant(&metadata, settings, findings);
    match ports.target.missing_id_fields(false).await {
        Ok(missing) if missing.is_empty() => {
            findings.fine("both user-defined fields for Salesforce ids are there");
        }
        Ok(missing) => {
            for name in missing {
                findings.note(format!("the first import creates the user-defined field {name:?}"));
            }
        }
        Err(error @ TargetError::Rejected(_)) => {
            findings.wrong_about("settings.company_id_field", target_words(&error));
        }
        Err(error) => findings.wrong_target(&error),
    }
    Some(metadata)
}

fn check_tenant(metadata: &Metadata, settings: &ImportSettings, findings: &mut Findings) {
    match settings.for_mapping(metadata) {
        Err(problem) => findings.wrong_about("settings.default_account_manager", problem),
        Ok(_) if settings.account_manager == AccountManager::None => findings.note(
            "no default account manager is set: accounts whose owner is no Autotask resource are refused",
        ),
        Ok(_) => findings.fine("the default account manager may own companies"),
    }
    let types = metadata.field(Kind::Company, TargetField::CompanyType);
    match types.and_then(|field| field.by_label("Customer")) {
        Some(_) => findings.fine("there is an active company type \"Customer\""),
        None => findings.wrong(
            "there is no active company type labelled \"Customer\": accounts whose type Autotask does not have \
             are refused; activate it in Autotask",
        ),
    }
}

fn source_words(error: &SourceError) -> String {
    match error {
        SourceError::SignInRefused { remedy, .. } => format!("{error}: {remedy}"),
        _ => causes::in_one_line(error),
    }
}

fn target_words(error: &TargetError) -> String {
    match error {
        TargetError::SignInRefused { remedy, .. } => format!("{error}: {remedy}"),
        _ => causes::in_one_line(error),
    }
}

//! The settings of e-mails.

use super::flag;
use super::read::{LIST_DIVIDER, Values};
use crate::domain::ids::ResourceId;
use crate::domain::recipients::Recipient;

/// Who hears of imports, and when not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notifications {
    /// Whether scheduled imports that found nothing new or updated are passed over in silence (rule N2).
    pub quiet: bool,
    /// Who gets an e-mail.
    pub recipients: Vec<Recipient>,
}

pub(super) fn notifications(values: &mut Values) -> Option<Notifications> {
    let recipients = values.found.get(&("notifications", "recipients"))?.clone();
    let items = recipients.text.split(LIST_DIVIDER).map(str::trim);
    let recipients = items.filter(|item| !item.is_empty()).map(recipient).collect();
    let quiet = flag(values, "notifications", "quiet")?;
    Some(Notifications { quiet, recipients })
}

/// Reads an id or a name.
fn recipient(text: &str) -> Recipient {
    match text.parse() {
        Ok(id) => Recipient::Id(ResourceId(id)),
        Err(_) => Recipient::Named(text.to_owned()),
    }
}

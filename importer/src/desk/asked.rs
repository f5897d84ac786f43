//! What people name records by.

use std::str::FromStr;

use crate::domain::ids::SalesforceId;
use crate::domain::model::Kind;

/// A record of either system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordId {
    /// A Salesforce record.
    Salesforce(SalesforceId),
    /// An Autotask record.
    Autotask(Kind, i64),
}

impl FromStr for RecordId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((kind, number)) = text.split_once(':') else {
            return if text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() < 15 {
                Err(format!(
                    "is `{text}` a company or a contact? Say company:{text} or contact:{text}"
                ))
            } else {
                salesforce_id(text).map(Self::Salesforce)
            };
        };
        let kind = match kind {
            "company" => Kind::Company,
            "contact" => Kind::Contact,
            other => return Err(format!("`{other}` is neither company nor contact")),
        };
        match number.parse() {
            Ok(0) if kind == Kind::Company => {
                Err("company 0 is the tenant's own, which no account is ever linked to".to_owned())
            }
            Ok(number) if number > 0 => Ok(Self::Autotask(kind, number)),
            _ => Err(format!("`{number}` is no Autotask id: those are whole numbers from 1 up")),
        }
    }
}

/// Reads a Salesforce id that somebody typed.
///
/// The last three of 18 characters say which of the others are capitals, so a slip in case is noticed before it is
/// taken for another record.
pub fn salesforce_id(text: &str) -> Result<SalesforceId, String> {
    let id: SalesforceId = text.parse().map_err(|_| {
        format!(
            "`{text}` is no Salesforce id, which has 15 or 18 letters and digits, and no Autotask record, such as \
             company:1 or contact:1"
        )
    })?;
    if id.has_valid_suffix() {
        return Ok(id);
    }
    Err(format!(
        "`{text}` is mistyped: capitals and small letters do not fit its last three characters"
    ))
}

/// What a held record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// This Autotask record.
    This(i64),
    /// None of those there are.
    New,
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The kind is known from the Salesforce id; whoever names it all the same means the same.
        let number = text.strip_prefix("company:").or_else(|| text.strip_prefix("contact:"));
        match text {
            "new" => Ok(Self::New),
            "0" | "company:0" => {
                Err("company 0 is the tenant's own, which no account is ever linked to".to_owned())
            }
            _ => number
                .unwrap_or(text)
                .parse()
                .ok()
                .filter(|id| *id > 0)
                .map(Self::This)
                .ok_or_else(|| format!("`{text}` is neither an Autotask id nor \"new\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<RecordId>().unwrap_err()
    }

    #[test]
    fn both_forms_of_an_id_are_one_record() {
        let short: RecordId = "0016F00002SasNY".parse().unwrap();

        assert_eq!(short, "0016F00002SasNYQAZ".parse().unwrap());
        assert_eq!("contact:7".parse(), Ok(RecordId::Autotask(Kind::Contact, 7)));
    }

    #[test]
    fn what_is_no_id_is_refused_with_what_would_be_one() {
        assert!(refused("0016f00002sasnyqaz").contains("mistyped"));
        assert!(refused("42").contains("company:42"));
        assert!(refused("company:0").contains("tenant's own"));
        assert!(refused("company:-3").contains("from 1 up"));
        assert!(refused("ticket:3").contains("neither company nor contact"));
        assert!(refused("nonsense").contains("15 or 18"));
        assert!("0".parse::<Choice>().unwrap_err().contains("tenant's own"));
    }
}

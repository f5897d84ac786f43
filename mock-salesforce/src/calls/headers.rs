//! The SOAP headers of a request.

use super::arguments::misplaced;
use crate::soap::envelope::{Element, Namespace};
use crate::soap::fault::Fault;

/// Headers that change nothing in this org: taken and left aside.
const WITHOUT_EFFECT: [&str; 14] = [
    "AllowFieldTruncationHeader",
    "AssignmentRuleHeader",
    "CallOptions",
    "DebuggingHeader",
    "DisableFeedTrackingHeader",
    "DuplicateRuleHeader",
    "EmailHeader",
    "LimitInfoHeader",
    "LocaleOptions",
    "MruHeader",
    "OwnerChangeOptions",
    "PackageVersionHeader",
    "StreamingEnabledHeader",
    "UserTerritoryDeleteHeader",
];

/// What the headers of a request say.
#[derive(Debug, Default)]
pub(super) struct Headers {
    pub(super) session_id: Option<String>,
    pub(super) batch_size: Option<usize>,
    /// The organization a login is meant for.
    pub(super) login_scope: Option<String>,
    pub(super) all_or_none: bool,
}

impl Headers {
    /// Reads the headers. Those of other namespaces are not ours to judge, unless they insist on being understood,
    /// which no known client's do.
    pub(super) fn read(parts: &[Element]) -> Result<Self, Fault> {
        let mut headers = Self::default();
        for part in parts.iter().filter(|part| part.namespace == Namespace::Partner) {
            let value = |name: &str| {
                let child = part.children.iter().find(|child| child.name == name && !child.nil)?;
                Some(child.text.trim().to_owned())
            };
            match part.name.as_str() {
                "SessionHeader" => headers.session_id = value("sessionId"),
                "QueryOptions" => {
                    headers.batch_size =
                        value("batchSize").map(|text| number(part, &text)).transpose()?;
                }
                "AllOrNoneHeader" => {
                    headers.all_or_none =
                        value("allOrNone").is_some_and(|text| text == "true" || text == "1");
                }
                "LoginScopeHeader" => headers.login_scope = value("organizationId"),
                name if WITHOUT_EFFECT.contains(&name) => {}
                _ => return Err(misplaced(part)),
            }
        }
        Ok(headers)
    }
}

fn number(part: &Element, text: &str) -> Result<usize, Fault> {
    text.parse().map_err(|_| {
        Fault::client(format!(
            "'{text}' is not a valid value for the type xsd:int in {}",
            part.qualified_name()
        ))
    })
}

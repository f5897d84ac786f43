//! The names of the rules, as decisions cite them. What each says is in `docs/rules.md`.

use serde::{Deserialize, Serialize};

macro_rules! rules {
    ($($name:ident = $doc:literal,)*) => {
        /// A rule of `docs/rules.md` that a decision follows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Rule {
            $(#[doc = $doc] $name,)*
        }

        impl Rule {
            /// The rule's id, as in the documentation.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// What the rule says, in a line.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $doc,)*
                }
            }

            /// The rule with this id.
            pub fn from_id(id: &str) -> Option<Self> {
                match id {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

rules! {
    C1 = "Which company an account already is.",
    C3 = "Two or more companies with one key are left to a person.",
    C4 = "Two accounts with one key are one company.",
    C6 = "Two companies carrying one Salesforce id are left alone.",
    C7 = "A parent account becomes a parent company.",
    C8 = "The owner becomes the account manager.",
    C9 = "Type, rating and industry are found by label.",
    C10 = "The country is found by name or code.",
    K1 = "Which Autotask contact a Salesforce contact already is.",
    K2 = "A contact without an account is not imported.",
    K3 = "A contact waits for its account.",
    K4 = "A contact without a first name gets a placeholder.",
    K5 = "A contact that moved to another account stays in its company.",
    R2 = "One bad record never stops a run.",
    R3 = "A later run reads what changed, and what waited for it.",
    R4 = "A create whose answer was lost is looked up before it is tried again.",
    R8 = "What is deleted or merged in Salesforce ends its link.",
    R10 = "An import that would change too much waits for approval.",
    U1 = "A pair that a person dissociated stays apart.",
    U4 = "A record deleted in Autotask is not made again.",
    V1 = "Values are cut at the field's length.",
    V2 = "An empty required field gets a placeholder.",
    V3 = "An update writes what changed in Salesforce.",
    V4 = "On first linking, differing fields are set from Salesforce.",
    V5 = "Nothing changed, nothing is written.",
    V6 = "Text survives unchanged.",
    V7 = "Fields that one side cannot show are left alone.",
}

impl Rule {
    /// Whether a decision by this rule compares keys.
    pub fn compares_keys(self) -> bool {
        matches!(self, Self::C1 | Self::C3 | Self::C4 | Self::C6 | Self::K1 | Self::U1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_known_by_its_id() {
        assert_eq!(Rule::from_id("C10"), Some(Rule::C10));
        assert_eq!(Rule::C10.id(), "C10");
        assert_eq!(Rule::from_id("X1"), None);
    }

    #[test]
    fn keys_are_compared_to_find_a_record_and_not_to_change_it() {
        for rule in [Rule::C1, Rule::C3, Rule::C4, Rule::C6, Rule::K1, Rule::U1] {
            assert!(rule.compares_keys(), "{rule:?}");
        }
        for rule in [Rule::V3, Rule::V5, Rule::K3, Rule::R8] {
            assert!(!rule.compares_keys(), "{rule:?}");
        }
    }
}

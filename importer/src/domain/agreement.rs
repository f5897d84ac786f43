//! Whether both systems' schemas fit the mapping table: what cannot be read, cannot be written, is cut, or finds no
//! counterpart (rules V1, V7, C9).

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::fields::{Convert, Mapping, SourceField, TargetField, table};
use super::metadata::{FieldInfo, Metadata};
use super::model::Kind;
use super::policy::{Policies, Policy};

/// A Salesforce field as the user sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceFieldInfo {
    /// The greatest length in characters; `None` for what is no text.
    pub length: Option<usize>,
    /// The values that can be chosen, where it is a picklist.
    pub picklist: Vec<String>,
}

/// The Salesforce fields that the user sees.
pub type SourceSchema = BTreeMap<SourceField, SourceFieldInfo>;

/// Something about a line of the mapping that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Remark {
    /// The Salesforce user does not see the field: it is left alone.
    Hidden,
    /// The Autotask tenant lacks the field: it is left alone.
    Missing,
    /// Autotask lets nobody write the field: it is left alone.
    ReadOnly,
    /// Salesforce may hold more than Autotask takes: what is longer is cut.
    Cut {
        /// What Salesforce holds, in characters.
        source: usize,
        /// What Autotask takes, in UTF-16 units.
        target: usize,
    },
    /// Choices in Salesforce that Autotask does not have.
    Unmatched {
        /// Their labels.
        values: Vec<String>,
    },
    /// The value that stands in for such choices is not active in Autotask either: records with them are refused.
    NoFallback,
}

impl Remark {
    /// Whether records are refused because of it.
    pub fn is_wrong(&self) -> bool {
        *self == Self::NoFallback
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hidden => f.write_str("the Salesforce user does not see it, so it is left alone"),
            Self::Missing => f.write_str("Autotask does not have it, so it is left alone"),
            Self::ReadOnly => f.write_str("Autotask lets nobody write it, so it is left alone"),
            Self::Cut { source, target } => {
                write!(
                    f,
                    "Salesforce holds up to {source} characters, Autotask {target}: the rest is cut"
                )
            }
            Self::Unmatched { values } => {
                write!(f, "no counterpart in Autotask: {}", values.join(", "))
            }
            Self::NoFallback => f.write_str(
                "Autotask has no active \"Customer\", so records with these are refused",
            ),
        }
    }
}

/// A line of the mapping table, with who wins and how both schemas fit it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Account to company, or contact to contact.
    pub kind: Kind,
    /// The Salesforce field.
    pub source: SourceField,
    /// The Autotask field.
    pub target: TargetField,
    /// What happens in between, in words.
    pub conversion: &'static str,
    /// Who wins where both have a value.
    pub policy: Policy,
    /// Whether Autotask creates no record without it.
    pub required: bool,
    /// What somebody should know.
    pub remarks: Vec<Remark>,
}

/// Holds the mapping table against what is known of both systems; what is not known is not remarked on.
pub fn lines(
    policies: &Policies,
    source: impl Fn(Kind) -> Option<SourceSchema>,
    target: Option<&Metadata>,
) -> Vec<Line> {
    let of_kind = |kind| {
        let source = source(kind);
        table(kind)
            .iter()
            .map(move |mapping| line(policies, kind, *mapping, source.as_ref(), target))
    };
    [Kind::Company, Kind::Contact].into_iter().flat_map(of_kind).collect()
}

fn line(
    policies: &Policies,
    kind: Kind,
    mapping: Mapping,
    source: Option<&SourceSchema>,
    target: Option<&Metadata>,
) -> Line {
    let Mapping { source: from, target: to, convert } = mapping;
    let mut remarks = Vec::new();
    let seen = source.map(|schema| schema.get(&from));
    if seen == Some(None) {
        remarks.push(Remark::Hidden);
    }
    let info = target.map(|metadata| metadata.field(kind, to));
    match info {
        Some(None) => remarks.push(Remark::Missing),
        Some(Some(info)) if info.is_read_only => remarks.push(Remark::ReadOnly),
        _ => {}
    }
    if let (Some(Some(seen)), Some(Some(info))) = (seen, info) {
        remarks.extend(compared(convert, seen, info));
    }
    Line {
        kind,
        source: from,
        target: to,
        conversion: convert.text(),
        policy: policies.of(kind, to),
        required: info.flatten().is_some_and(|info| info.is_required),
        remarks,
    }
}

/// How one field's values fit the other's.
fn compared(convert: Convert, seen: &SourceFieldInfo, info: &FieldInfo) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let is_label =
        matches!(convert, Convert::LabelOrCustomer | Convert::LabelOrLeave | Convert::LabelOrEmpty);
    match (seen.length, info.length) {
        (Some(source), Some(target)) if source > target && !is_label => {
            remarks.push(Remark::Cut { source, target });
        }
        _ => {}
    }
    if !is_label {
        return remarks;
    }
    let values: Vec<_> =
        seen.picklist.iter().filter(|label| info.by_label(label).is_none()).cloned().collect();
    let is_lost = convert == Convert::LabelOrCustomer && info.by_label("Customer").is_none();
    if !values.is_empty() {
        remarks.push(Remark::Unmatched { values });
    }
    if is_lost {
        remarks.push(Remark::NoFallback);
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metadata::PicklistValue;

    fn text(length: usize) -> SourceFieldInfo {
        SourceFieldInfo { length: Some(length), picklist: Vec::new() }
    }

    fn choices(labels: &[&str]) -> SourceFieldInfo {
        let picklist = labels.iter().map(|label| (*label).to_owned()).collect();
        SourceFieldInfo { length: Some(255), picklist }
    }

    fn field(length: Option<usize>, labels: &[(&str, bool)]) -> FieldInfo {
        let choice = |(value, (label, is_active)): (i64, &(&str, bool))| PicklistValue {
            value,
            label: (*label).to_owned(),
            is_active: *is_active,
        };
        let picklist = (0..).zip(labels).map(choice).collect();
        FieldInfo { length, picklist, ..FieldInfo::default() }
    }

    fn remarks(
        source: Option<&SourceSchema>,
        target: Option<&Metadata>,
        to: TargetField,
    ) -> Vec<Remark> {
        let of_kind = |kind| source.filter(|_| kind == Kind::Company).cloned();
        let lines = lines(&Policies::default(), of_kind, target);
        let line = lines.into_iter().find(|line| line.kind == Kind::Company && line.target == to);
        line.unwrap().remarks
    }

    #[test]
    fn what_is_not_known_is_not_remarked_on() {
        let nothing = lines(&Policies::default(), |_| None, None);

        assert_eq!(nothing.len(), table(Kind::Company).len() + table(Kind::Contact).len());
        assert!(nothing.iter().all(|line| line.remarks.is_empty() && !line.required));
    }

    #[test]
    fn fields_that_one_side_lacks_are_left_alone() {
        let target = Metadata {
            company: [(TargetField::Fax, FieldInfo { is_read_only: true, ..FieldInfo::default() })]
                .into(),
            ..Metadata::default()
        };
        let source = SourceSchema::from([(SourceField::Fax, text(40))]);

        let of = |to| remarks(Some(&source), Some(&target), to);

        assert_eq!(of(TargetField::Fax), [Remark::ReadOnly]);
        assert_eq!(of(TargetField::City), [Remark::Hidden, Remark::Missing]);
    }

    #[test]
    fn a_shorter_field_cuts_and_an_equal_one_does_not() {
        let source = SourceSchema::from([
            (SourceField::Name, text(255)),
            (SourceField::AccountNumber, text(40)),
        ]);
        let target = Metadata {
            company: [
                (TargetField::CompanyName, field(Some(100), &[])),
                (TargetField::CompanyNumber, field(Some(40), &[])),
            ]
            .into(),
            ..Metadata::default()
        };

        let of = |to| remarks(Some(&source), Some(&target), to);

        assert_eq!(of(TargetField::CompanyName), [Remark::Cut { source: 255, target: 100 }]);
        assert_eq!(of(TargetField::CompanyNumber), []);
    }

    #[test]
    fn choices_without_an_active_counterpart_are_named() {
        let source = SourceSchema::from([
            (SourceField::Type, choices(&["Customer", "Prospect"])),
            (SourceField::Industry, choices(&["retail"])),
        ]);
        let target = |customer| Metadata {
            company: [
                (TargetField::CompanyType, field(None, &[("Customer", customer)])),
                (TargetField::MarketSegmentId, field(None, &[("Retail", true)])),
            ]
            .into(),
            ..Metadata::default()
        };
        let of = |customer, to| remarks(Some(&source), Some(&target(customer)), to);
        let unmatched = |values: &[&str]| Remark::Unmatched {
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };

        assert_eq!(of(true, TargetField::CompanyType), [unmatched(&["Prospect"])]);
        assert_eq!(
            of(false, TargetField::CompanyType),
            [unmatched(&["Customer", "Prospect"]), Remark::NoFallback]
        );
        assert_eq!(of(true, TargetField::MarketSegmentId), []);
    }

    #[test]
    fn a_remark_says_what_comes_of_it_and_only_a_lost_fallback_refuses_records() {
        let cut = Remark::Cut { source: 255, target: 100 };
        let unmatched = Remark::Unmatched { values: vec!["A".to_owned(), "B".to_owned()] };

        assert_eq!(
            cut.to_string(),
            "Salesforce holds up to 255 characters, Autotask 100: the rest is cut"
        );
        assert_eq!(unmatched.to_string(), "no counterpart in Autotask: A, B");
        assert!(Remark::NoFallback.is_wrong());
        assert!(!cut.is_wrong() && !unmatched.is_wrong() && !Remark::Missing.is_wrong());
    }
}

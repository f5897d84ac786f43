//! Queries made at random from SOQL's own parts: each is answered or refused, and none makes the mock fail inside.

use std::fmt::Write;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::support::{Stage, stage};

const FIELDS: [&str; 16] = [
    "Id",
    "Name",
    "type",
    "OwnerId",
    "ParentId",
    "AnnualRevenue",
    "NumberOfEmployees",
    "IsDeleted",
    "SystemModstamp",
    "LastActivityDate",
    "BillingStreet",
    "BillingAddress",
    "BillingLatitude",
    "Description",
    "Owner.Name",
    "Parent.Owner.CreatedDate",
];

const VALUES: [&str; 18] = [
    "null",
    "true",
    "5",
    "-1.5e300",
    "''",
    "'Nord'",
    "'%o_d'",
    "'\\'\\\\\\n'",
    "'0015g0000000001'",
    "2024-02-29",
    "2024-02-29T10:00:00Z",
    "9999-12-31T23:59:59+14:00",
    "0001-01-01T00:00:00-14:00",
    "TODAY",
    "LAST_N_DAYS:30",
    "NEXT_N_YEARS:9000",
    "THIS_QUARTER",
    "LAST_N_MONTHS:2147483647",
];

fn field() -> impl Strategy<Value = String> {
    prop::sample::select(&FIELDS[..]).prop_map(str::to_owned)
}

fn comparison() -> impl Strategy<Value = String> {
    let operator = prop::sample::select(&["=", "!=", "<>", "<", "<=", ">", ">=", "LIKE"][..]);
    let value = || prop::sample::select(&VALUES[..]);
    prop_oneof![
        (field(), operator, value())
            .prop_map(|(field, operator, value)| format!("{field} {operator} {value}")),
        (field(), any::<bool>(), prop::collection::vec(value(), 1..4)).prop_map(
            |(field, negated, values)| {
                let not = if negated { "NOT " } else { "" };
                format!("{field} {not}IN ({})", values.join(", "))
            }
        ),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    comparison().prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|term| format!("NOT {term}")),
            (prop::collection::vec(inner, 2..4), prop::sample::select(&[" AND ", " OR "][..]))
                .prop_map(|(terms, joint)| format!("({})", terms.join(joint))),
        ]
    })
}

fn query() -> impl Strategy<Value = String> {
    let select = prop_oneof![
        1 => Just("COUNT()".to_owned()),
        6 => prop::collection::btree_set(field(), 1..6)
            .prop_map(|fields| Vec::from_iter(fields).join(", ")),
        2 => (field(), prop::option::of(condition())).prop_map(|(field, condition)| {
            let condition = condition.map(|it| format!(" WHERE {it}")).unwrap_or_default();
            format!("{field}, (SELECT Id, {field} FROM ChildAccounts{condition} ORDER BY Id LIMIT 3)")
        }),
    ];
    let key = (field(), any::<(bool, bool)>()).prop_map(|(field, (descending, last))| {
        let direction = if descending { " DESC" } else { "" };
        let nulls = if last { " NULLS LAST" } else { "" };
        format!("{field}{direction}{nulls}")
    });
    let tail =
        (prop::collection::vec(key, 0..3), prop::option::of(0..9_u32), prop::option::of(0..9_u32));
    (select, prop::option::of(condition()), tail).prop_map(
        |(select, condition, (order, limit, offset))| {
            let mut query = format!("SELECT {select} FROM Account");
            if let Some(condition) = condition {
                let _ = write!(query, " WHERE {condition}");
            }
            if !order.is_empty() {
                let _ = write!(query, " ORDER BY {}", order.join(", "));
            }
            if let Some(limit) = limit {
                let _ = write!(query, " LIMIT {limit}");
            }
            if let Some(offset) = offset {
                let _ = write!(query, " OFFSET {offset}");
            }
            query
        },
    )
}

async fn accounts() -> Stage {
    let stage = stage().await;
    let org = stage.mock.org();
    let nord = json!({ "Name": "Nord", "AnnualRevenue": 5, "BillingStreet": "a\nb" });
    let parent = org.insert_account(&nord).unwrap();
    org.insert_account(&json!({ "Name": "Söhne", "ParentId": parent, "Type": "Other" })).unwrap();
    stage
}

#[test]
fn a_query_is_answered_or_refused_but_never_fails_inside() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(accounts());
    let answered = std::cell::Cell::new(0);

    let config = Config { cases: 1_500, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&query(), |query| {
        let answer = runtime.block_on(stage.client.query_all(&query));
        let text = answer.text();
        prop_assert!(!text.contains("mock-salesforce failed"), "{query}: {text}");
        if answer.status == 200 {
            prop_assert!(answer.value("done") == "true", "{query}");
            answered.set(answered.get() + 1);
        } else {
            prop_assert!(
                answer.value("sf:exceptionCode").starts_with(['I', 'M']),
                "{query}: {text}"
            );
        }
        Ok(())
    });

    outcome.unwrap();
    assert!(answered.get() > 150, "hardly any query was a proper one: {}", answered.get());
}

/// Text that XML can carry; a carriage return travels as a reference.
fn text() -> impl Strategy<Value = String> {
    "[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\u{fffe}\\u{ffff}]{1,60}"
}

#[test]
fn any_text_comes_back_as_it_was_written_and_is_found_by_itself() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(stage());
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };

    let outcome = TestRunner::new(config).run(&text(), |text| {
        let sent = quick_xml::escape::escape(&text).replace('\r', "&#xD;");
        let create = format!(
            "<create><sObjects><o:type>Account</o:type><o:Name>{sent}</o:Name></sObjects></create>"
        );
        let created = runtime.block_on(stage.client.call(&create));
        prop_assert!(created.value("success") == "true", "{}", created.text());
        let id = created.value("id");
        let mut quoted = String::new();
        for character in text.chars() {
            if matches!(character, '\\' | '\'') {
                quoted.push('\\');
            }
            quoted.push(character);
        }
        let pattern = quoted.replace('%', "\\%").replace('_', "\\_");
        for condition in
            [format!("= '{quoted}'"), format!("LIKE '{pattern}'"), format!("IN ('{quoted}')")]
        {
            let query = format!("SELECT Name FROM Account WHERE Id = '{id}' AND Name {condition}");
            let sent = quick_xml::escape::escape(&query).replace('\r', "&#xD;");
            let call = format!("<query><queryString>{sent}</queryString></query>");
            let found = runtime.block_on(stage.client.call(&call));
            prop_assert!(found.status == 200, "{query}: {}", found.text());
            prop_assert_eq!(found.values("sf:Name"), vec![text.clone()], "{}", query);
        }
        Ok(())
    });

    outcome.unwrap();
}

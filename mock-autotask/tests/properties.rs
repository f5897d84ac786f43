//! What holds for every filter: it finds what a plain reading of it says, and nothing in it upsets the database.

use std::sync::LazyLock;

use mock_autotask::{Entity, MockAutotask, Options, RecordError, Records};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// What each company holds: name, city, type.
const COMPANIES: [(&str, Option<&str>, i64); 5] = [
    ("Nord", Some("Kiel"), 1),
    ("Süd", Some("Bonn"), 2),
    ("NORD ", None, 3),
    ("nordlicht", Some("kiel"), 1),
    ("Ost", None, 2),
];

/// A mock with these companies. Its runtime lives as long as the tests.
static RECORDS: LazyLock<(Runtime, Records, Vec<i64>)> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime starts");
    let records = runtime
        .block_on(MockAutotask::start(Options::default()))
        .expect("the mock starts")
        .records();
    let ids = COMPANIES
        .iter()
        .map(|(name, city, kind)| {
            let fields = json!({ "companyName": name, "city": city, "companyType": kind });
            records.insert(Entity::Company, &fields).expect("the company is taken")
        })
        .collect();
    (runtime, records, ids)
});

/// A condition or a group, as it is sent and as it is meant.
#[derive(Debug, Clone)]
enum Node {
    Name {
        op: &'static str,
        value: &'static str,
    },
    City {
        op: &'static str,
        value: &'static str,
    },
    Kind {
        op: &'static str,
        value: i64,
    },
    /// The place of a company stands for its id; one before the first and one behind the last are nobody's.
    Id {
        op: &'static str,
        place: i64,
    },
    Kinds {
        op: &'static str,
        values: Vec<i64>,
    },
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Node {
    fn json(&self) -> Value {
        let nodes = |nodes: &[Self]| nodes.iter().map(Self::json).collect::<Vec<_>>();
        let first = || RECORDS.2.first().copied().unwrap_or_default();
        match self {
            Self::Name { op, value } => json!({ "op": op, "field": "companyName", "value": value }),
            Self::City { op, value } => json!({ "op": op, "field": "CITY", "value": value }),
            Self::Kind { op, value } => json!({ "op": op, "field": "companyType", "value": value }),
            Self::Id { op, place } => json!({ "op": op, "field": "Id", "value": first() + place }),
            Self::Kinds { op, values } => {
                json!({ "op": op, "field": "companyType", "value": values })
            }
            Self::All(items) => json!({ "op": "and", "items": nodes(items) }),
            Self::Any(items) => json!({ "op": "or", "items": nodes(items) }),
        }
    }

    fn fits(&self, place: i64, (name, city, kind): (&str, Option<&str>, i64)) -> bool {
        match self {
            Self::Name { op, value } => fits_text(op, name, value),
            Self::City { op: "exist", .. } => city.is_some(),
            Self::City { op: "notExist", .. } => city.is_none(),
            // A company that has no city holds an empty text there.
            Self::City { op, value } => fits_text(op, city.unwrap_or_default(), value),
            Self::Kind { op, value } => fits_number(op, kind, *value),
            Self::Id { op, place: wanted } => fits_number(op, place, *wanted),
            Self::Kinds { op, values } => values.contains(&kind) == (*op == "in"),
            Self::All(items) => items.iter().all(|item| item.fits(place, (name, city, kind))),
            Self::Any(items) => items.iter().any(|item| item.fits(place, (name, city, kind))),
        }
    }
}

fn fits_number(op: &str, held: i64, value: i64) -> bool {
    match op {
        "eq" => held == value,
        "noteq" => held != value,
        "gt" => held > value,
        "gte" => held >= value,
        "lt" => held < value,
        _ => held <= value,
    }
}

fn fits_text(op: &str, held: &str, value: &str) -> bool {
    let (held, value) = (held.trim_end().to_lowercase(), value.to_lowercase());
    match op {
        "eq" => held == value.trim_end(),
        "noteq" => held != value.trim_end(),
        "beginsWith" => held.starts_with(&value),
        "endsWith" => held.ends_with(&value),
        _ => held.contains(&value),
    }
}

fn node() -> impl Strategy<Value = Node> {
    let text = || prop::sample::select(vec!["eq", "noteq", "beginsWith", "endsWith", "contains"]);
    let number = || prop::sample::select(vec!["eq", "noteq", "gt", "gte", "lt", "lte"]);
    let name = prop::sample::select(vec!["nord", "Nord  ", "SÜD", "st", "x"]);
    let city = prop::sample::select(vec!["kiel", "BONN", "on"]);
    let leaf = prop_oneof![
        (text(), name).prop_map(|(op, value)| Node::Name { op, value }),
        (prop_oneof![text(), prop::sample::select(vec!["exist", "notExist"])], city)
            .prop_map(|(op, value)| Node::City { op, value }),
        (number(), 0..5_i64).prop_map(|(op, value)| Node::Kind { op, value }),
        (number(), -1..6_i64).prop_map(|(op, place)| Node::Id { op, place }),
        (prop::sample::select(vec!["in", "notIn"]), prop::collection::vec(0..5_i64, 1..4))
            .prop_map(|(op, values)| Node::Kinds { op, values }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Node::All),
            prop::collection::vec(inner, 1..4).prop_map(Node::Any),
        ]
    })
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        prop::sample::select(vec![
            "eq",
            "in",
            "or",
            "and",
            "exist",
            "contains",
            "companyName",
            "id",
            "isActive",
            "createDate",
            "assetValue",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let key = prop::sample::select(vec!["op", "field", "value", "items", "udf", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..5).prop_map(|pairs| pairs
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_finds_what_a_plain_reading_of_it_says(nodes in prop::collection::vec(node(), 1..4)) {
        let (_, records, ids) = &*RECORDS;
        let filter: Vec<Value> = nodes.iter().map(Node::json).collect();

        let found = records.find(Entity::Company, &json!(filter), 10).unwrap();

        let found: Vec<i64> = found.iter().filter_map(|item| item["id"].as_i64()).filter(|id| *id != 0).collect();
        let expected: Vec<i64> = COMPANIES
            .iter()
            .zip(0..)
            .filter(|(company, place)| nodes.iter().all(|node| node.fits(*place, **company)))
            .filter_map(|(_, place)| ids.get(usize::try_from(place).ok()?).copied())
            .collect();
        prop_assert_eq!(found, expected, "{}", json!(filter));
    }

    #[test]
    fn no_filter_upsets_the_database(filter in any_json()) {
        let (_, records, _) = &*RECORDS;
        for entity in [Entity::Company, Entity::Contact, Entity::Resource] {
            if let Err(error) = records.find(entity, &json!([filter]), 10) {
                prop_assert!(matches!(error, RecordError::Refused(_)), "{error}: {filter}");
            }
        }
    }

    #[test]
    fn no_record_upsets_the_database(fields in any_json()) {
        let (_, records, _) = &*RECORDS;
        let contact = json!({ "companyID": 0, "firstName": fields, "lastName": fields, "isActive": fields, "countryID": fields, "userDefinedFields": fields });
        if let Err(error) = records.insert(Entity::Contact, &contact) {
            prop_assert!(matches!(error, RecordError::Refused(_)), "{error}: {contact}");
        }
    }
}

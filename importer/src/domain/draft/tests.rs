//! What a draft says and remembers.

use super::*;

#[test]
fn a_base_survives_the_ledger() {
    let mut draft = Draft::default();
    draft.put(TargetField::City, Some("Kiel"), Mapped::Set(Value::Text("Kiel".to_owned())));
    draft.put(TargetField::AssetValue, Some("9.0E7"), Mapped::Set(Value::Decimal(9.0e7)));
    draft.put(TargetField::Fax, None, Mapped::Empty);
    draft.put(TargetField::Title, Some("untouched"), Mapped::Leave);

    let back = Base::decode(&draft.base.encode());

    assert_eq!(back, draft.base);
    assert!(back.holds(TargetField::AssetValue, Some(&Value::Decimal(9.0e7))));
    assert!(back.holds(TargetField::Fax, None) && back.holds(TargetField::Title, None));
}

#[test]
fn every_field_has_its_place_in_the_ledgers_numbering() {
    for (number, field) in ALL_FIELDS.iter().enumerate() {
        assert_eq!(*field as usize, number, "{field:?} is in no mapping table");
    }
}

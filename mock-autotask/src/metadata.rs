//! What the API says about its entities: `entityInformation`, `fields` and `userDefinedFields`.

use serde::Serialize;

use crate::entities::{Definition, Entity, Field};
use crate::settings::{Action, Settings};
use crate::store::{Catalogue, PicklistValue, UdfKind, UserDefinedField};

/// The length of every text in a user-defined field.
pub(crate) const UDF_LENGTH: u16 = 8_000;

#[derive(Serialize)]
struct InformationAnswer {
    info: Information,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the vendor's message is made of them")]
struct Information {
    name: &'static str,
    can_create: bool,
    can_delete: bool,
    can_query: bool,
    can_update: bool,
    user_access_for_create: u8,
    user_access_for_delete: u8,
    user_access_for_query: u8,
    user_access_for_update: u8,
    has_user_defined_fields: bool,
    supports_webhook_callouts: bool,
}

/// Answers `entityInformation`: what the entity allows, and of that what the API user may do.
pub(crate) fn information(entity: Entity, settings: &Settings) -> Vec<u8> {
    let Definition { name, can_create, can_update, can_delete, udf_type, webhooks, .. } =
        entity.definition();
    let access = |can: bool, action| u8::from(can && settings.allows(entity, action));
    let info = Information {
        name,
        can_create: *can_create,
        can_delete: *can_delete,
        can_query: true,
        can_update: *can_update,
        user_access_for_create: access(*can_create, Action::Create),
        user_access_for_delete: access(*can_delete, Action::Delete),
        user_access_for_query: access(true, Action::Query),
        user_access_for_update: access(*can_update, Action::Update),
        has_user_defined_fields: udf_type.is_some(),
        supports_webhook_callouts: *webhooks,
    };
    written(&InformationAnswer { info })
}

#[derive(Serialize)]
struct FieldsAnswer<T> {
    fields: Vec<T>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the vendor's message is made of them")]
struct FieldInformation<'a> {
    name: &'static str,
    data_type: &'static str,
    length: u16,
    is_required: bool,
    is_read_only: bool,
    is_queryable: bool,
    is_reference: bool,
    reference_entity_type: &'static str,
    is_pick_list: bool,
    picklist_values: Option<Vec<PicklistEntry<'a>>>,
    picklist_parent_value_field: &'static str,
    is_supported_webhook_field: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PicklistEntry<'a> {
    value: &'a str,
    label: &'a str,
    is_default_value: bool,
    sort_order: i64,
    parent_value: &'static str,
    is_active: bool,
    is_system: bool,
}

/// Answers `entityInformation/fields`.
pub(crate) fn fields(entity: Entity, catalogue: &Catalogue) -> Vec<u8> {
    let fields = entity.definition().fields.iter();
    written(&FieldsAnswer {
        fields: fields.map(|field| field_information(entity, field, catalogue)).collect(),
    })
}

fn field_information<'a>(
    entity: Entity,
    field: &Field,
    catalogue: &'a Catalogue,
) -> FieldInformation<'a> {
    FieldInformation {
        name: field.name,
        data_type: field.kind.word(),
        length: field.kind.length(),
        is_required: field.required,
        is_read_only: field.read_only,
        is_queryable: field.queryable,
        is_reference: field.reference.is_some(),
        reference_entity_type: field.reference.map_or("", |reference| reference.name()),
        is_pick_list: field.picklist,
        picklist_values: field
            .picklist
            .then(|| catalogue.picklist(entity, field.name).iter().map(picklist_entry).collect()),
        picklist_parent_value_field: "",
        is_supported_webhook_field: field.webhook,
    }
}

fn picklist_entry(value: &PicklistValue) -> PicklistEntry<'_> {
    PicklistEntry {
        value: &value.value,
        label: &value.label,
        is_default_value: false,
        sort_order: value.sort_order,
        parent_value: "",
        is_active: value.is_active,
        is_system: value.is_system,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the vendor's message is made of them")]
struct UdfInformation<'a> {
    name: &'a str,
    label: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    length: u16,
    description: Option<&'a str>,
    is_required: bool,
    is_read_only: bool,
    is_queryable: bool,
    is_reference: bool,
    reference_entity_type: &'static str,
    is_pick_list: bool,
    picklist_values: Option<Vec<UdfPicklistEntry<'a>>>,
    picklist_parent_value_field: &'static str,
    default_value: Option<&'a str>,
    is_supported_webhook_field: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UdfPicklistEntry<'a> {
    value: String,
    label: &'a str,
    is_default_value: bool,
    sort_order: u8,
    parent_value: Option<&'static str>,
    is_active: bool,
    is_system: bool,
}

/// Answers `entityInformation/userDefinedFields` with the fields in use that were made before a moment.
pub(crate) fn user_defined_fields(
    entity: Entity,
    catalogue: &Catalogue,
    made_before: i64,
) -> Vec<u8> {
    let fields = catalogue.usable_udfs(entity, made_before).map(udf_information).collect();
    written(&FieldsAnswer { fields })
}

fn udf_information(udf: &UserDefinedField) -> UdfInformation<'_> {
    let is_list = udf.kind == UdfKind::List;
    UdfInformation {
        name: &udf.name,
        label: &udf.name,
        kind: udf.kind.word(),
        length: if matches!(udf.kind, UdfKind::Text | UdfKind::List) { UDF_LENGTH } else { 0 },
        description: udf.description.as_deref(),
        is_required: udf.is_required,
        is_read_only: false,
        is_queryable: !udf.is_encrypted,
        is_reference: false,
        reference_entity_type: "",
        is_pick_list: is_list,
        picklist_values: is_list.then(|| {
            let entries = udf.items.iter().map(|item| UdfPicklistEntry {
                value: item.id.to_string(),
                label: &item.label,
                is_default_value: false,
                sort_order: 0,
                parent_value: None,
                is_active: item.is_active,
                is_system: false,
            });
            entries.collect()
        }),
        picklist_parent_value_field: "",
        default_value: udf.default_value.as_deref(),
        is_supported_webhook_field: true,
    }
}

fn written(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).expect("metadata can be written to memory")
}

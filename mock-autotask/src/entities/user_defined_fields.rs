//! Definitions of user-defined fields, and the values of those that are lists.
//!
//! Unconfirmed and chosen: `udfType` 2 is Contact, and the `dataType` list in `picklists`. A client reads both
//! from the picklists rather than knowing them.

use super::field::{Field, Unset, boolean, datetime, integer, long, text};
use super::{Definition, Entity, Parent};

pub(super) static DEFINITIONS: Definition = Definition {
    path: "UserDefinedFieldDefinitions",
    name: "UserDefinedFieldDefinition",
    fields: DEFINITION_FIELDS,
    can_create: true,
    can_update: true,
    can_delete: false,
    parent: None,
    udf_type: None,
    most_udfs: 0,
    webhooks: false,
    first_id: 29_682_778,
    modified: None,
};

pub(super) static LIST_ITEMS: Definition = Definition {
    path: "UserDefinedFieldListItems",
    name: "UserDefinedFieldListItem",
    fields: LIST_ITEM_FIELDS,
    can_create: true,
    can_update: true,
    can_delete: false,
    parent: Some(Parent {
        entity: Entity::UserDefinedFieldDefinition,
        path: "UserDefinedFields",
        segment: "ListItems",
        field: "udfFieldId",
    }),
    udf_type: None,
    most_udfs: 0,
    webhooks: false,
    first_id: 29_682_801,
    modified: None,
};

const DEFINITION_FIELDS: &[Field] = &[
    long("id").required().read_only(),
    text("name", 45).required(),
    text("description", 128).unset(Unset::Null),
    integer("udfType").required().picklist().unset(Unset::Number(1)),
    integer("dataType").required().picklist().unset(Unset::Number(1)),
    text("defaultValue", 1024).unset(Unset::Null),
    boolean("isFieldMapping").read_only(),
    boolean("isProtected"),
    boolean("isRequired"),
    boolean("isActive").unset(Unset::Number(1)),
    datetime("createDate").read_only(),
    text("mergeVariableName", 100).unset(Unset::Null),
    long("crmToProjectUdfId"),
    integer("displayFormat").picklist(),
    integer("sortOrder").unset(Unset::Number(1)),
    integer("numberOfDecimalPlaces"),
    boolean("isVisibleToClientPortal"),
    boolean("isEncrypted"),
    boolean("isPrivate"),
];

const LIST_ITEM_FIELDS: &[Field] = &[
    long("id").required().read_only(),
    datetime("createDate").read_only(),
    long("udfFieldId").required().read_only(),
    text("valueForDisplay", 128).required(),
    text("valueForExport", 128).required(),
    boolean("isActive").unset(Unset::Number(1)),
];

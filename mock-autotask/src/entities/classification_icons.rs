//! Classification icons: their ids are the values of a company's `classification`.

use super::Definition;
use super::field::{Field, boolean, long, text};

pub(super) static CLASSIFICATION_ICONS: Definition = Definition {
    path: "ClassificationIcons",
    name: "ClassificationIcon",
    fields: FIELDS,
    can_create: false,
    can_update: false,
    can_delete: false,
    parent: None,
    udf_type: None,
    most_udfs: 0,
    webhooks: false,
    first_id: 200,
    modified: None,
};

const FIELDS: &[Field] = &[
    long("id").required().read_only(),
    text("name", 35).required().read_only(),
    text("description", 100).read_only(),
    boolean("isActive").required().read_only(),
    boolean("isSystem").required().read_only(),
    text("relativeUrl", 100).required().read_only(),
];

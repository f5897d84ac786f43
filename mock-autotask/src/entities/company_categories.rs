//! Categories of companies. A company created without one gets the default category; an inactive one is refused.

use super::Definition;
use super::field::{Field, boolean, integer, long, text};

pub(super) static COMPANY_CATEGORIES: Definition = Definition {
    path: "CompanyCategories",
    name: "CompanyCategory",
    fields: FIELDS,
    can_create: false,
    can_update: false,
    can_delete: false,
    parent: None,
    udf_type: None,
    most_udfs: 0,
    webhooks: false,
    first_id: 1,
    modified: None,
};

const FIELDS: &[Field] = &[
    long("id").required().read_only(),
    integer("displayColorRGB").read_only(),
    boolean("isActive").read_only(),
    boolean("isApiOnly").read_only(),
    boolean("isGlobalDefault").read_only(),
    text("name", 100).required().read_only(),
    text("nickname", 10).read_only(),
];

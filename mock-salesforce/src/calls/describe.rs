//! describeSObject, describeSObjects and describeGlobal.
//!
//! Elements stand in the order of the 58.0 WSDL, which is alphabetical; the answer is the same for all versions.

use super::arguments::{only, required, texts};
use super::{Call, Reply};
use crate::org::schema::{Field, FieldType, Object, ObjectKind};
use crate::org::value::label;
use crate::soap::envelope::Element;
use crate::soap::fault::{Fault, FaultDetail};
use crate::soap::writer::Xml;
use crate::soql::not_supported;

/// Objects one describeSObjects may ask for.
const MOST_OBJECTS: usize = 100;

/// The id every org's master record type has.
const MASTER_RECORD_TYPE: &str = "012000000000000AAA";

/// describeSObject.
pub(super) fn describe_one(call: &Call<'_>, element: &Element) -> Result<Reply, Fault> {
    only(element, &["sObjectType"])?;
    let kind = known_object(required(element, "sObjectType")?)?;
    Ok(describe(call, "describeSObjectResponse", &[kind]))
}

/// describeSObjects.
pub(super) fn describe_several(call: &Call<'_>, element: &Element) -> Result<Reply, Fault> {
    only(element, &["sObjectType"])?;
    let kinds = texts(element, "sObjectType").map(known_object).collect::<Result<Vec<_>, _>>()?;
    if kinds.len() > MOST_OBJECTS {
        let message = format!("at most {MOST_OBJECTS} objects can be described in one call");
        return Err(Fault::api("EXCEEDED_MAX_TYPES_LIMIT", message, FaultDetail::UnexpectedError));
    }
    Ok(describe(call, "describeSObjectsResponse", &kinds))
}

/// describeGlobal.
pub(super) fn describe_global(_call: &Call<'_>, element: &Element) -> Result<Reply, Fault> {
    only(element, &[])?;
    let mut xml = Xml::default();
    xml.raw("<describeGlobalResponse><result><encoding>UTF-8</encoding><maxBatchSize>200</maxBatchSize>");
    for kind in ObjectKind::ALL {
        xml.open("sobjects");
        object_flags(&mut xml, kind, Details::Brief);
        xml.close("sobjects");
    }
    xml.raw("</result></describeGlobalResponse>");
    Ok(Reply::with_nils(xml))
}

/// The object of that name, or the fault for none. A describe echoes no query, so it names no place.
pub(super) fn known_object(name: &str) -> Result<ObjectKind, Fault> {
    ObjectKind::named(name.trim()).ok_or_else(|| {
        Fault::api("INVALID_TYPE", not_supported(name.trim()), FaultDetail::InvalidSObject(-1, -1))
    })
}

fn describe(call: &Call<'_>, response: &str, kinds: &[ObjectKind]) -> Reply {
    let store = call.instance.org.store();
    let mut xml = Xml::default();
    xml.open(response);
    for kind in kinds {
        let object = store.schema().object(*kind);
        xml.open("result");
        object_flags(&mut xml, *kind, Details::Full(object));
        xml.close("result");
    }
    xml.close(response);
    Reply::with_nils(xml)
}

/// How much of an object is told.
#[derive(Clone, Copy)]
enum Details<'o> {
    /// As describeGlobal does.
    Brief,
    /// With fields and relationships.
    Full(&'o Object),
}

fn object_flags(xml: &mut Xml, kind: ObjectKind, details: Details<'_>) {
    let full = match details {
        Details::Full(object) => Some(object),
        Details::Brief => None,
    };
    let name = kind.name();
    let deletable = kind.deletable();
    flag(xml, "activateable", false);
    xml.nil("associateEntityType");
    xml.nil("associateParentEntity");
    if let Some(object) = full {
        child_relationships(xml, object);
        flag(xml, "compactLayoutable", true);
    }
    for (element, value) in [
        ("createable", true),
        ("custom", false),
        ("customSetting", false),
        ("dataTranslationEnabled", false),
        ("deepCloneable", false),
    ] {
        flag(xml, element, value);
    }
    if full.is_some() {
        xml.nil("defaultImplementation");
    }
    flag(xml, "deletable", deletable);
    flag(xml, "deprecatedAndHidden", false);
    flag(xml, "feedEnabled", true);
    if let Some(object) = full {
        for field in object.fields.iter().filter(|field| field.visible) {
            describe_field(xml, object, field);
        }
    }
    flag(xml, "hasSubtypes", false);
    flag(xml, "idEnabled", false);
    if full.is_some() {
        xml.nil("implementedBy");
        xml.nil("implementsInterfaces");
    }
    flag(xml, "isInterface", false);
    flag(xml, "isSubtype", false);
    xml.element("keyPrefix", &String::from_utf8_lossy(&kind.prefix().0));
    xml.element("label", name);
    xml.element("labelPlural", &format!("{name}s"));
    flag(xml, "layoutable", true);
    flag(xml, "mergeable", deletable);
    flag(xml, "mruEnabled", true);
    xml.element("name", name);
    if full.is_some() {
        xml.nil("networkScopeFieldName");
    }
    flag(xml, "queryable", true);
    if full.is_some() {
        master_record_type(xml);
    }
    flag(xml, "replicateable", true);
    flag(xml, "retrieveable", true);
    if full.is_some() {
        flag(xml, "searchLayoutable", true);
    }
    flag(xml, "searchable", true);
    flag(xml, "triggerable", true);
    flag(xml, "undeletable", deletable);
    flag(xml, "updateable", true);
    if full.is_some() {
        for element in ["urlDetail", "urlEdit", "urlNew"] {
            xml.nil(element);
        }
    }
}

fn child_relationships(xml: &mut Xml, object: &Object) {
    for relationship in object.child_relationships() {
        xml.open("childRelationships");
        flag(xml, "cascadeDelete", relationship.field == "AccountId");
        xml.element("childSObject", relationship.child.name());
        flag(xml, "deprecatedAndHidden", false);
        xml.element("field", relationship.field);
        xml.element("relationshipName", relationship.name);
        flag(xml, "restrictedDelete", false);
        xml.close("childRelationships");
    }
}

fn master_record_type(xml: &mut Xml) {
    xml.open("recordTypeInfos");
    flag(xml, "active", true);
    flag(xml, "available", true);
    flag(xml, "defaultRecordTypeMapping", true);
    xml.element("developerName", "Master");
    flag(xml, "master", true);
    xml.element("name", "Master");
    xml.element("recordTypeId", MASTER_RECORD_TYPE);
    xml.close("recordTypeInfos");
}

fn describe_field(xml: &mut Xml, object: &Object, field: &Field) {
    let text = field.kind.is_text();
    let (precision, scale) = field.digits;
    let is_int = field.kind == FieldType::Int;
    xml.open("fields");
    flag(xml, "aggregatable", field.is_sortable());
    flag(xml, "aiPredictionField", false);
    flag(xml, "autoNumber", false);
    number(xml, "byteLength", if text { field.length * 3 } else { field.length });
    flag(xml, "calculated", false);
    flag(xml, "caseSensitive", false);
    if let Some(compound) = compound_of(object, field) {
        xml.element("compoundFieldName", compound);
    }
    flag(xml, "createable", field.writable);
    flag(xml, "custom", field.is_custom());
    flag(xml, "defaultedOnCreate", is_defaulted(field));
    flag(xml, "deprecatedAndHidden", false);
    number(xml, "digits", if is_int { 8 } else { 0 });
    flag(xml, "filterable", field.is_filterable());
    flag(
        xml,
        "groupable",
        field.is_sortable()
            && !matches!(field.kind, FieldType::DateTime | FieldType::Double | FieldType::Currency),
    );
    flag(xml, "idLookup", field.kind == FieldType::Id);
    xml.element("label", &label(field));
    number(xml, "length", field.length);
    xml.element("name", &field.name);
    flag(xml, "nameField", field.name == "Name");
    flag(xml, "nillable", field.nillable);
    flag(xml, "permissionable", field.nillable && field.writable);
    for value in field.picklist() {
        picklist_value(xml, value);
    }
    flag(xml, "polymorphicForeignKey", false);
    number(xml, "precision", precision);
    flag(xml, "queryByDistance", matches!(field.kind, FieldType::Address(_)));
    match field.kind {
        FieldType::Reference(to) => xml.element("referenceTo", to.name()),
        FieldType::ForeignReference(to) => xml.element("referenceTo", to),
        _ => {}
    }
    if let Some(relationship) = field.relationship {
        xml.element("relationshipName", relationship);
    }
    flag(xml, "restrictedPicklist", false);
    number(xml, "scale", scale);
    flag(xml, "searchPrefilterable", false);
    xml.element("soapType", field.kind.soap_name());
    flag(xml, "sortable", field.is_sortable());
    xml.element("type", field.kind.describe_name());
    flag(xml, "unique", field.name == "Username");
    flag(xml, "updateable", field.writable);
    xml.close("fields");
}

/// The compound address a field is a part of.
fn compound_of<'o>(object: &'o Object, field: &Field) -> Option<&'o str> {
    const PARTS: [&str; 8] = [
        "Street",
        "City",
        "State",
        "PostalCode",
        "Country",
        "Latitude",
        "Longitude",
        "GeocodeAccuracy",
    ];
    let stem = PARTS
        .iter()
        .find_map(|part| field.name.strip_suffix(part))
        .filter(|stem| !stem.is_empty())?;
    object.field(&format!("{stem}Address")).map(|compound| compound.name.as_ref())
}

fn is_defaulted(field: &Field) -> bool {
    field.name == "OwnerId"
        || (!field.writable && !field.nillable)
        || (field.kind == FieldType::Boolean && !field.nillable)
}

fn picklist_value(xml: &mut Xml, value: &str) {
    xml.open("picklistValues");
    flag(xml, "active", true);
    flag(xml, "defaultValue", false);
    xml.element("label", value);
    xml.element("value", value);
    xml.close("picklistValues");
}

fn flag(xml: &mut Xml, element: &str, value: bool) {
    xml.element(element, if value { "true" } else { "false" });
}

fn number(xml: &mut Xml, element: &str, value: u32) {
    xml.element(element, &value.to_string());
}

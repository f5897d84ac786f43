//! What the org knows about its objects and their fields: the one place that answers "is there such a field?".
//!
//! Names are found whatever their case and given back as Salesforce spells them. Every column name that reaches SQL
//! comes out of here, never out of a request.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::field_settings::FieldSettings;
use super::fields;
use super::ids::KeyPrefix;

/// The objects of the org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A firm.
    Account,
    /// A person, usually at a firm.
    Contact,
    /// Someone who signs in and owns records.
    User,
}

impl ObjectKind {
    /// All of them, by name.
    pub const ALL: [Self; 3] = [Self::Account, Self::Contact, Self::User];

    /// The object's API name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Contact => "Contact",
            Self::User => "User",
        }
    }

    /// The object of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|object| object.name().eq_ignore_ascii_case(name))
    }

    pub(crate) const fn prefix(self) -> KeyPrefix {
        match self {
            Self::Account => KeyPrefix(*b"001"),
            Self::Contact => KeyPrefix(*b"003"),
            Self::User => KeyPrefix(*b"005"),
        }
    }

    pub(crate) fn of_prefix(prefix: KeyPrefix) -> Option<Self> {
        Self::ALL.into_iter().find(|object| object.prefix() == prefix)
    }

    /// Whether its records can be deleted, undeleted and merged. Users are made inactive instead.
    pub(crate) const fn deletable(self) -> bool {
        !matches!(self, Self::User)
    }
}

/// What a field holds, as far as the mock treats it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldType {
    Id,
    /// The id of a record of this org.
    Reference(ObjectKind),
    /// An id of an object the mock does not have; kept as text, its relationship cannot be followed.
    ForeignReference(&'static str),
    Text,
    TextArea,
    /// Unrestricted, as the standard picklists are: other values are stored too.
    Picklist(&'static [&'static str]),
    Phone,
    Url,
    Email,
    Boolean,
    Int,
    Double,
    Currency,
    Date,
    DateTime,
    /// A compound of the fields that begin with this stem.
    Address(&'static str),
}

impl FieldType {
    /// The type's name in a describe.
    pub(crate) const fn describe_name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Reference(_) | Self::ForeignReference(_) => "reference",
            Self::Text => "string",
            Self::TextArea => "textarea",
            Self::Picklist(_) => "picklist",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Email => "email",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Double => "double",
            Self::Currency => "currency",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Address(_) => "address",
        }
    }

    /// The type's XML Schema name in a describe.
    pub(crate) const fn soap_name(self) -> &'static str {
        match self {
            Self::Id | Self::Reference(_) | Self::ForeignReference(_) => "tns:ID",
            Self::Boolean => "xsd:boolean",
            Self::Int => "xsd:int",
            Self::Double | Self::Currency => "xsd:double",
            Self::Date => "xsd:date",
            Self::DateTime => "xsd:dateTime",
            Self::Address(_) => "urn:address",
            _ => "xsd:string",
        }
    }

    pub(crate) const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::TextArea
                | Self::Picklist(_)
                | Self::Phone
                | Self::Url
                | Self::Email
                | Self::ForeignReference(_)
        )
    }

    const fn column_type(self) -> Option<&'static str> {
        match self {
            Self::Id | Self::Address(_) => None,
            Self::Reference(_) | Self::Boolean | Self::Int | Self::DateTime => Some("INTEGER"),
            Self::Double | Self::Currency => Some("REAL"),
            _ => Some("TEXT"),
        }
    }
}

/// What a query may do with a field besides selecting it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UseInQueries {
    /// Long text: nothing.
    SelectOnly,
    /// Name it in WHERE.
    Filter,
    /// Name it in WHERE and in ORDER BY.
    FilterAndSort,
}

/// One field of an object.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: FieldType,
    pub(crate) length: u32,
    pub(crate) digits: (u32, u32),
    pub(crate) nillable: bool,
    pub(crate) writable: bool,
    pub(crate) use_in_queries: UseInQueries,
    pub(crate) relationship: Option<&'static str>,
    /// Whether clients see the field.
    pub(crate) visible: bool,
    /// The values of a picklist that has others than the standard ones.
    pub(crate) own_picklist: Option<Vec<String>>,
}

impl Field {
    pub(crate) fn is_custom(&self) -> bool {
        self.name.ends_with("__c")
    }

    pub(crate) fn is_filterable(&self) -> bool {
        self.use_in_queries != UseInQueries::SelectOnly
    }

    pub(crate) fn is_sortable(&self) -> bool {
        self.use_in_queries == UseInQueries::FilterAndSort
    }

    /// The values of a picklist, in their order.
    pub(crate) fn picklist(&self) -> Vec<&str> {
        match (&self.own_picklist, self.kind) {
            (Some(own), _) => own.iter().map(String::as_str).collect(),
            (None, FieldType::Picklist(standard)) => standard.to_vec(),
            _ => Vec::new(),
        }
    }

    /// The field's column, ready to stand in SQL; a compound field has none, and the id is the row's number.
    pub(crate) fn column(&self) -> Option<String> {
        self.kind.column_type().map(|_| format!("\"{}\"", self.name))
    }

    /// The field's column with its type, for `CREATE TABLE`.
    pub(super) fn column_definition(&self) -> Option<String> {
        Some(format!("{} {}", self.column()?, self.kind.column_type()?))
    }
}

/// A child relationship: the name a sub-query uses, and the child's field that points here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChildRelationship {
    pub(crate) name: &'static str,
    pub(crate) child: ObjectKind,
    pub(crate) field: &'static str,
}

/// One object with its fields, in the order of its describe.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) kind: ObjectKind,
    pub(crate) fields: Vec<Field>,
    by_name: BTreeMap<String, usize>,
}

impl Object {
    fn new(kind: ObjectKind, fields: Vec<Field>) -> Self {
        let by_name = fields
            .iter()
            .enumerate()
            .map(|(place, field)| (field.name.to_ascii_lowercase(), place))
            .collect();
        Self { kind, fields, by_name }
    }

    /// The field of that name, in any case.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.by_name.get(&name.to_ascii_lowercase()).map(|&place| &self.fields[place])
    }

    /// The field of that name if clients see it.
    pub(crate) fn visible_field(&self, name: &str) -> Option<&Field> {
        self.field(name).filter(|field| field.visible)
    }

    /// The reference field behind a relationship's name, in any case, if clients see it.
    pub(crate) fn parent(&self, relationship: &str) -> Option<&Field> {
        self.fields.iter().filter(|field| field.visible).find(|field| {
            field.relationship.is_some_and(|name| name.eq_ignore_ascii_case(relationship))
        })
    }

    /// The child relationship of that name, in any case.
    pub(crate) fn children(&self, relationship: &str) -> Option<ChildRelationship> {
        self.child_relationships()
            .iter()
            .find(|child| child.name.eq_ignore_ascii_case(relationship))
            .copied()
    }

    pub(crate) const fn child_relationships(&self) -> &'static [ChildRelationship] {
        match self.kind {
            ObjectKind::Account => &[
                ChildRelationship {
                    name: "ChildAccounts",
                    child: ObjectKind::Account,
                    field: "ParentId",
                },
                ChildRelationship {
                    name: "Contacts",
                    child: ObjectKind::Contact,
                    field: "AccountId",
                },
            ],
            ObjectKind::Contact => &[ChildRelationship {
                name: "ReportsToContacts",
                child: ObjectKind::Contact,
                field: "ReportsToId",
            }],
            ObjectKind::User => &[],
        }
    }

    /// The columns of the object's table with their types, for `CREATE TABLE`.
    pub(crate) fn column_definitions(&self) -> Vec<String> {
        self.fields.iter().filter_map(Field::column_definition).collect()
    }
}

/// All objects of the org.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    objects: [Object; 3],
}

impl Schema {
    /// The standard objects, with no custom field yet.
    pub(crate) fn standard() -> Self {
        Self { objects: ObjectKind::ALL.map(|kind| Object::new(kind, fields::standard(kind))) }
    }

    pub(crate) fn object(&self, kind: ObjectKind) -> &Object {
        &self.objects[kind as usize]
    }

    pub(crate) fn add_field(&mut self, kind: ObjectKind, field: Field) {
        let object = &mut self.objects[kind as usize];
        object.by_name.insert(field.name.to_ascii_lowercase(), object.fields.len());
        object.fields.push(field);
    }

    /// Changes what an administrator can change about a field.
    pub(super) fn change_field(&mut self, kind: ObjectKind, name: &str, settings: &FieldSettings) {
        let object = &mut self.objects[kind as usize];
        let Some(&place) = object.by_name.get(&name.to_ascii_lowercase()) else { return };
        let field = &mut object.fields[place];
        field.visible = settings.visible.unwrap_or(field.visible);
        if let Some(values) = &settings.picklist {
            field.own_picklist = Some(values.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_given_back_as_salesforce_spells_them() {
        let schema = Schema::standard();
        let account = schema.object(ObjectKind::named("ACCOUNT").unwrap());

        assert_eq!(account.field("billingSTREET").unwrap().name, "BillingStreet");
        assert_eq!(account.parent("owner").unwrap().name, "OwnerId");
        assert_eq!(account.children("contacts").unwrap().child, ObjectKind::Contact);
        assert!(account.field("Nonsense").is_none());
    }

    #[test]
    fn an_address_has_no_column_of_its_own() {
        let schema = Schema::standard();
        let account = schema.object(ObjectKind::Account);

        assert_eq!(account.field("BillingAddress").unwrap().column(), None);
        assert_eq!(
            account.field("BillingCity").unwrap().column().as_deref(),
            Some("\"BillingCity\"")
        );
    }
}

//! The answers, decoded as they are walked through.
//!
//! What is odd about them is met here: a selected `Id` comes twice, a field without value is an empty element marked
//! nil, a missing parent looks like a field without value, compound fields and parents nest.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::xml::{Tag, Xml, XmlError, told};
use super::{Fault, ReplyError};
use crate::domain::agreement::SourceFieldInfo;
use crate::domain::fields::SourceField;
use crate::domain::ids::{NotAnId, SalesforceId};
use crate::domain::model::{Account, Deletion, PersonName, SourceContact, SourceValues};

/// No page of a query has more records, whatever was asked for.
const MOST_RECORDS: usize = 2_000;

/// No object has more fields that a user can see.
const MOST_FIELDS: usize = 10_000;

/// The most values of a picklist; Salesforce allows 1,000 that are active.
const MOST_CHOICES: usize = 10_000;

/// Enters the result of an answer, or reads the fault that came instead.
pub(crate) fn result(text: &str) -> Result<Xml<'_>, ReplyError> {
    let (mut xml, first) = Xml::envelope(text)?;
    if first.name() == "Fault" {
        return Err(ReplyError::Fault(Fault::read(&mut xml)?));
    }
    match xml.child(&mut String::new())? {
        Some(tag) if tag.name() == "result" => Ok(xml),
        _ => Err(xml.malformed("there is no result").into()),
    }
}

/// What login answers, as far as the importer needs it.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginResult {
    /// Where the session's calls go.
    pub server_url: String,
    /// What proves them.
    pub session_id: String,
    /// Whose records they read.
    pub organization: SalesforceId,
    /// Whether the user has to set a new password first.
    pub password_expired: bool,
}

impl fmt::Debug for LoginResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginResult")
            .field("server_url", &self.server_url)
            .field("organization", &self.organization)
            .field("password_expired", &self.password_expired)
            .finish_non_exhaustive()
    }
}

/// Reads the answer to login.
pub fn login(text: &str) -> Result<LoginResult, ReplyError> {
    let mut xml = result(text)?;
    let (mut server_url, mut session_id, mut organization) = (None, None, None);
    let mut password_expired = false;
    let blank = &mut String::new();
    while let Some(part) = xml.child(blank)? {
        match part.name() {
            "serverUrl" => server_url = Some(xml.text()?),
            "sessionId" => session_id = Some(xml.text()?),
            "passwordExpired" => password_expired = xml.text()? == "true",
            "userInfo" => organization = organization_id(&mut xml)?,
            _ => xml.skip()?,
        }
    }
    match (server_url, session_id, organization) {
        (Some(server_url), Some(session_id), Some(organization)) => {
            Ok(LoginResult { server_url, session_id, organization, password_expired })
        }
        _ => Err(xml.malformed("serverUrl, sessionId or organizationId is missing").into()),
    }
}

/// Reads the answer to getUserInfo: the user's organization.
pub(crate) fn user_info(text: &str) -> Result<SalesforceId, ReplyError> {
    let mut xml = result(text)?;
    organization_id(&mut xml)?.ok_or_else(|| xml.malformed("organizationId is missing").into())
}

/// The organization in the description of a user that has been entered.
fn organization_id(xml: &mut Xml<'_>) -> Result<Option<SalesforceId>, XmlError> {
    let mut organization = None;
    let blank = &mut String::new();
    while let Some(field) = xml.child(blank)? {
        match field.name() {
            "organizationId" => organization = Some(id(&xml.text()?, xml)?),
            _ => xml.skip()?,
        }
    }
    Ok(organization)
}

/// Reads the answer to getServerTimestamp.
pub fn server_time(text: &str) -> Result<Timestamp, ReplyError> {
    let mut xml = result(text)?;
    let blank = &mut String::new();
    while let Some(part) = xml.child(blank)? {
        if part.name() == "timestamp" {
            let text = xml.text()?;
            return moment(&text, &xml).map_err(Into::into);
        }
        xml.skip()?;
    }
    Err(xml.malformed("timestamp is missing").into())
}

/// Reads the answer to describeSObject: the fields the user can see, by their names.
pub fn described_fields(text: &str) -> Result<BTreeMap<String, SourceFieldInfo>, ReplyError> {
    let mut xml = result(text)?;
    let mut fields = BTreeMap::new();
    let blank = &mut String::new();
    while let Some(part) = xml.child(blank)? {
        if part.name() != "fields" {
            xml.skip()?;
            continue;
        }
        let (name, info) = described_field(&mut xml)?;
        if fields.len() == MOST_FIELDS {
            let what = format!("an object of more than {MOST_FIELDS} fields");
            return Err(xml.out_of_bounds(what).into());
        }
        if let Some(name) = name {
            fields.insert(name, info);
        }
    }
    Ok(fields)
}

fn described_field(xml: &mut Xml<'_>) -> Result<(Option<String>, SourceFieldInfo), ReplyError> {
    let mut info = SourceFieldInfo::default();
    let mut name = None;
    let blank = &mut String::new();
    while let Some(property) = xml.child(blank)? {
        blank.clear();
        match property.name() {
            "name" => name = Some(xml.text()?),
            // What is no text has the length 0.
            "length" => info.length = xml.text()?.trim().parse().ok().filter(|length| *length > 0),
            "picklistValues" if info.picklist.len() == MOST_CHOICES => {
                let what = format!("a picklist of more than {MOST_CHOICES} values");
                return Err(xml.out_of_bounds(what).into());
            }
            "picklistValues" => info.picklist.extend(active_choice(xml)?),
            _ => xml.skip()?,
        }
    }
    Ok((name, info))
}

/// A value of a picklist, as records hold it, if it can still be chosen.
fn active_choice(xml: &mut Xml<'_>) -> Result<Option<String>, ReplyError> {
    let (mut is_active, mut value) = (true, None);
    let blank = &mut String::new();
    while let Some(property) = xml.child(blank)? {
        blank.clear();
        match property.name() {
            "active" => is_active = xml.text()? != "false",
            "value" => value = Some(xml.text()?),
            _ => xml.skip()?,
        }
    }
    Ok(value.filter(|_| is_active))
}

/// A record that can be read from its fields as they come.
pub trait Record: Sized {
    /// What is known of a record before it is complete.
    type Parts: Default;

    /// What a field is.
    type Column;

    /// Finds out what the field of a name is.
    fn column(name: &str) -> Self::Column;

    /// Takes a field's value.
    fn field(parts: &mut Self::Parts, column: &Self::Column, value: &str) -> Result<(), String>;

    /// Takes a value of a parent record or compound field.
    fn nested(
        _parts: &mut Self::Parts,
        _parent: &str,
        _name: &str,
        _value: &str,
    ) -> Result<(), String> {
        Ok(())
    }

    /// Makes the record of its parts.
    fn complete(parts: Self::Parts) -> Result<Self, String>;
}

/// One page of a query's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryResult<T> {
    /// The page's records.
    pub records: Vec<T>,
    /// Where the next page is, unless this is the last.
    pub locator: Option<String>,
    /// How many records the whole query finds.
    pub size: u64,
}

/// Reads the answer to query, queryMore or queryAll.
pub fn query_result<T: Record>(text: &str) -> Result<QueryResult<T>, ReplyError> {
    let mut xml = result(text)?;
    let (mut done, mut locator, mut size) = (None, None, None);
    let mut records = Vec::new();
    let buffers = &mut Buffers::default();
    let columns = &mut Columns::default();
    let blank = &mut String::new();
    while let Some(part) = xml.child(blank)? {
        blank.clear();
        match part.name() {
            // Old versions answer a nil record where there is none.
            "records" if part.is_nil() => xml.skip()?,
            "records" if records.len() == MOST_RECORDS => {
                let what = format!("a page of more than {MOST_RECORDS} records");
                return Err(xml.out_of_bounds(what).into());
            }
            "records" => records.push(record(&mut xml, columns, buffers)?),
            "done" => done = Some(xml.text()? == "true"),
            "queryLocator" if !part.is_nil() => locator = Some(xml.text()?),
            "size" => size = xml.text()?.trim().parse().ok(),
            _ => xml.skip()?,
        }
    }
    let (Some(done), Some(size)) = (done, size) else {
        return Err(xml.malformed("done or size is missing").into());
    };
    if !done && locator.is_none() {
        return Err(xml.malformed("there are more records and no locator to them").into());
    }
    Ok(QueryResult { records, locator: locator.filter(|_| !done), size })
}

/// Texts that are filled again for each field.
#[derive(Default)]
struct Buffers {
    field: String,
    nested: String,
}

/// What the fields are by their places: the records of a query have the same ones, in the same order, so that a name is
/// looked up once for a page and not for each record.
struct Columns<C>(Vec<(String, C)>);

impl<C> Default for Columns<C> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<C> Columns<C> {
    /// The field that begins with a tag, which is at this place of its record.
    fn at(&mut self, place: usize, tag: &Tag<'_>, look_up: impl FnOnce(&str) -> C) -> &C {
        let name = tag.name_as_written();
        let is_known = self.0.get(place).is_some_and(|(known, _)| known == name);
        let place = place.min(self.0.len());
        if !is_known {
            self.0.truncate(place);
            self.0.push((name.to_owned(), look_up(tag.name())));
        }
        &self.0[place].1
    }
}

fn record<T: Record>(
    xml: &mut Xml<'_>,
    columns: &mut Columns<T::Column>,
    buffers: &mut Buffers,
) -> Result<T, XmlError> {
    let mut parts = T::Parts::default();
    let mut place = 0;
    while let Some(tag) = xml.child(&mut buffers.field)? {
        buffers.field.clear();
        if place == MOST_FIELDS {
            return Err(xml.out_of_bounds(format!("a record of more than {MOST_FIELDS} fields")));
        }
        let column = columns.at(place, &tag, T::column);
        place += 1;
        if tag.is_nil() {
            xml.skip()?;
            continue;
        }
        match xml.child(&mut buffers.field)? {
            None => T::field(&mut parts, column, &buffers.field)
                .map_err(|problem| xml.malformed(problem))?,
            Some(first) => nested::<T>(xml, &tag, first, &mut parts, &mut buffers.nested)?,
        }
        buffers.field.clear();
    }
    T::complete(parts).map_err(|problem| xml.malformed(problem))
}

/// Reads the children of a field that has some, the first of them entered already.
fn nested<T: Record>(
    xml: &mut Xml<'_>,
    parent: &Tag<'_>,
    first: Tag<'_>,
    parts: &mut T::Parts,
    text: &mut String,
) -> Result<(), XmlError> {
    let mut child = Some(first);
    while let Some(tag) = child {
        text.clear();
        if tag.is_nil() {
            xml.skip()?;
        } else if xml.child(text)?.is_some() {
            // Deeper levels are not asked for.
            xml.skip()?;
            xml.skip()?;
        } else {
            T::nested(parts, parent.name(), tag.name(), text)
                .map_err(|problem| xml.malformed(problem))?;
        }
        child = xml.child(text)?;
    }
    Ok(())
}

fn id(text: &str, xml: &Xml<'_>) -> Result<SalesforceId, XmlError> {
    read_id(text.trim()).map_err(|problem| xml.malformed(problem))
}

fn moment(text: &str, xml: &Xml<'_>) -> Result<Timestamp, XmlError> {
    read_moment(text.trim()).map_err(|problem| xml.malformed(problem))
}

/// Reads an id, or says what was there instead, shortened.
fn read_id(text: &str) -> Result<SalesforceId, String> {
    text.parse().map_err(|NotAnId(text)| NotAnId(told(&text)).to_string())
}

/// Reads a moment, or says what was there instead, shortened.
fn read_moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| format!("{:?} is no date and time", told(text)))
}

/// What accounts and contacts have in common.
#[derive(Debug, Default)]
pub struct Parts {
    id: Option<SalesforceId>,
    system_modstamp: Option<Timestamp>,
    is_deleted: bool,
    merged_into: Option<SalesforceId>,
    account: Option<SalesforceId>,
    owner: PersonName,
    values: SourceValues,
}

/// What a field of an account or contact is.
pub enum Column {
    /// The record's id.
    Id,
    /// When it last changed.
    SystemModstamp,
    /// The account a contact belongs to.
    AccountId,
    /// Whether it is deleted.
    IsDeleted,
    /// The record it was merged into.
    MasterRecordId,
    /// A value that is imported.
    Value(SourceField),
    /// Nothing an import needs.
    Other,
}

impl Column {
    fn named(name: &str) -> Self {
        match name {
            "Id" => Self::Id,
            "SystemModstamp" => Self::SystemModstamp,
            // The object's name, which every record begins with; the field of that name is spelled "Type".
            "type" => Self::Other,
            "AccountId" => Self::AccountId,
            "IsDeleted" => Self::IsDeleted,
            "MasterRecordId" => Self::MasterRecordId,
            _ => SourceField::from_api_name(name).map_or(Self::Other, Self::Value),
        }
    }
}

impl Parts {
    fn take(&mut self, column: &Column, value: &str) -> Result<(), String> {
        match column {
            Column::Id => self.id = Some(read_id(value)?),
            Column::SystemModstamp => self.system_modstamp = Some(read_moment(value)?),
            Column::AccountId => self.account = Some(read_id(value)?),
            Column::IsDeleted => self.is_deleted = value == "true",
            Column::MasterRecordId => self.merged_into = Some(read_id(value)?),
            Column::Value(field) => self.values.set(*field, value),
            Column::Other => {}
        }
        Ok(())
    }

    fn deletion(&self) -> Option<Deletion> {
        self.is_deleted.then_some(Deletion { merged_into: self.merged_into })
    }

    fn required<T>(part: Option<T>, name: &str) -> Result<T, String> {
        part.ok_or_else(|| format!("a record has no {name}"))
    }
}

impl Record for Account {
    type Parts = Parts;
    type Column = Column;

    fn column(name: &str) -> Column {
        Column::named(name)
    }

    fn field(parts: &mut Parts, column: &Column, value: &str) -> Result<(), String> {
        parts.take(column, value)
    }

    fn nested(parts: &mut Parts, parent: &str, name: &str, value: &str) -> Result<(), String> {
        match (parent, name) {
            ("Owner", "FirstName") => parts.owner.first = Some(value.to_owned()),
            ("Owner", "LastName") => parts.owner.last = Some(value.to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn complete(parts: Parts) -> Result<Self, String> {
        let parent = match parts.values.get(SourceField::ParentId) {
            Some(text) => Some(read_id(text).map_err(|problem| format!("ParentId: {problem}"))?),
            None => None,
        };
        Ok(Self {
            deleted: parts.deletion(),
            id: Parts::required(parts.id, "Id")?,
            system_modstamp: Parts::required(parts.system_modstamp, "SystemModstamp")?,
            owner: parts.owner,
            parent,
            values: parts.values,
        })
    }
}

impl Record for SourceContact {
    type Parts = Parts;
    type Column = Column;

    fn column(name: &str) -> Column {
        Column::named(name)
    }

    fn field(parts: &mut Parts, column: &Column, value: &str) -> Result<(), String> {
        parts.take(column, value)
    }

    fn complete(parts: Parts) -> Result<Self, String> {
        Ok(Self {
            deleted: parts.deletion(),
            id: Parts::required(parts.id, "Id")?,
            system_modstamp: Parts::required(parts.system_modstamp, "SystemModstamp")?,
            account: parts.account,
            values: parts.values,
        })
    }
}

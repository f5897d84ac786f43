//! Why a request is refused, in the vendor's words and with its status.
//!
//! Every wording stands here once. Wordings that no public source shows are marked "chosen"; clients must not rely
//! on them, and `docs/mock-autotask.md` lists them.

use http::Method;

/// One message of an `errors` array.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Complaint {
    /// A create or a PUT leaves out a required field.
    #[error("Missing Required Field: {0}. ; on record number [1]")]
    MissingField(&'static str),
    /// A required field is given, but empty.
    #[error("Value does not exist for the required field {0}")]
    EmptyField(&'static str),
    /// A text is longer than its field.
    #[error("String value exceeds maximum length (field:{0}). ")]
    TooLong(String),
    /// The second message that follows some validation failures of an update.
    #[error("Error updating entity for record number [1].")]
    NotUpdated,
    /// The same for a create (chosen).
    #[error("Error creating entity for record number [1].")]
    NotCreated,
    /// A picklist field is given a value that is not in its list, or retired.
    #[error("Picklist value [{value}] does not exist for {field}. ; on record number [1].")]
    NoSuchPicklistValue {
        /// The field.
        field: String,
        /// What was sent.
        value: String,
    },
    /// A reference points at nothing, or at something that may not be used.
    #[error("Reference value on field: {field} of type: {entity} does not exist or is invalid.")]
    BadReference {
        /// The field.
        field: &'static str,
        /// The entity pointed at.
        entity: &'static str,
    },
    /// A read-only field is to be changed (chosen).
    #[error("Data violation: The field {0} is read-only and cannot be changed.")]
    ReadOnly(&'static str),
    /// A value is of the wrong JSON type (wording of the vendor's JSON reader).
    #[error("Error reading {wanted}. Unexpected token: {found}. Path '{field}'.")]
    WrongToken {
        /// The field.
        field: String,
        /// The type the field has.
        wanted: &'static str,
        /// The JSON token that was found.
        found: &'static str,
    },
    /// A text cannot be read as the field's type (wording of the vendor's JSON reader).
    #[error("Could not convert string to {wanted}: {text}. Path '{field}'.")]
    NotConvertible {
        /// The field.
        field: String,
        /// The type the field has.
        wanted: &'static str,
        /// The text that was sent, shortened.
        text: String,
    },
    /// A number does not fit the field's type (wording of the vendor's JSON reader).
    #[error("JSON number {number} is too large or small for {wanted}. Path '{field}'.")]
    OutOfRange {
        /// The field.
        field: String,
        /// The type the field has.
        wanted: &'static str,
        /// The number that was sent.
        number: String,
    },
    /// The body is no JSON object (wording of the vendor's JSON reader, in part).
    #[error("The request body could not be read: {0}")]
    UnreadableBody(String),
    /// A write has no body.
    #[error("Value cannot be null.\r\nParameter name: entity")]
    NoBody,
    /// A query has no filter.
    #[error("Value cannot be null.\r\nParameter name: filters")]
    NoFilters,
    /// A filter or a write names a field the entity lacks.
    #[error("Unable to find {field} in the {entity} Entity")]
    UnknownField {
        /// What was sent, shortened.
        field: String,
        /// The entity.
        entity: &'static str,
    },
    /// A filter names a field that cannot be queried (chosen).
    #[error("The field {field} of the {entity} Entity cannot be queried.")]
    NotQueryable {
        /// The field.
        field: String,
        /// The entity.
        entity: &'static str,
    },
    /// Too many alternatives.
    #[error("Invalid query syntax. Queries are limited to 500 or fewer 'OR' conditions.")]
    TooManyAlternatives,
    /// More than one condition on user-defined fields.
    #[error("You can only query by one user-defined field at a time.")]
    TwoUserDefinedFields,
    /// A boolean field is compared with something else (chosen).
    #[error("Invalid query syntax. The field {0} takes only true or false.")]
    NotABoolean(String),
    /// The database cannot compare the value with the field.
    #[error("Conversion failed when converting the nvarchar value '{text}' to data type {wanted}.")]
    ConversionFailed {
        /// What was sent, shortened.
        text: String,
        /// The database's type.
        wanted: &'static str,
    },
    /// The query is malformed in another way (chosen).
    #[error("Invalid query syntax. {0}")]
    BadQuery(String),
    /// `MaxRecords` is out of range (chosen).
    #[error("Invalid query syntax. MaxRecords must be between 1 and 500.")]
    BadMaxRecords,
    /// A record to be changed or deleted is not there.
    #[error(
        "No message. No matching records found. The logged in Resource may not have the required permissions to {0} the data."
    )]
    NoMatchingRecord(&'static str),
    /// A record to be deleted is referred to (chosen).
    #[error("Data violation: The {0} is referenced by other records and cannot be deleted.")]
    StillReferenced(&'static str),
    /// The name of a new record is taken.
    #[error("A {entity} already exists with Name [{name}]. {entity} names must be unique.")]
    NameTaken {
        /// The entity.
        entity: &'static str,
        /// The name.
        name: String,
    },
    /// A rule that spans fields is broken (chosen, after the vendor's form).
    #[error("Data violation: {0}")]
    Violation(String),
    /// The user may not do this.
    #[error(
        "The logged in Resource does not have the adequate permissions to {0} this entity type."
    )]
    NotPermitted(&'static str),
    /// A user name or an integration code is wrong (chosen; a report of 2023 gives the status alone).
    #[error("The user name or the integration code is invalid.")]
    WrongNames,
    /// The resource to be impersonated is not there, or may not be (chosen).
    #[error("The ImpersonationResourceId {0} is not a resource that can be impersonated.")]
    NoImpersonation(String),
    /// The zone of a user is asked for, who is not known.
    #[error("Zone information could not be determined")]
    NoZone,
    /// Too many calls at once on one endpoint.
    #[error(
        "Itgenatr005: The {endpoint} thread threshold of {most} threads has been exceeded for this tracking identifier."
    )]
    TooManyThreads {
        /// The endpoint.
        endpoint: &'static str,
        /// The calls it takes at once.
        most: u32,
    },
    /// The hour's requests are used up (chosen).
    #[error("The external request threshold of {0} requests per 60 minutes has been exceeded.")]
    TooManyRequests(u32),
    /// The server failed for a reason of its own.
    #[error(
        "An unexpected error has occurred.  If the problem persists, please contact Autotask Support and reference Error ID: {0}"
    )]
    Unexpected(u32),
}

/// A refused request.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// 500 with an `errors` array.
    #[error("{}", joined(.0))]
    Complaints(Vec<Complaint>),
    /// 429 with an `errors` array.
    #[error("{0}")]
    Throttled(Complaint),
    /// 401 with an empty body.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// What a fault set on purpose says, with its status.
    #[error("{}", .1.join(" | "))]
    OnPurpose(u16, Vec<String>),
    /// 404 with `{"item":null}`, where the settings ask for it.
    #[error("there is no such item")]
    NoItem,
    /// 404 with the web server's own page: there is no such route.
    #[error("there is no such route")]
    NoRoute,
    /// 405: the route exists, but not for this method.
    #[error("the route does not support {0}")]
    WrongMethod(Method),
    /// 413: the body is larger than the server takes.
    #[error("the body is too large")]
    TooLarge,
    /// The request's body did not arrive in full.
    #[error("the body did not arrive: {0}")]
    BrokenBody(String),
    /// The database did not keep what was written.
    #[error("the database failed: {0}")]
    NotCommitted(String),
    /// The database failed.
    #[error("the database failed")]
    Storage(#[from] rusqlite::Error),
}

impl From<Complaint> for Refusal {
    fn from(complaint: Complaint) -> Self {
        Self::Complaints(vec![complaint])
    }
}

fn joined(complaints: &[Complaint]) -> String {
    complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
}

/// A client's text as it may stand in a message: cut to a length no reader minds.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 200;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).collect() }
}

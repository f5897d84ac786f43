//! The tables, made from the entities' field lists.
//!
//! Identifiers in SQL come from those lists alone; whatever a client sends travels as a parameter.

use std::fmt::Write;
use std::sync::LazyLock;

use rusqlite::Connection;

use super::collation::COLLATION;
use crate::entities::{Definition, Entity, Kind};

/// The statements of one entity, written once.
pub(crate) struct Statements {
    /// Inserts a record with all columns.
    pub(crate) insert: String,
    /// Reads a record by id.
    pub(crate) select: String,
    /// Whether a record is there.
    pub(crate) exists: String,
    /// Deletes a record by id.
    pub(crate) delete: String,
    /// The fields' places in the order answers give them: id first, then by name.
    pub(crate) answer_order: Vec<usize>,
}

static STATEMENTS: LazyLock<[Statements; Entity::ALL.len()]> =
    LazyLock::new(|| Entity::ALL.map(|entity| statements(entity.definition())));

/// The statements of an entity.
pub(crate) fn of(entity: Entity) -> &'static Statements {
    &STATEMENTS[entity as usize]
}

/// A number that stands for the entity in tables that hold several.
pub(crate) fn code(entity: Entity) -> i64 {
    entity as i64
}

fn statements(definition: &Definition) -> Statements {
    let table = definition.path;
    let names: Vec<String> =
        definition.fields.iter().map(|field| format!("\"{}\"", field.name)).collect();
    let places = |count: usize| vec!["?"; count].join(",");
    let columns = names.join(",");
    let mut answer_order: Vec<usize> = (0..definition.fields.len()).collect();
    answer_order
        .sort_by_key(|&place| (place != 0, definition.fields[place].name.to_ascii_lowercase()));
    Statements {
        insert: format!("INSERT INTO \"{table}\" ({columns}) VALUES ({})", places(names.len())),
        select: format!("SELECT {columns} FROM \"{table}\" WHERE \"id\" = ?"),
        exists: format!("SELECT 1 FROM \"{table}\" WHERE \"id\" = ?"),
        delete: format!("DELETE FROM \"{table}\" WHERE \"id\" = ?"),
        answer_order,
    }
}

/// Names the layout of the tables; a file with another one is not opened.
const VERSION: i64 = 1;

/// Marks a file as one of this mock's ("MATK").
const APPLICATION: i64 = 0x4d41_544b;

/// Whether a database was made by this version of the mock.
pub(crate) fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let number = |pragma: &str| connection.query_row(pragma, (), |row| row.get::<_, i64>(0));
    Ok(number("PRAGMA application_id")? == APPLICATION && number("PRAGMA user_version")? == VERSION)
}

/// Drops all tables.
pub(crate) fn drop_all(connection: &Connection) -> rusqlite::Result<()> {
    let mut sql = String::new();
    let tables = Entity::ALL.map(|entity| entity.definition().path);
    for table in tables.iter().chain(&["udf_value", "picklist_value", "history"]) {
        write!(sql, "DROP TABLE \"{table}\";").expect("a String takes all that is written");
    }
    connection.execute_batch(&sql)
}

/// Makes all tables in a new database.
pub(crate) fn create(connection: &Connection) -> rusqlite::Result<()> {
    let mut sql = String::new();
    for entity in Entity::ALL {
        let definition = entity.definition();
        let mut columns = String::new();
        for field in &definition.fields[1..] {
            let affinity = match field.kind {
                Kind::Text(_) => format!("TEXT COLLATE {COLLATION}"),
                Kind::Double => "REAL".to_owned(),
                _ => "INTEGER".to_owned(),
            };
            write!(columns, ", \"{}\" {affinity}", field.name)
                .expect("a String takes all that is written");
        }
        let table = definition.path;
        write!(sql, "CREATE TABLE \"{table}\" (\"id\" INTEGER PRIMARY KEY{columns});")
            .expect("a String takes all that is written");
    }
    sql.push_str(FURTHER_TABLES);
    write!(sql, "PRAGMA user_version = {VERSION}; PRAGMA application_id = {APPLICATION};")
        .expect("a String takes all that is written");
    connection.execute_batch(&sql)?;
    create_indexes(connection)
}

const FURTHER_TABLES: &str = "
CREATE TABLE udf_value (
    entity INTEGER NOT NULL,
    record INTEGER NOT NULL,
    definition INTEGER NOT NULL,
    value TEXT NOT NULL COLLATE AUTOTASK,
    PRIMARY KEY (entity, record, definition)
) WITHOUT ROWID;
CREATE TABLE picklist_value (
    entity INTEGER NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    label TEXT NOT NULL,
    sort_order INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    is_system INTEGER NOT NULL,
    PRIMARY KEY (entity, field, value)
) WITHOUT ROWID;
CREATE TABLE history (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    author INTEGER NOT NULL,
    entity INTEGER NOT NULL,
    record INTEGER NOT NULL,
    action TEXT NOT NULL,
    name TEXT NOT NULL COLLATE AUTOTASK,
    changes TEXT
);
";

/// The indexes whose keys come in any order, so that filling a table first and making them afterwards is faster.
const INDEXES: [(&str, &str); 7] = [
    ("company_by_name", "\"Companies\" (\"companyName\")"),
    (
        "company_by_parent",
        "\"Companies\" (\"parentCompanyID\") WHERE \"parentCompanyID\" IS NOT NULL",
    ),
    ("company_by_change", "\"Companies\" (\"lastTrackedModifiedDateTime\")"),
    ("contact_by_company", "\"Contacts\" (\"companyID\")"),
    ("contact_by_change", "\"Contacts\" (\"lastModifiedDate\")"),
    ("location_by_company", "\"CompanyLocations\" (\"companyID\")"),
    ("udf_value_by_definition", "udf_value (definition, value)"),
];

/// Makes the indexes that are not there.
pub(crate) fn create_indexes(connection: &Connection) -> rusqlite::Result<()> {
    for (name, columns) in INDEXES {
        connection.execute_batch(&format!("CREATE INDEX IF NOT EXISTS {name} ON {columns}"))?;
    }
    Ok(())
}

/// Drops the indexes, to be made anew once many records are there.
pub(crate) fn drop_indexes(connection: &Connection) -> rusqlite::Result<()> {
    for (name, _) in INDEXES {
        connection.execute_batch(&format!("DROP INDEX IF EXISTS {name}"))?;
    }
    Ok(())
}

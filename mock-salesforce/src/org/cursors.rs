//! Runs planned queries, and keeps the cursors of those that need more than one page.
//!
//! A cursor is the list of the records' numbers and the change of the org they were found at. Its pages show the org
//! as it was then, whatever has happened since; it lives for two days on the mock's clock.

use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{OptionalExtension, Row, Statement as Prepared, ToSql, params};

use super::schema::ObjectKind;
use super::store::Store;
use crate::soql::sql::{ChildQuery, Fetch, Param, Statement};

/// How long a cursor can be used.
const LIFE_TIME: SignedDuration = SignedDuration::from_hours(48);

/// Numbers kept together in one row.
const CHUNK: usize = 10_000;

/// A query's cursor, as it is asked for by a locator.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub(crate) owner: i64,
    pub(crate) size: i64,
    pub(crate) deleted: bool,
    pub(crate) query: String,
    pub(crate) made: Timestamp,
    snapshot: i64,
}

impl Cursor {
    /// Whether its two days are over.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        now.duration_since(self.made) >= LIFE_TIME
    }
}

/// What a query found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The numbers of the first page's records.
    pub(crate) first_page: Vec<i64>,
    /// How many records there are in all.
    pub(crate) size: i64,
    /// The cursor for the rest, if there is a rest.
    pub(crate) cursor: Option<i64>,
}

/// What a new cursor remembers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CursorOrigin<'q> {
    pub(crate) owner: i64,
    pub(crate) now: Timestamp,
    pub(crate) deleted: bool,
    pub(crate) query: &'q str,
}

impl ToSql for Param {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::One(value) => value.to_sql(),
            Self::List(_) => {
                Err(rusqlite::Error::ToSqlConversionFailure("a list is bound as an array".into()))
            }
        }
    }
}

fn bind(statement: &mut Prepared<'_>, first: usize, params: &[Param]) -> rusqlite::Result<()> {
    for (place, param) in (first..).zip(params) {
        match param {
            Param::List(values) => statement.raw_bind_parameter(place, Rc::new(values.clone()))?,
            one @ Param::One(_) => statement.raw_bind_parameter(place, one)?,
        }
    }
    Ok(())
}

impl Store {
    /// Runs a counting statement.
    pub(crate) fn count(&self, statement: &Statement) -> rusqlite::Result<i64> {
        let mut prepared = self.connection.prepare(&statement.sql)?;
        bind(&mut prepared, 1, &statement.params)?;
        let mut rows = prepared.raw_query();
        rows.next()?.map_or(Ok(0), |row| row.get(0))
    }

    /// Runs a statement that finds records; keeps a cursor if there are more than `batch` of them.
    pub(crate) fn find(
        &self,
        statement: &Statement,
        batch: usize,
        origin: CursorOrigin<'_>,
    ) -> rusqlite::Result<Found> {
        self.atomically(|| {
            let mut prepared = self.connection.prepare(&statement.sql)?;
            bind(&mut prepared, 1, &statement.params)?;
            let mut rows = prepared.raw_query();
            let (mut first_page, mut chunk, mut size, mut cursor) =
                (Vec::new(), Vec::new(), 0_i64, None);
            while let Some(row) = rows.next()? {
                let number: i64 = row.get(0)?;
                if first_page.len() < batch {
                    first_page.push(number);
                }
                size += 1;
                chunk.extend_from_slice(&number.to_le_bytes());
                if chunk.len() == CHUNK * size_of::<i64>() {
                    self.keep_chunk(&mut cursor, size, &mut chunk, origin)?;
                }
            }
            if first_page.len() < usize::try_from(size).unwrap_or(usize::MAX) {
                if !chunk.is_empty() {
                    self.keep_chunk(&mut cursor, size, &mut chunk, origin)?;
                }
                self.connection.execute(
                    "UPDATE query_cursor SET size = ?2 WHERE cursor = ?1",
                    params![cursor, size],
                )?;
            }
            Ok(Found { first_page, size, cursor })
        })
    }

    fn keep_chunk(
        &self,
        cursor: &mut Option<i64>,
        size: i64,
        chunk: &mut Vec<u8>,
        origin: CursorOrigin<'_>,
    ) -> rusqlite::Result<()> {
        let cursor = match *cursor {
            Some(cursor) => cursor,
            None => *cursor.insert(self.new_cursor(origin)?),
        };
        let place = (size - 1) / i64::try_from(CHUNK).expect("a small number");
        self.connection
            .prepare_cached(
                "INSERT INTO query_cursor_chunk (cursor, chunk, numbers) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![cursor, place, &chunk[..]])?;
        chunk.clear();
        Ok(())
    }

    fn new_cursor(&self, origin: CursorOrigin<'_>) -> rusqlite::Result<i64> {
        self.forget_expired_cursors(origin.now)?;
        let snapshot = self.latest_change()?;
        self.connection.execute(
            "INSERT INTO query_cursor (owner, made, snapshot, size, deleted, query) VALUES (?1, ?2, ?3, 0, ?4, ?5)",
            params![origin.owner, origin.now.as_millisecond(), snapshot, origin.deleted, origin.query],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Drops cursors that have expired, and the old versions of rows that no cursor needs any more.
    fn forget_expired_cursors(&self, now: Timestamp) -> rusqlite::Result<()> {
        let oldest = now.saturating_sub(LIFE_TIME).map_or(i64::MIN, Timestamp::as_millisecond);
        self.connection.execute("DELETE FROM query_cursor WHERE made <= ?1", [oldest])?;
        for object in ObjectKind::ALL {
            let sql = format!(
                "DELETE FROM \"{}_was\" WHERE until <= (SELECT coalesce(min(snapshot), ?1) FROM query_cursor)",
                object.name()
            );
            self.connection.execute(&sql, [i64::MAX])?;
        }
        Ok(())
    }

    /// The cursor of that number.
    pub(crate) fn cursor(&self, number: i64) -> rusqlite::Result<Option<Cursor>> {
        self.connection
            .prepare_cached("SELECT owner, size, deleted, query, made, snapshot FROM query_cursor WHERE cursor = ?1")?
            .query_row([number], |row| {
                Ok(Cursor {
                    owner: row.get(0)?,
                    size: row.get(1)?,
                    deleted: row.get(2)?,
                    query: row.get(3)?,
                    made: Timestamp::from_millisecond(row.get(4)?).unwrap_or(Timestamp::MIN),
                    snapshot: row.get(5)?,
                })
            })
            .optional()
    }

    /// The numbers of the records from `offset` on, at most `count`.
    pub(crate) fn cursor_numbers(
        &self,
        cursor: i64,
        offset: i64,
        count: usize,
    ) -> rusqlite::Result<Vec<i64>> {
        let chunk = i64::try_from(CHUNK).expect("a small number");
        let mut statement = self.connection.prepare_cached(
            "SELECT numbers FROM query_cursor_chunk WHERE cursor = ?1 AND chunk >= ?2 ORDER BY chunk",
        )?;
        let mut rows = statement.query(params![cursor, offset / chunk])?;
        let mut skip = usize::try_from(offset % chunk).unwrap_or(0);
        let mut numbers = Vec::with_capacity(count);
        while let Some(row) = rows.next()? {
            let (entries, _) = row.get_ref(0)?.as_blob()?.as_chunks::<8>();
            let wanted = entries.iter().skip(skip).take(count - numbers.len());
            numbers.extend(wanted.map(|entry| i64::from_le_bytes(*entry)));
            skip = 0;
            if numbers.len() == count {
                break;
            }
        }
        Ok(numbers)
    }

    /// Reads records in the order of `numbers`: as `cursor` saw them, or without a cursor as they are now.
    pub(crate) fn read<E: From<rusqlite::Error>>(
        &self,
        fetch: &Fetch,
        numbers: Vec<i64>,
        cursor: Option<&Cursor>,
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let numbers: Rc<Vec<Value>> = Rc::new(numbers.into_iter().map(Value::Integer).collect());
        let changed_since = match cursor {
            Some(cursor) if self.latest_change()? != cursor.snapshot => Some(cursor.snapshot),
            _ => None,
        };
        let sql = if changed_since.is_some() { fetch.sql_as_of() } else { fetch.sql() };
        let mut statement = self.connection.prepare_cached(&sql)?;
        statement.raw_bind_parameter(1, numbers)?;
        if let Some(change) = changed_since {
            statement.raw_bind_parameter(2, change)?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    }

    /// Reads the children of one record, as they are now.
    pub(crate) fn read_children<E: From<rusqlite::Error>>(
        &self,
        query: &ChildQuery,
        parent: i64,
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.connection.prepare_cached(&query.statement.sql)?;
        statement.raw_bind_parameter(1, parent)?;
        bind(&mut statement, 2, &query.statement.params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    }
}

//! Reference lines, measured in the same run, so that figures of different machines can be compared: what the same
//! work costs when hardly anything is done.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use importer::domain::model::Account;
use importer::ports::Clock;
use importer::salesforce::query_result;
use importer::system_clock::SystemClock;
use mock_kit::server::Server;
use mock_salesforce::MockSalesforce;
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use tokio::net::TcpListener;

use super::bare::{self, Bare};
use super::part::seconds;
use super::wiretap::Request;
use crate::nothing::Nothing;
use crate::{ACCOUNT_PAGE, Failure, events, query_answer};

/// How often each side is measured, in turn; the best of them counts, as nothing makes a machine faster than it is.
const ROUNDS: usize = 15;

/// What the same work costs when hardly anything is done.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Reference {
    /// Accounts on the page that is decoded.
    pub(super) accounts: usize,
    /// The importer making accounts of that page.
    pub(super) decode_seconds: f64,
    /// quick-xml reading the same bytes and building nothing.
    pub(super) events_seconds: f64,
    /// Rows of the ledger's links that SQLite stepped through, every column looked at.
    pub(super) rows: u64,
    /// How long it took.
    pub(super) rows_seconds: f64,
    /// The same creates by hyper alone, to a server with nothing behind it.
    pub(super) nothing_behind: Bare,
}

impl Reference {
    pub(super) async fn measure(
        salesforce: &MockSalesforce,
        ledger: &Path,
        (creates, connections): (&[Request], usize),
    ) -> Result<Self, Failure> {
        let page = query_answer(salesforce, ACCOUNT_PAGE).await?;
        let accounts = query_result::<Account>(&page)?.records.len();
        let (mut decode_seconds, mut events_seconds) = (f64::MAX, f64::MAX);
        for _ in 0..ROUNDS {
            events_seconds = events_seconds.min(timed(|| events(&page))?);
            decode_seconds = decode_seconds.min(timed(|| query_result::<Account>(&page))?);
        }
        let (mut rows, mut rows_seconds) = (0, f64::MAX);
        let ledger = Connection::open_with_flags(ledger, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        for _ in 0..3 {
            let began = SystemClock.now();
            rows = step(&ledger)?;
            rows_seconds = rows_seconds.min(seconds(began, SystemClock.now()));
        }
        let server = Server::start(TcpListener::bind("127.0.0.1:0").await?, Arc::new(Nothing))?;
        let url = server.url();
        let address = url.trim_start_matches("http://");
        let nothing_behind = bare::send(address, creates, connections).await?;
        Ok(Self { accounts, decode_seconds, events_seconds, rows, rows_seconds, nothing_behind })
    }
}

fn timed<T, E: Into<Failure>>(work: impl FnOnce() -> Result<T, E>) -> Result<f64, Failure> {
    let began = SystemClock.now();
    black_box(work().map_err(Into::into)?);
    Ok(seconds(began, SystemClock.now()))
}

/// Steps through all links and looks at every value.
fn step(ledger: &Connection) -> Result<u64, Failure> {
    let mut statement = ledger.prepare("SELECT * FROM link")?;
    let columns = statement.column_count();
    let mut rows = statement.query(())?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            black_box(row.get_ref(column)?);
        }
        count += 1;
    }
    Ok(count)
}

//! How fast mock-autotask takes creates and hands out pages, next to an empty server and to SQLite alone.
//!
//! ```text
//! cargo bench -p benches --bench mock_autotask
//! MOCK_COMPANIES=1000000 MOCK_DATABASE=/tmp/tenant.sqlite cargo bench -p benches --bench mock_autotask
//! ```
//!
//! Companies are created over four keep-alive connections, in turn with the same requests sent to a server that reads
//! them and answers the same few bytes, both in this process. Then a tenant is generated into a file (one that has a
//! tenant already is used as it is) and all its companies are read by id, 500 at a time, in turn with a plain statement
//! of the same columns. Reported are medians, since both share the machine with whatever else runs, and the memory of
//! this process, clients and servers together.

#![expect(clippy::print_stdout, reason = "a benchmark reports to people")]

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use benches::baseline::Asked;
use benches::nothing::Nothing;
use mock_autotask::{MockAutotask, Options};
use mock_kit::server::Server;
use rusqlite::{Connection, OpenFlags};
use tokio::net::TcpListener;

/// How often each side runs, one after the other.
const ROUNDS: usize = 5;

/// Connections that create at once.
const CONNECTIONS: usize = 4;

/// Requests on each of them in one round.
const CREATES: usize = 5_000;

/// What an importer asks of every company, as the mirror of its match keys needs it.
const KEYS: &[&str] = &["id", "companyName", "address1", "city", "state", "isActive"];

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    // `cargo test --benches` asks for a run too; there is nothing to test here. Only the stages are compared.
    if std::env::args().any(|argument| argument == "--test")
        || Asked::of(std::env::args()) != Asked::Nothing
    {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let empty = runtime.block_on(async {
        Server::start(TcpListener::bind("127.0.0.1:0").await?, Arc::new(Nothing))
    })?;
    for (place, database) in
        [("in memory", None), ("in a file", Some(folder.path().join("new.sqlite")))]
    {
        let mock =
            runtime.block_on(MockAutotask::start(Options { database, ..Options::default() }))?;
        compare_creates(place, &mock, &empty)?;
    }
    let database = std::env::var_os("MOCK_DATABASE")
        .map_or_else(|| folder.path().join("tenant.sqlite"), PathBuf::from);
    let companies = std::env::var("MOCK_COMPANIES").map_or(Ok(50_000), |number| number.parse())?;
    let options = Options {
        database: Some(database.clone()),
        companies,
        contacts: companies * 3,
        ..Options::default()
    };
    let (mock, taken) = timed(|| runtime.block_on(MockAutotask::start(options)));
    let mock = mock?;
    println!("tenant ready: {companies} companies and {} contacts in {taken:.1?}", companies * 3);
    compare_pages("match keys", Some(KEYS), &mock, &database)?;
    compare_pages("all fields", None, &mock, &database)?;
    match peak_memory() {
        Some(megabytes) => println!("peak memory:     {megabytes} MB (goal: under 300)"),
        None => println!("peak memory:     not known on this system"),
    }
    Ok(())
}

fn compare_creates(place: &str, mock: &MockAutotask, empty: &Server) -> Outcome<()> {
    let (mut with_mock, mut with_nothing) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        with_nothing.push(create_many(&empty.url())?);
        with_mock.push(create_many(&mock.url())?);
    }
    let (with_mock, with_nothing) = (median(with_mock), median(with_nothing));
    let count = u64::try_from(CONNECTIONS * CREATES)?;
    println!(
        "an empty server: {count} requests in {with_nothing:.2?}, {:.0}/s",
        per_second(count, with_nothing)
    );
    println!(
        "creates {place}: {count} companies in {with_mock:.2?}, {:.0}/s",
        per_second(count, with_mock)
    );
    let ratio = with_nothing.as_secs_f64() / with_mock.as_secs_f64();
    println!("ratio:           {ratio:.2} of the empty server's speed (goal: at least 0.25)");
    Ok(())
}

fn create_many(url: &str) -> Outcome<Duration> {
    let (outcome, taken) = timed(|| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let url = url.to_owned();
                thread::spawn(move || {
                    let mut client = Client::new(&url)?;
                    for number in 0..CREATES {
                        let name = format!("Company {connection}-{number}");
                        client.post(
                            "Companies",
                            &format!(
                                r#"{{"companyName":"{name}","companyType":1,"phone":"555-555-0100","ownerResourceID":4,"address1":"1 Main Street","city":"Albany","state":"NY","postalCode":"12207","countryID":237}}"#
                            ),
                        )?;
                    }
                    Ok::<(), Box<dyn Error + Send + Sync>>(())
                })
            })
            .collect();
        clients.into_iter().try_for_each(|client| client.join().map_err(|_| "a client panicked")?)
    });
    outcome.map(|()| taken)
}

fn compare_pages(
    what: &str,
    fields: Option<&[&str]>,
    mock: &MockAutotask,
    database: &PathBuf,
) -> Outcome<()> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let columns = fields.map_or_else(|| "*".to_owned(), |fields| fields.join(", "));
    let mut client = Client::new(&mock.url())?;
    let (mut over_http, mut alone) = (Vec::new(), Vec::new());
    let (mut rows, mut bytes) = (0, 0);
    for _ in 0..ROUNDS {
        let (stepped, taken) = timed(|| step(&connection, &columns));
        alone.push(taken);
        let (paged, taken) = timed(|| client.read_all(fields));
        over_http.push(taken);
        (rows, bytes) = paged?;
        assert_eq!(rows, stepped?, "both see the same companies");
    }
    let (over_http, alone) = (median(over_http), median(alone));
    println!("SQLite alone:    {rows} rows in {alone:.2?}, {:.0} rows/s", per_second(rows, alone));
    println!(
        "{what} by 500: {rows} rows in {over_http:.2?}, {:.0} rows/s, {:.0} MB/s",
        per_second(rows, over_http),
        per_second(bytes, over_http) / 1e6
    );
    let ratio = alone.as_secs_f64() / over_http.as_secs_f64();
    println!("ratio:           {ratio:.2} of SQLite's speed (goal: at least 0.33)");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let outcome = work();
    (outcome, start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn per_second(count: u64, taken: Duration) -> f64 {
    count as f64 / taken.as_secs_f64()
}

/// Steps through all companies and looks at every value.
fn step(connection: &Connection, columns: &str) -> rusqlite::Result<u64> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {columns} FROM Companies ORDER BY id"))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            std::hint::black_box(row.get_ref(column)?);
        }
        count += 1;
    }
    Ok(count)
}

/// The most memory this process has had, in megabytes.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1_024)
}

/// A client that costs as little as possible: one connection, and no look at the records.
struct Client {
    stream: TcpStream,
    block: Vec<u8>,
    body: Vec<u8>,
}

impl Client {
    fn new(url: &str) -> Outcome<Self> {
        let address = url.strip_prefix("http://").ok_or("the server speaks no plain HTTP")?;
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, block: vec![0; 256 * 1024], body: Vec::new() })
    }

    /// Reads all companies by id: how many there were, in how many bytes.
    fn read_all(&mut self, fields: Option<&[&str]>) -> Outcome<(u64, u64)> {
        let include = fields.map_or_else(String::new, |fields| {
            format!(r#","IncludeFields":["{}"]"#, fields.join(r#"",""#))
        });
        let (mut rows, mut bytes, mut last) = (0, 0, -1);
        loop {
            let filter = format!(r#"[{{"op":"gt","field":"id","value":{last}}}]"#);
            self.post("Companies/query", &format!(r#"{{"filter":{filter}{include}}}"#))?;
            bytes += u64::try_from(self.body.len())?;
            let count =
                self.number_behind("\"pageDetails\":{\"count\":").ok_or("a page has no count")?;
            if count == 0 {
                return Ok((rows, bytes));
            }
            rows += u64::try_from(count)?;
            last = self.number_behind("{\"id\":").ok_or("a page has no ids")?;
        }
    }

    /// Sends a request and takes its whole answer.
    fn post(&mut self, path: &str, body: &str) -> Outcome<()> {
        let request = format!(
            "POST /ATServicesRest/V1.0/{path} HTTP/1.1\r\nHost: mock\r\nContent-Type: application/json\r\n\
             ApiIntegrationCode: MOCKINTEGRATIONCODE\r\nUserName: api@example.com\r\nSecret: mock-secret\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.body.clear();
        loop {
            let length = self.stream.read(&mut self.block)?;
            if length == 0 {
                return Err("the server closed the connection".into());
            }
            self.body.extend_from_slice(&self.block[..length]);
            let Some(end) = self.body.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let head = std::str::from_utf8(&self.body[..end])?;
            if !head.starts_with("HTTP/1.1 200") {
                return Err(String::from_utf8_lossy(&self.body).into());
            }
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .ok_or("an answer has no length")?
                .parse()?;
            let mut missing = (end + 4 + length).saturating_sub(self.body.len());
            while missing > 0 {
                let most = missing.min(self.block.len());
                let length = self.stream.read(&mut self.block[..most])?;
                if length == 0 {
                    return Err("the server closed the connection in mid-answer".into());
                }
                self.body.extend_from_slice(&self.block[..length]);
                missing -= length;
            }
            return Ok(());
        }
    }

    /// The number behind the last place of a text in the answer.
    fn number_behind(&self, text: &str) -> Option<i64> {
        let place = self.body.windows(text.len()).rposition(|part| part == text.as_bytes())?;
        let rest = self.body[place + text.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        String::from_utf8(rest.copied().collect()).ok()?.parse().ok()
    }
}

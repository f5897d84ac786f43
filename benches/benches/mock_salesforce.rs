//! How fast mock-salesforce hands out an org, next to what SQLite alone needs for the same rows.
//!
//! ```text
//! cargo bench -p benches --bench mock_salesforce
//! MOCK_ACCOUNTS=1000000 MOCK_DATABASE=/tmp/org.sqlite cargo bench -p benches --bench mock_salesforce
//! ```
//!
//! The org is generated into a file, three contacts to an account; a file that has one already is used as it is. Then
//! all accounts are paged through over HTTP, 2,000 at a time with the importer's field list, in turn with a plain
//! statement of the same columns and joins stepped through in this process. Reported are medians, since both share the
//! machine with whatever else runs, and the memory of this process, client and mock together.

#![expect(clippy::print_stdout, reason = "a benchmark reports to people")]

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use benches::baseline::Asked;
use mock_salesforce::{MockSalesforce, Options};
use rusqlite::{Connection, OpenFlags};

const FIELDS: &str = "Id, SystemModstamp, AccountNumber, AnnualRevenue, BillingCity, BillingCountry, \
    BillingPostalCode, BillingState, BillingStreet, Fax, Industry, Name, Owner.FirstName, Owner.LastName, ParentId, \
    Phone, Rating, Sic, TickerSymbol, Type, Website";

/// The same columns and the same join, as SQLite has them.
const STATEMENT: &str = r#"SELECT a.n, a."SystemModstamp", a."AccountNumber", a."AnnualRevenue", a."BillingCity",
    a."BillingCountry", a."BillingPostalCode", a."BillingState", a."BillingStreet", a."Fax", a."Industry", a."Name",
    o."FirstName", o."LastName", a."ParentId", a."Phone", a."Rating", a."Sic", a."TickerSymbol", a."Type", a."Website"
    FROM "Account" a LEFT JOIN "User" o ON o.n = a."OwnerId" WHERE a."IsDeleted" = 0 ORDER BY a.n"#;

/// How often each side runs, one after the other.
const ROUNDS: usize = 5;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    // `cargo test --benches` asks for a run too; there is nothing to test here. Only the stages are compared.
    if std::env::args().any(|argument| argument == "--test")
        || Asked::of(std::env::args()) != Asked::Nothing
    {
        return Ok(());
    }
    let accounts = std::env::var("MOCK_ACCOUNTS").map_or(Ok(50_000), |number| number.parse())?;
    let folder = tempfile::tempdir()?;
    let database = std::env::var_os("MOCK_DATABASE")
        .map_or_else(|| folder.path().join("org.sqlite"), PathBuf::from);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;

    let options = Options {
        database: Some(database.clone()),
        accounts,
        contacts: accounts * 3,
        ..Options::default()
    };
    let (mock, taken) = timed(|| runtime.block_on(MockSalesforce::start(options)));
    let mock = mock?;
    println!("org ready: {accounts} accounts and {} contacts in {taken:.1?}", accounts * 3);

    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut client = Client::sign_in(&mock)?;
    let (mut over_http, mut alone) = (Vec::new(), Vec::new());
    let (mut rows, mut bytes) = (0, 0);
    for _ in 0..ROUNDS {
        let (stepped, taken) = timed(|| step(&connection));
        alone.push(taken);
        let (paged, taken) = timed(|| client.page_through());
        over_http.push(taken);
        (rows, bytes) = paged?;
        assert_eq!(rows, stepped?, "both see the same accounts");
    }
    let (over_http, alone) = (median(over_http), median(alone));
    println!("SQLite alone:    {rows} rows in {alone:.2?}, {:.0} rows/s", per_second(rows, alone));
    println!(
        "paging by 2,000: {rows} rows in {over_http:.2?}, {:.0} rows/s, {:.0} MB/s",
        per_second(rows, over_http),
        per_second(bytes, over_http) / 1e6
    );
    let ratio = alone.as_secs_f64() / over_http.as_secs_f64();
    println!("ratio:           {ratio:.2} of SQLite's speed (goal: at least 0.33)");
    match peak_memory() {
        Some(megabytes) => println!("peak memory:     {megabytes} MB (goal: under 300)"),
        None => println!("peak memory:     not known on this system"),
    }
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

/// Steps through all rows and looks at every value.
fn step(connection: &Connection) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(STATEMENT)?;
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
    session: String,
    buffer: Vec<u8>,
}

impl Client {
    fn sign_in(mock: &MockSalesforce) -> Outcome<Self> {
        let url = mock.url();
        let address = url.strip_prefix("http://").ok_or("the mock serves no plain HTTP")?;
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let mut client = Self { stream, session: String::new(), buffer: Vec::new() };
        let credentials = "<username>integration@example.com</username><password>mock-passwordMockSecurityToken</password>";
        client.call(&format!("<login>{credentials}</login>"))?;
        client.session = client.value("sessionId").ok_or("login gave no session")?;
        Ok(client)
    }

    /// Pages through all accounts: how many there were, in how many bytes.
    fn page_through(&mut self) -> Outcome<(u64, u64)> {
        self.call(&format!(
            "<query><queryString>SELECT {FIELDS} FROM Account ORDER BY Id</queryString></query>"
        ))?;
        let mut bytes = 0;
        loop {
            bytes += u64::try_from(self.buffer.len())?;
            match self.value("queryLocator") {
                Some(locator) => {
                    self.call(&format!(
                        "<queryMore><queryLocator>{locator}</queryLocator></queryMore>"
                    ))?;
                }
                None => break,
            }
        }
        Ok((self.value("size").ok_or("the answer has no size")?.parse()?, bytes))
    }

    /// Makes a call and takes its whole answer.
    fn call(&mut self, call: &str) -> Outcome<()> {
        let body = format!(
            r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><e:Header><SessionHeader><sessionId>{}</sessionId></SessionHeader></e:Header><e:Body>{call}</e:Body></e:Envelope>"#,
            self.session
        );
        let request = format!(
            "POST /services/Soap/u/58.0 HTTP/1.1\r\nHost: mock\r\nContent-Type: text/xml\r\nSOAPAction: \"\"\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.buffer.clear();
        let mut block = vec![0; 256 * 1024];
        while !self.buffer.ends_with(b"</soapenv:Envelope>\r\n0\r\n\r\n") {
            let length = self.stream.read(&mut block)?;
            if length == 0 {
                return Err("the mock closed the connection".into());
            }
            self.buffer.extend_from_slice(&block[..length]);
        }
        Ok(())
    }

    /// The text of an element that stands near the beginning or the end of the answer.
    fn value(&self, element: &str) -> Option<String> {
        let near = self.buffer.len().min(2_000);
        let ends = [&self.buffer[..near], &self.buffer[self.buffer.len() - near..]];
        ends.iter().find_map(|part| {
            let text = String::from_utf8_lossy(part);
            let (_, rest) = text.split_once(&format!("<{element}>"))?;
            Some(rest.split_once("</")?.0.to_owned())
        })
    }
}

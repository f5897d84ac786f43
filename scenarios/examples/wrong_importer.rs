//! A small importer that is wrong on purpose, for seeing that the stories find out (`tests/outside.rs`).
//!
//! It is told where both systems are as `docs/black-box.md` says, and its one argument names what it gets wrong:
//! `nothing`, or one of [`Fault`]. It has its own few words of SOAP, reads and writes Autotask with the stories' reader,
//! and shares no line with the importer. What it does not do at all (parents, owners, most fields, more than one page)
//! the stories for it leave out.

use std::env::var;
use std::error::Error;
use std::process::ExitCode;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use scenarios::rest::{Credentials, Rest, RestError, Row, id_of, udf_of};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

type Failed = Box<dyn Error + Send + Sync>;

/// What it gets wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    /// It looks only for companies it has made itself, so what was there before is made again.
    IgnoresKeys,
    /// It compares names letter by letter.
    MindsCase,
    /// It takes the first of two companies that could be meant.
    Guesses,
    /// It puts contacts without an account into the tenant's own company.
    AdoptsOrphans,
    /// It writes every record in every run.
    RewritesAll,
    /// It sends a create again when the answer is lost.
    RepeatsBlindly,
    /// It links again what somebody took apart.
    ForgetsUnmapping,
    /// It says that all is well when it could not sign in.
    HidesFailure,
    /// It takes no notice of settings.
    IgnoresSettings,
    /// It sends its e-mails to those who are inactive, too.
    MailsTheInactive,
}

impl Fault {
    const ALL: [(&str, Self); 11] = [
        ("nothing", Self::Nothing),
        ("ignores-keys", Self::IgnoresKeys),
        ("minds-case", Self::MindsCase),
        ("guesses", Self::Guesses),
        ("adopts-orphans", Self::AdoptsOrphans),
        ("rewrites-all", Self::RewritesAll),
        ("repeats-blindly", Self::RepeatsBlindly),
        ("forgets-unmapping", Self::ForgetsUnmapping),
        ("hides-failure", Self::HidesFailure),
        ("ignores-settings", Self::IgnoresSettings),
        ("mails-the-inactive", Self::MailsTheInactive),
    ];
}

#[tokio::main]
async fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some((_, fault)) = Fault::ALL.into_iter().find(|(known, _)| *known == name) else {
        eprintln!("name what to get wrong: {:?}", Fault::ALL.map(|(name, _)| name));
        return ExitCode::from(2);
    };
    match import(fault).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            if fault == Fault::HidesFailure { ExitCode::SUCCESS } else { ExitCode::from(4) }
        }
    }
}

/// Imports once; false if a record was refused.
async fn import(fault: Fault) -> Result<bool, Failed> {
    let salesforce = Salesforce::sign_in().await?;
    let accounts =
        salesforce.query("SELECT Id, Name, BillingStreet, BillingCity, BillingState, Phone FROM Account ORDER BY Id").await?;
    let contacts = salesforce
        .query("SELECT Id, FirstName, LastName, AccountId FROM Contact ORDER BY Id")
        .await?;
    let mut target = Target::open(fault).await?;
    let mut all_well = true;
    for account in &accounts {
        all_well &= target.account(account).await?;
    }
    for contact in &contacts {
        all_well &= target.contact(contact).await?;
    }
    target.remember()?;
    if let Err(error) = target.notify().await {
        eprintln!("people cannot be told: {error}");
    }
    Ok(all_well)
}

/// A session.
struct Salesforce {
    url: String,
    session: String,
}

impl Salesforce {
    async fn sign_in() -> Result<Self, Failed> {
        let url = var("IMPORTER_SALESFORCE_URL")?;
        match var("IMPORTER_SALESFORCE_SIGN_IN").as_deref() {
            Ok("client-credentials") => return Self::as_app(&url).await,
            Ok("password") | Err(_) => {}
            Ok(other) => return Err(format!("there is no sign-in by {other} here").into()),
        }
        let token = var("IMPORTER_SALESFORCE_SECURITY_TOKEN").unwrap_or_default();
        let (user, password) =
            (var("IMPORTER_SALESFORCE_USER")?, var("IMPORTER_SALESFORCE_PASSWORD")?);
        let body = format!(
            "<login><username>{}</username><password>{}</password></login>",
            escaped(&user),
            escaped(&format!("{password}{token}"))
        );
        let answer = soap(&url, "", &body).await?;
        let session = first(&answer, "sessionId").ok_or("Salesforce refused the sign-in")?;
        let url = first(&answer, "serverUrl").ok_or("Salesforce named no server")?;
        Ok(Self { url, session })
    }

    /// Signs in as an app, by its secret.
    async fn as_app(url: &str) -> Result<Self, Failed> {
        let (id, secret) =
            (var("IMPORTER_SALESFORCE_CLIENT_ID")?, var("IMPORTER_SALESFORCE_CLIENT_SECRET")?);
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &id)
            .append_pair("client_secret", &secret)
            .finish();
        let request = Request::post(format!("{url}/services/oauth2/token"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form)))?;
        let token: Json = serde_json::from_str(&sent(request).await?)?;
        let text = |name: &str| token[name].as_str().ok_or("Salesforce gave no token");
        let url = format!("{}/services/Soap/u/64.0", text("instance_url")?);
        Ok(Self { url, session: text("access_token")?.to_owned() })
    }

    /// The records of a query, each as the XML between its tags. They fit on one page.
    async fn query(&self, soql: &str) -> Result<Vec<String>, Failed> {
        let header =
            format!("<SessionHeader><sessionId>{}</sessionId></SessionHeader>", self.session);
        let body = format!("<query><queryString>{soql}</queryString></query>");
        let answer = soap(&self.url, &header, &body).await?;
        if first(&answer, "done").as_deref() != Some("true") {
            return Err("Salesforce's answer is none, or more than a page".into());
        }
        let records = answer.split("<records").skip(1);
        Ok(records.filter_map(|rest| rest.split("</records>").next().map(str::to_owned)).collect())
    }
}

async fn soap(url: &str, header: &str, body: &str) -> Result<String, Failed> {
    let envelope = format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns=\"urn:partner.soap.sforce.com\">\
         <e:Header>{header}</e:Header><e:Body>{body}</e:Body></e:Envelope>"
    );
    let request = Request::post(url)
        .header("Content-Type", "text/xml; charset=UTF-8")
        .header("SOAPAction", "\"\"")
        .body(Full::new(Bytes::from(envelope)))?;
    sent(request).await
}

/// Sends a request; the text of its answer.
async fn sent(request: Request<Full<Bytes>>) -> Result<String, Failed> {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await?.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(answer.to_vec())?)
}

/// The text of the first element of that name, whatever its prefix.
fn first(xml: &str, name: &str) -> Option<String> {
    let plain = xml.replace("<sf:", "<").replace("</sf:", "</");
    let (_, rest) = plain.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&"),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Autotask, and what this importer remembers of earlier runs: the pairs it has linked.
struct Target {
    fault: Fault,
    rest: Rest,
    manager: Option<i64>,
    customer: Option<i64>,
    companies: Vec<Row>,
    contacts: Vec<Row>,
    linked: Vec<String>,
}

/// The user-defined fields that carry Salesforce's ids, and what they belong to.
const FIELDS: [(&str, &str); 2] =
    [("Salesforce Company ID", "Company"), ("Salesforce Contact ID", "Contact")];

impl Target {
    async fn open(fault: Fault) -> Result<Self, Failed> {
        let credentials = Credentials {
            user: var("IMPORTER_AUTOTASK_USER")?,
            secret: var("IMPORTER_AUTOTASK_SECRET")?,
            integration_code: var("IMPORTER_AUTOTASK_INTEGRATION_CODE")?,
        };
        let rest = Rest::new(&var("IMPORTER_AUTOTASK_URL")?, credentials);
        make_fields(&rest).await?;
        let manager = var("IMPORTER_SETTINGS_DEFAULT_ACCOUNT_MANAGER").unwrap_or_default();
        let resources = rest.all("Resources").await?;
        let named =
            |row: &&Row| format!("{} {}", text(row, "firstName"), text(row, "lastName")) == manager;
        let manager = resources.iter().find(named).map(id_of);
        let customer = label(&rest, "Companies", "companyType", "Customer").await?;
        let (companies, contacts) = (rest.all("Companies").await?, rest.all("Contacts").await?);
        let linked = std::fs::read_to_string(memory()?).unwrap_or_default();
        let linked = linked.lines().map(str::to_owned).collect();
        Ok(Self { fault, rest, manager, customer, companies, contacts, linked })
    }

    fn remember(&self) -> Result<(), Failed> {
        Ok(std::fs::write(memory()?, self.linked.join("\n"))?)
    }

    /// Imports an account; false if it was refused.
    async fn account(&mut self, account: &str) -> Result<bool, Failed> {
        let id = first(account, "Id").ok_or("an account has no id")?;
        let value = |field| first(account, field).unwrap_or_default();
        let field = FIELDS[0].0;
        let wanted = [
            ("companyName", value("Name")),
            ("address1", value("BillingStreet")),
            ("city", value("BillingCity")),
            ("state", value("BillingState")),
        ];
        let carrying: Vec<_> =
            self.companies.iter().filter(|row| udf_of(row, field) == Some(&id)).collect();
        if carrying.len() > 1 {
            return Ok(true);
        }
        let body = json!({
            "companyName": wanted[0].1, "address1": wanted[1].1, "city": wanted[2].1, "state": wanted[3].1,
            "phone": first(account, "Phone").unwrap_or_else(|| self.placeholder()),
        });
        if let Some(row) = carrying.first() {
            return self.update("Companies", &(*row).clone(), &id, body).await;
        }
        if self.is_unmapped(&id) {
            return Ok(true);
        }
        let is_same =
            |row: &&Row| wanted.iter().all(|(name, value)| self.same(text(row, name), value));
        let others =
            self.companies.iter().filter(|row| id_of(row) != 0 && self.fault != Fault::IgnoresKeys);
        let found: Vec<_> = others.filter(is_same).cloned().collect();
        match (&found[..], self.fault) {
            // Another account has it: this one is the same, once more.
            ([only], _) if udf_of(only, field).is_some() => Ok(true),
            ([only], _) | ([only, ..], Fault::Guesses) => {
                self.link("Companies", field, &id, only, body).await
            }
            ([], _) => self.create_company(&id, body).await,
            _ => Ok(true),
        }
    }

    async fn create_company(&mut self, id: &str, mut body: Json) -> Result<bool, Failed> {
        body["ownerResourceID"] = json!(self.manager);
        body["companyType"] = json!(self.customer);
        body["userDefinedFields"] = json!([{ "name": FIELDS[0].0, "value": id }]);
        let made = self.create("Companies", "Companies", FIELDS[0].0, id, &body).await?;
        self.companies = self.rest.all("Companies").await?;
        Ok(made)
    }

    /// Imports a contact; false if it was refused.
    async fn contact(&mut self, contact: &str) -> Result<bool, Failed> {
        let id = first(contact, "Id").ok_or("a contact has no id")?;
        let field = FIELDS[1].0;
        let (first_name, last_name) = (
            first(contact, "FirstName").unwrap_or_else(|| "-".to_owned()),
            first(contact, "LastName").unwrap_or_default(),
        );
        let company = match first(contact, "AccountId").filter(|account| !account.is_empty()) {
            Some(account) => {
                let linked =
                    self.companies.iter().find(|row| udf_of(row, FIELDS[0].0) == Some(&account));
                linked.map(id_of)
            }
            None => (self.fault == Fault::AdoptsOrphans).then_some(0),
        };
        let body = json!({ "firstName": first_name, "lastName": last_name });
        if let Some(row) = self.contacts.iter().find(|row| udf_of(row, field) == Some(&id)).cloned()
        {
            return self.update("Contacts", &row, &id, body).await;
        }
        let Some(company) = company.filter(|_| !self.is_unmapped(&id)) else { return Ok(true) };
        let is_same = |row: &&Row| {
            row.get("companyID").and_then(Json::as_i64) == Some(company)
                && self.same(text(row, "firstName"), &first_name)
                && self.same(text(row, "lastName"), &last_name)
        };
        let found = self.contacts.iter().find(is_same).cloned();
        match found.filter(|_| self.fault != Fault::IgnoresKeys) {
            Some(row) if udf_of(&row, field).is_some() => Ok(true),
            Some(row) => self.link("Contacts", field, &id, &row, body).await,
            None => {
                let mut body = body;
                body["isActive"] = json!(1);
                body["userDefinedFields"] = json!([{ "name": field, "value": id }]);
                let path = format!("Companies/{company}/Contacts");
                let made = self.create(&path, "Contacts", field, &id, &body).await?;
                self.contacts = self.rest.all("Contacts").await?;
                Ok(made)
            }
        }
    }

    /// What a company without a phone number gets.
    fn placeholder(&self) -> String {
        let set = var("IMPORTER_SETTINGS_COMPANY_PHONE_PLACEHOLDER").ok();
        set.filter(|_| self.fault != Fault::IgnoresSettings).unwrap_or_else(|| "unknown".to_owned())
    }

    /// Sends those who are to hear of the import a mail that says little.
    async fn notify(&self) -> Result<(), Failed> {
        let Ok(names) = var("IMPORTER_NOTIFICATIONS_RECIPIENTS") else { return Ok(()) };
        let resources = self.rest.all("Resources").await?;
        for name in names.split(',').map(str::trim) {
            let is_meant = |row: &&Row| {
                format!("{} {}", text(row, "firstName"), text(row, "lastName")) == name
                    && (self.fault == Fault::MailsTheInactive || row["isActive"] == json!(true))
            };
            if let Some(resource) = resources.iter().find(is_meant) {
                mail(text(resource, "email")).await?;
            }
        }
        Ok(())
    }

    /// Whether this record was linked once and its mark has been taken away.
    fn is_unmapped(&self, id: &str) -> bool {
        self.fault != Fault::ForgetsUnmapping && self.linked.iter().any(|linked| linked == id)
    }

    fn same(&self, there: &str, wanted: &str) -> bool {
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (there, wanted) = (plain(there), plain(wanted));
        if self.fault == Fault::MindsCase {
            there == wanted
        } else {
            there.to_lowercase() == wanted.to_lowercase()
        }
    }

    async fn update(
        &mut self,
        entity: &str,
        row: &Row,
        id: &str,
        mut body: Json,
    ) -> Result<bool, Failed> {
        self.note(id);
        let mut fields = body.as_object().into_iter().flatten();
        let is_current = |(name, value): (&String, &Json)| value.as_str() == Some(text(row, name));
        if fields.all(is_current) && self.fault != Fault::RewritesAll {
            return Ok(true);
        }
        body["id"] = json!(id_of(row));
        written(self.send(Method::PATCH, entity, row, &body).await)
    }

    async fn link(
        &mut self,
        entity: &str,
        field: &str,
        id: &str,
        row: &Row,
        mut body: Json,
    ) -> Result<bool, Failed> {
        self.note(id);
        body["id"] = json!(id_of(row));
        body["userDefinedFields"] = json!([{ "name": field, "value": id }]);
        let linked = written(self.send(Method::PATCH, entity, row, &body).await)?;
        self.companies = self.rest.all("Companies").await?;
        self.contacts = self.rest.all("Contacts").await?;
        Ok(linked)
    }

    /// Contacts are changed through their company.
    async fn send(
        &self,
        method: Method,
        entity: &str,
        row: &Row,
        body: &Json,
    ) -> Result<Json, RestError> {
        let company = row.get("companyID").and_then(Json::as_i64);
        let path = match (entity, company) {
            ("Contacts", Some(company)) => format!("Companies/{company}/Contacts"),
            _ => entity.to_owned(),
        };
        self.rest.send(method, &path, Some(body)).await
    }

    /// Creates a record; where the answer is lost, it is looked for before it is made once more.
    async fn create(
        &mut self,
        path: &str,
        entity: &str,
        field: &str,
        id: &str,
        body: &Json,
    ) -> Result<bool, Failed> {
        self.note(id);
        for _ in 0..3 {
            match self.rest.send(Method::POST, path, Some(body)).await {
                Err(RestError::Lost(..)) => {}
                ended => return written(ended),
            }
            let there = self.rest.all(entity).await?;
            let is_there = there.iter().any(|row| udf_of(row, field) == Some(id));
            if is_there && self.fault != Fault::RepeatsBlindly {
                return Ok(true);
            }
        }
        Err("Autotask does not answer".into())
    }

    fn note(&mut self, id: &str) {
        if !self.linked.iter().any(|linked| linked == id) {
            self.linked.push(id.to_owned());
        }
    }
}

/// Whether a write was accepted; what was refused is the next run's.
fn written(answer: Result<Json, RestError>) -> Result<bool, Failed> {
    match answer {
        Ok(_) => Ok(true),
        Err(RestError::Refused { status: 500, body, .. }) => {
            eprintln!("refused: {body}");
            Ok(false)
        }
        Err(other) => Err(other.into()),
    }
}

/// Sends a mail; each line is sent once the one before has been answered.
async fn mail(to: &str) -> Result<(), Failed> {
    let address = format!("{}:{}", var("IMPORTER_SMTP_HOST")?, var("IMPORTER_SMTP_PORT")?);
    let from = var("IMPORTER_SMTP_FROM")?;
    let sender = from.rsplit('<').next().unwrap_or_default().trim_end_matches('>');
    let mut wire = BufStream::new(TcpStream::connect(address).await?);
    let lines = [
        "EHLO importer.example.com".to_owned(),
        format!("MAIL FROM:<{sender}>"),
        format!("RCPT TO:<{to}>"),
        "DATA".to_owned(),
        format!("From: {from}\r\nTo: {to}\r\nSubject: imported\r\n\r\nIt is done.\r\n."),
        "QUIT".to_owned(),
    ];
    for line in lines {
        let mut answer = String::new();
        // All lines of an answer but its last have a hyphen behind the code.
        while answer.lines().last().is_none_or(|line| line.get(3..4) == Some("-")) {
            if wire.read_line(&mut answer).await? == 0 {
                return Err("the mail server hung up".into());
            }
        }
        if !answer.starts_with(['2', '3']) {
            return Err(answer.into());
        }
        wire.write_all(format!("{line}\r\n").as_bytes()).await?;
        wire.flush().await?;
    }
    Ok(())
}

fn memory() -> Result<std::path::PathBuf, Failed> {
    Ok(std::path::Path::new(&var("IMPORTER_STATE_FOLDER")?).join("linked.txt"))
}

/// Makes the user-defined fields that are missing.
async fn make_fields(rest: &Rest) -> Result<(), Failed> {
    let there = rest.all("UserDefinedFieldDefinitions").await?;
    for (name, kind) in FIELDS {
        if there.iter().any(|row| text(row, "name") == name) {
            continue;
        }
        let entity = "UserDefinedFieldDefinitions";
        let body = json!({
            "name": name,
            "udfType": label(rest, entity, "udfType", kind).await?,
            "dataType": label(rest, entity, "dataType", "Text (Single Line)").await?,
            "isActive": true,
        });
        rest.send(Method::POST, entity, Some(&body)).await?;
    }
    Ok(())
}

/// The value of a picklist that has this label.
async fn label(rest: &Rest, entity: &str, field: &str, label: &str) -> Result<Option<i64>, Failed> {
    let fields = rest.fields(entity).await?;
    let values = fields
        .iter()
        .find(|row| text(row, "name") == field)
        .and_then(|row| row.get("picklistValues"));
    let values = values.and_then(Json::as_array).into_iter().flatten();
    let mut named = values.filter(|value| value["label"].as_str() == Some(label));
    Ok(named.find_map(|value| value["value"].as_str()?.parse().ok()))
}

fn text<'r>(row: &'r Row, name: &str) -> &'r str {
    row.get(name).and_then(Json::as_str).unwrap_or_default()
}

//! The keys of the settings. This table is what a file is checked against, what `importer init` writes, what
//! `importer settings` shows and changes, and what `docs/OPERATING.md` lists.

/// What a key's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A text.
    Text,
    /// A text that is never shown; it can be given as a file's name too, under the key with `_file` at its end.
    Secret,
    /// A whole number from 1 up.
    Number,
    /// A text or a whole number.
    TextOrNumber,
    /// Yes or no.
    Flag,
    /// A list of texts or whole numbers; in the environment they are divided by commas.
    List,
    /// A version such as 64.0, as a text or a number.
    Version,
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The table it stands in.
    pub section: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// What its value is.
    pub shape: Shape,
    /// What holds when it is missing; `None` for a key that has to be there, an empty text for one that need not.
    pub default: Option<&'static str>,
    /// What it is for.
    pub purpose: &'static str,
}

const fn key(
    section: &'static str,
    name: &'static str,
    shape: Shape,
    default: Option<&'static str>,
    purpose: &'static str,
) -> Key {
    Key { section, name, shape, default, purpose }
}

impl Key {
    /// Whether people may set it in the ledger, by command or console, where file and environment do not have it.
    pub fn is_editable(&self) -> bool {
        match self.section {
            "settings" | "notifications" => true,
            "salesforce" => ["url", "user", "password"].contains(&self.name),
            "autotask" => ["user", "secret", "integration_code"].contains(&self.name),
            _ => false,
        }
    }

    /// Its name with that of its table, as commands have it: `salesforce.user`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The key that is meant by `section.name`, or by `name` alone where it stands in `[settings]`.
    pub fn named(text: &str) -> Option<&'static Self> {
        let (section, name) = text.split_once('.').unwrap_or(("settings", text));
        KEYS.iter().find(|key| key.section == section && key.name == name)
    }

    /// The environment variable that overrides the key.
    pub fn variable(&self) -> String {
        format!("IMPORTER_{}_{}", self.section, self.name).to_uppercase()
    }
}

/// All keys, in the order of the documentation.
pub const KEYS: &[Key] = &[
    key("ledger", "file", Shape::Text, Some("importer.db"), "the ledger's file"),
    key(
        "salesforce",
        "url",
        Shape::Text,
        Some("https://login.salesforce.com/services/Soap/u/64.0"),
        "the login address, https://test.salesforce.com/services/Soap/u/64.0 for a sandbox; or the organization's own \
         domain",
    ),
    key(
        "salesforce",
        "sign_in",
        Shape::Text,
        Some("password"),
        "how the importer signs in: \"password\", \"client-credentials\" or \"jwt\"",
    ),
    key(
        "salesforce",
        "api_version",
        Shape::Version,
        Some(""),
        "the API version, unless it stands at the end of `url`; 64.0 for \"password\", else 68.0",
    ),
    key(
        "salesforce",
        "user",
        Shape::Text,
        Some(""),
        "the integration user's name, for \"password\" and \"jwt\"",
    ),
    key("salesforce", "password", Shape::Secret, Some(""), "its password, for \"password\""),
    key(
        "salesforce",
        "security_token",
        Shape::Secret,
        Some(""),
        "its security token, unless it stands at the password's end or this machine is in a trusted range",
    ),
    key(
        "salesforce",
        "client_id",
        Shape::Text,
        Some(""),
        "the app's Consumer Key, for \"client-credentials\" and \"jwt\"",
    ),
    key(
        "salesforce",
        "client_secret",
        Shape::Secret,
        Some(""),
        "the app's Consumer Secret, for \"client-credentials\"",
    ),
    key(
        "salesforce",
        "private_key",
        Shape::Secret,
        Some(""),
        "the RSA key in PEM whose certificate the app has, for \"jwt\"",
    ),
    key(
        "salesforce",
        "leave_percent",
        Shape::Number,
        Some("10"),
        "how much of the organization's API requests of 24 hours is left to other integrations, in per cent",
    ),
    key(
        "autotask",
        "url",
        Shape::Text,
        Some("https://webservices.autotask.net"),
        "any Autotask web service; the database's zone is found from there",
    ),
    key("autotask", "user", Shape::Text, None, "the API user's name"),
    key("autotask", "secret", Shape::Secret, None, "its secret"),
    key(
        "autotask",
        "integration_code",
        Shape::Secret,
        None,
        "its integration code, also called tracking identifier",
    ),
    key(
        "autotask",
        "threads",
        Shape::Number,
        Some("2"),
        "requests at a time to one kind of record; Autotask allows 3 and frees a place a little late",
    ),
    key(
        "autotask",
        "share_percent",
        Shape::Number,
        Some("75"),
        "how full imports may make Autotask's hour, in per cent of the requests that all integrations may make together",
    ),
    key(
        "autotask",
        "settle_seconds",
        Shape::Number,
        Some("360"),
        "how long a create without an answer may still take effect; Autotask works on a request for about 300",
    ),
    key(
        "settings",
        "active",
        Shape::Flag,
        Some("false"),
        "whether `importer serve` imports as scheduled; `importer run` imports all the same",
    ),
    key(
        "settings",
        "default_account_manager",
        Shape::TextOrNumber,
        Some(""),
        "the resource, by first and last name or by id, who manages companies whose Salesforce owner is none",
    ),
    key(
        "settings",
        "interval_minutes",
        Shape::Number,
        Some("20"),
        "minutes between two imports of `importer serve`; 20 means at :00, :20 and :40 UTC",
    ),
    key(
        "settings",
        "company_phone_placeholder",
        Shape::Text,
        Some("unknown"),
        "what a company without a phone number gets",
    ),
    key(
        "settings",
        "contact_first_name_placeholder",
        Shape::Text,
        Some("-"),
        "what a contact without a first name gets",
    ),
    key(
        "settings",
        "guard_percent",
        Shape::Number,
        Some("50"),
        "an import that would change more than this share of the linked records waits for approval …",
    ),
    key(
        "settings",
        "guard_records",
        Shape::Number,
        Some("100"),
        "… if that is more than this many records",
    ),
    key(
        "settings",
        "first_link",
        Shape::Text,
        Some("salesforce"),
        "when an existing record is linked first: `salesforce` sets what differs, `fill-empty` only what is empty",
    ),
    key(
        "settings",
        "field_policies",
        Shape::Text,
        Some(""),
        "who wins field by field, as in `company.phone=autotask, contact.title=fill-empty`; else `salesforce`",
    ),
    key(
        "settings",
        "moved_contacts",
        Shape::Text,
        Some("report"),
        "a contact that moved to another account: `report`, or `recreate` it there",
    ),
    key(
        "settings",
        "deleted_records",
        Shape::Text,
        Some("ignore"),
        "a record deleted in Salesforce: `ignore`, or `deactivate` it in Autotask",
    ),
    key(
        "settings",
        "overlap_minutes",
        Shape::Number,
        Some("10"),
        "how much of what was read before is read again, as changes in Salesforce may become visible late",
    ),
    key(
        "settings",
        "sweep_hours",
        Shape::Number,
        Some("24"),
        "how often all of Autotask is read, for pairs taken apart there",
    ),
    key(
        "settings",
        "compare_hours",
        Shape::Number,
        Some("168"),
        "how often all of both sides is compared, for what reading changes cannot see",
    ),
    key(
        "settings",
        "keep_days",
        Shape::Number,
        Some("90"),
        "days that the details of a run are kept; its counts stay",
    ),
    key(
        "settings",
        "company_id_field",
        Shape::Text,
        Some("Salesforce Company ID"),
        "the user-defined field of companies that holds the Salesforce id",
    ),
    key(
        "settings",
        "contact_id_field",
        Shape::Text,
        Some("Salesforce Contact ID"),
        "the user-defined field of contacts that holds the Salesforce id",
    ),
    key(
        "notifications",
        "quiet",
        Shape::Flag,
        Some("false"),
        "no e-mail after a scheduled import that found nothing new or updated",
    ),
    key(
        "notifications",
        "recipients",
        Shape::List,
        Some(""),
        "the Autotask resources, by id or by first and last name, who get an e-mail after an import",
    ),
    key(
        "notifications",
        "together",
        Shape::Flag,
        Some("false"),
        "one e-mail to all recipients instead of one to each",
    ),
    key("smtp", "host", Shape::Text, Some(""), "the mail server; without it no e-mail is sent"),
    key(
        "smtp",
        "port",
        Shape::TextOrNumber,
        Some(""),
        "its port; 587 with `starttls`, 465 with `tls` and 25 with `none` if it is not given",
    ),
    key(
        "smtp",
        "encryption",
        Shape::Text,
        Some("starttls"),
        "`starttls`, `tls` from the first byte on, or `none` for a mail server on this machine",
    ),
    key(
        "smtp",
        "user",
        Shape::Text,
        Some(""),
        "who signs in to the mail server, if somebody has to",
    ),
    key("smtp", "password", Shape::Secret, Some(""), "the password of that user"),
    key(
        "smtp",
        "from",
        Shape::Text,
        Some(""),
        "the sender: `importer@example.com`, or with a name `Importer <importer@example.com>`",
    ),
    key(
        "webhook",
        "url",
        Shape::Text,
        Some(""),
        "where the same news is posted as JSON; without it nothing is posted",
    ),
    key("webhook", "secret", Shape::Secret, Some(""), "what posts are signed with"),
    key(
        "console",
        "listen",
        Shape::TextOrNumber,
        Some(""),
        "where `importer serve` shows its console: 127.0.0.1:8080, or a port of this machine; without it there is none",
    ),
    key(
        "console",
        "password",
        Shape::Secret,
        Some(""),
        "the password to sign in with, or its argon2 hash; without it each start makes a token and prints it",
    ),
    key(
        "console",
        "api_token",
        Shape::Secret,
        Some(""),
        "what programs ask the console's API with, 32 characters or more; without it, only whoever is signed in may",
    ),
    key(
        "console",
        "public_url",
        Shape::Text,
        Some(""),
        "the console's address as people reach it; e-mails link to the run there",
    ),
    key(
        "network",
        "ca_file",
        Shape::Text,
        Some(""),
        "a PEM file with certificate authorities to trust besides the machine's",
    ),
    key(
        "network",
        "timeout_seconds",
        Shape::Number,
        Some("150"),
        "how long one request may take; a Salesforce query runs for up to 120",
    ),
    key(
        "log",
        "format",
        Shape::Text,
        Some("text"),
        "how the log is written to stderr: `text` for people, `json` for programs, one object a line",
    ),
];

//! The ledger's tables, as steps from one version to the next. A step is never changed once released.

use rusqlite::{Connection, TransactionBehavior};

use super::LedgerError;

/// Each step brings a ledger of the version of its index to the next.
const STEPS: &[&str] = &["
    -- What belongs to the ledger as a whole: the organization and the database it serves.
    CREATE TABLE meta (
        name  TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE run (
        id                  INTEGER PRIMARY KEY,
        state               TEXT NOT NULL,
        started             TEXT NOT NULL,
        ended               TEXT,
        salesforce_requests INTEGER NOT NULL DEFAULT 0,
        autotask_requests   INTEGER NOT NULL DEFAULT 0,
        warnings            TEXT NOT NULL DEFAULT '[]',
        passed_guard        INTEGER NOT NULL DEFAULT 0,
        accounts_read       INTEGER NOT NULL DEFAULT 0,
        contacts_read       INTEGER NOT NULL DEFAULT 0,
        deleted             INTEGER NOT NULL DEFAULT 0,
        failure             TEXT
    ) STRICT;

    -- Records that ended unchanged are counted only.
    CREATE TABLE unchanged (
        run     INTEGER NOT NULL,
        kind    INTEGER NOT NULL,
        records INTEGER NOT NULL,
        PRIMARY KEY (run, kind)
    ) STRICT, WITHOUT ROWID;

    -- What a run decided about each other record, and what became of it.
    CREATE TABLE decision (
        run           INTEGER NOT NULL,
        kind          INTEGER NOT NULL,
        salesforce_id TEXT NOT NULL,
        planned       TEXT NOT NULL,    -- the outcome if all goes as decided
        outcome       TEXT,             -- NULL until carried out
        rule          TEXT NOT NULL,
        reason        TEXT NOT NULL,
        target        INTEGER,          -- the Autotask record, once there is one
        account       TEXT,             -- of a contact: the account whose company it belongs to
        belongs_to    TEXT,             -- of a contact: its account in Salesforce
        parent        TEXT,             -- of an account: its parent, which is written first
        duplicate_of  TEXT,
        claims        INTEGER NOT NULL, -- others with the same key are duplicates of this one
        name          INTEGER NOT NULL, -- digest of the company's name
        key           INTEGER NOT NULL, -- digest of the key
        draft         TEXT,             -- JSON, until carried out
        detail        TEXT,             -- JSON: remarks, values written
        PRIMARY KEY (run, kind, salesforce_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX decision_claim ON decision (run, kind, key, name) WHERE claims = 1;
    CREATE INDEX decision_target ON decision (run, kind, target) WHERE target IS NOT NULL;
    CREATE INDEX decision_open ON decision (run, kind, salesforce_id) WHERE outcome IS NULL;
    CREATE INDEX decision_parent ON decision (run, kind, parent) WHERE outcome IS NULL;

    -- Which Autotask record a Salesforce record is, and the values last decided on.
    CREATE TABLE link (
        kind          INTEGER NOT NULL,
        salesforce_id TEXT NOT NULL,
        target        INTEGER NOT NULL,
        account       TEXT,
        key           INTEGER NOT NULL, -- digest of the key last decided on
        base          BLOB NOT NULL,
        PRIMARY KEY (kind, salesforce_id)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX link_target ON link (kind, target);
    CREATE INDEX link_key ON link (kind, key);

    -- Pairs that a person dissociated, and the key the Salesforce record had then.
    CREATE TABLE unmapped (
        kind          INTEGER NOT NULL,
        salesforce_id TEXT NOT NULL,
        target        INTEGER NOT NULL,
        key           INTEGER NOT NULL,
        since         TEXT NOT NULL,
        run           INTEGER,          -- the run that noticed; NULL for a command
        account       TEXT,             -- as the link had them
        base          BLOB NOT NULL,
        PRIMARY KEY (kind, salesforce_id, target)
    ) STRICT, WITHOUT ROWID;

    -- What was chosen for records before they are decided on; no target means: none of those there are.
    CREATE TABLE chosen (
        kind          INTEGER NOT NULL,
        salesforce_id TEXT NOT NULL,
        target        INTEGER,
        heir_of       TEXT,             -- the record that was merged into this one; NULL: a person chose
        PRIMARY KEY (kind, salesforce_id)
    ) STRICT, WITHOUT ROWID;

    -- Records that are not linked, or not as they should be, and what the next imports do about them.
    CREATE TABLE waiting (
        kind          INTEGER NOT NULL,
        salesforce_id TEXT NOT NULL,
        outcome       TEXT NOT NULL,    -- as last decided
        rule          TEXT NOT NULL,
        reason        TEXT NOT NULL,
        belongs_to    TEXT,             -- of a contact: its account in Salesforce
        duplicate_of  TEXT,
        name          INTEGER NOT NULL, -- digest of the company's name
        key           INTEGER NOT NULL, -- digest of the key
        tries         INTEGER NOT NULL, -- refusals in a row
        not_before    TEXT,             -- when it is decided on anew whatever happens
        due           INTEGER NOT NULL, -- what it waits for has changed
        asked         INTEGER NOT NULL, -- the run that read it again last
        PRIMARY KEY (kind, salesforce_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX waiting_due ON waiting (kind, salesforce_id) WHERE due = 1;
    CREATE INDEX waiting_key ON waiting (kind, key);
    CREATE INDEX waiting_name ON waiting (name) WHERE kind = 1;
    CREATE INDEX waiting_retry ON waiting (not_before) WHERE not_before IS NOT NULL;
    CREATE INDEX waiting_outcome ON waiting (outcome);
    CREATE INDEX waiting_account ON waiting (belongs_to) WHERE belongs_to IS NOT NULL;
    CREATE INDEX waiting_duplicate ON waiting (duplicate_of) WHERE duplicate_of IS NOT NULL;

    -- Links whose Salesforce record was deleted or merged into another.
    CREATE TABLE ended (
        kind          INTEGER NOT NULL,
        salesforce_id TEXT NOT NULL,
        target        INTEGER NOT NULL,
        since         TEXT NOT NULL,
        PRIMARY KEY (kind, salesforce_id)
    ) STRICT, WITHOUT ROWID;

    -- Contacts that are being made anew in another company, and the ones they were (rule K5).
    CREATE TABLE replaced (
        salesforce_id TEXT NOT NULL PRIMARY KEY,
        old           INTEGER NOT NULL,
        company       INTEGER NOT NULL  -- of the old one
    ) STRICT, WITHOUT ROWID;

    -- Accounts whose parent company is still to be set.
    CREATE TABLE awaiting_parent (
        salesforce_id TEXT NOT NULL PRIMARY KEY,
        parent        TEXT NOT NULL,
        not_before    TEXT              -- after a refusal
    ) STRICT, WITHOUT ROWID;

    -- Creates that were about to be sent and of whose outcome nothing is known yet.
    CREATE TABLE intent (
        kind          INTEGER NOT NULL,
        salesforce_id TEXT NOT NULL,
        run           INTEGER NOT NULL,
        sent          TEXT NOT NULL,
        account       TEXT,
        key           INTEGER NOT NULL,
        base          BLOB NOT NULL,
        PRIMARY KEY (kind, salesforce_id)
    ) STRICT, WITHOUT ROWID;

    -- The ids and keys of Autotask's records, as last read.
    CREATE TABLE mirror (
        kind    INTEGER NOT NULL,
        id      INTEGER NOT NULL,
        company INTEGER NOT NULL,
        name    INTEGER NOT NULL,  -- of a company: digest of its name
        key     INTEGER NOT NULL,
        holds   INTEGER NOT NULL,  -- the user-defined field: 0 unknown, 1 empty, 2 an id, 3 another text
        text    TEXT,              -- what it holds
        seen    INTEGER NOT NULL,  -- the run that read it
        PRIMARY KEY (kind, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX mirror_key ON mirror (kind, key);
    CREATE INDEX mirror_name ON mirror (name) WHERE kind = 0;
    CREATE INDEX mirror_person ON mirror (company, key) WHERE kind = 1;
    CREATE INDEX mirror_text ON mirror (kind, text) WHERE holds = 2;

    -- What people set without touching a file, by the keys' full names. Of value and sealed one is there.
    CREATE TABLE setting (
        name   TEXT NOT NULL PRIMARY KEY,
        value  TEXT,
        sealed BLOB,                    -- a secret, see config/seal.rs
        since  TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- How a run that has ended counted, so that its details can go.
    CREATE TABLE kept_count (
        run     INTEGER NOT NULL,
        kind    INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        records INTEGER NOT NULL,
        PRIMARY KEY (run, kind, outcome)
    ) STRICT, WITHOUT ROWID;

    -- Runs whose counts are kept.
    CREATE TABLE kept_run (
        run    INTEGER PRIMARY KEY,
        erased TEXT                     -- when the last of its details went
    ) STRICT;
    CREATE INDEX kept_run_details ON kept_run (run) WHERE erased IS NULL;

    -- How far the run under way is; one row at most.
    CREATE TABLE progress (
        id                  INTEGER PRIMARY KEY CHECK (id = 1),
        run                 INTEGER NOT NULL,
        phase               TEXT NOT NULL,
        since               TEXT NOT NULL,
        done                INTEGER NOT NULL,
        total               INTEGER,
        salesforce_requests INTEGER NOT NULL,
        autotask_requests   INTEGER NOT NULL,
        updated             TEXT NOT NULL
    ) STRICT;

    -- When the ledger began to serve another organization or database.
    CREATE TABLE rebinding (
        id         INTEGER PRIMARY KEY,
        moment     TEXT NOT NULL,
        last_run   INTEGER NOT NULL,    -- the last run for the former ones
        kept_links INTEGER NOT NULL,
        was        TEXT NOT NULL,       -- JSON
        became     TEXT NOT NULL
    ) STRICT;

    -- How the records of the run under way are called. Emptied when it ends.
    CREATE TABLE record_name (
        kind          INTEGER NOT NULL,
        salesforce_id TEXT NOT NULL,
        name          TEXT NOT NULL,
        PRIMARY KEY (kind, salesforce_id)
    ) STRICT, WITHOUT ROWID;

    -- Refused records that somebody was told of, and a digest of the reason.
    CREATE TABLE told_refusal (
        kind          INTEGER NOT NULL,
        salesforce_id TEXT NOT NULL,
        reason        INTEGER NOT NULL,
        PRIMARY KEY (kind, salesforce_id)
    ) STRICT, WITHOUT ROWID;

    -- The Autotask resources that are to hear of runs, as last read.
    CREATE TABLE recipient (
        id        INTEGER PRIMARY KEY,
        first     TEXT NOT NULL,
        last      TEXT NOT NULL,
        email     TEXT NOT NULL,
        is_active INTEGER NOT NULL
    ) STRICT;

    -- What is told, until everybody it is for has it or it is too old.
    CREATE TABLE message (
        id     INTEGER PRIMARY KEY,
        made   INTEGER NOT NULL,        -- all moments here are milliseconds since 1970
        letter TEXT NOT NULL            -- JSON
    ) STRICT;

    -- Each way a message takes, kept for a while after it ended.
    CREATE TABLE delivery (
        id         INTEGER PRIMARY KEY,
        message    INTEGER NOT NULL,
        message_id TEXT NOT NULL,
        route      TEXT NOT NULL,
        addressees TEXT NOT NULL,       -- JSON; emptied when it ended
        state      TEXT NOT NULL,       -- waiting, accepted, refused, expired
        attempts   INTEGER NOT NULL DEFAULT 0,
        due        INTEGER NOT NULL,
        problem    TEXT,                -- why the last attempt failed
        ended      INTEGER,
        reported   INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX delivery_due ON delivery (due) WHERE state = 'waiting';
    CREATE INDEX delivery_message ON delivery (message);
", "
    -- The few decisions of a run that somebody looks for: without this, all of them are read to find some. A query has
    -- to repeat the condition, word by word, to be answered by it.
    CREATE INDEX decision_rare ON decision (run, outcome, kind, salesforce_id)
        WHERE outcome IN ('duplicate', 'held', 'orphan', 'deferred', 'un-mapped', 'gone', 'refused');
", "
    -- Contacts are looked for by their company and their key.
    DROP INDEX mirror_key;
    CREATE INDEX mirror_key ON mirror (key) WHERE kind = 0;
", "
    -- How often something changed that decides whether a parent company can be set, and how often it had when all of those
    -- that wait were looked at last.
    CREATE TABLE parent_change (
        number INTEGER NOT NULL,
        seen   INTEGER NOT NULL
    ) STRICT;
    INSERT INTO parent_change VALUES (1, 0);
    CREATE INDEX awaiting_parent_refused ON awaiting_parent (not_before) WHERE not_before IS NOT NULL;

    CREATE TRIGGER parent_awaited AFTER INSERT ON awaiting_parent
    BEGIN UPDATE parent_change SET number = number + 1; END;
    CREATE TRIGGER parent_replaced AFTER UPDATE OF parent ON awaiting_parent WHEN NEW.parent <> OLD.parent
    BEGIN UPDATE parent_change SET number = number + 1; END;

    CREATE TRIGGER parent_linked AFTER INSERT ON link WHEN NEW.kind = 0
    BEGIN UPDATE parent_change SET number = number + 1; END;
    CREATE TRIGGER parent_moved AFTER UPDATE OF target ON link WHEN NEW.kind = 0 AND NEW.target <> OLD.target
    BEGIN UPDATE parent_change SET number = number + 1; END;

    -- The company of a duplicate is that of the first.
    CREATE TRIGGER parent_waits AFTER INSERT ON waiting WHEN NEW.kind = 0 AND NEW.duplicate_of IS NOT NULL
    BEGIN UPDATE parent_change SET number = number + 1; END;
    CREATE TRIGGER parent_waits_otherwise AFTER UPDATE OF duplicate_of ON waiting
    WHEN NEW.kind = 0 AND NEW.duplicate_of IS NOT OLD.duplicate_of
    BEGIN UPDATE parent_change SET number = number + 1; END;

    CREATE TRIGGER parent_is_there AFTER INSERT ON mirror WHEN NEW.kind = 0
    BEGIN UPDATE parent_change SET number = number + 1; END;
", "
    -- Linked contacts that left the account of their link for none, or for one without a company. The link keeps that
    -- account, by which is seen where they moved from.
    CREATE TABLE strayed (
        salesforce_id TEXT NOT NULL PRIMARY KEY
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER strayed_unlinked AFTER DELETE ON link WHEN OLD.kind = 1
    BEGIN DELETE FROM strayed WHERE salesforce_id = OLD.salesforce_id; END;

    -- The rest of a link that ended, should its record be restored. Of those that ended before there is none.
    ALTER TABLE ended ADD COLUMN account TEXT;
    ALTER TABLE ended ADD COLUMN key INTEGER;
    ALTER TABLE ended ADD COLUMN base BLOB;

    -- What was linked again is looked at by its last run now, and heirs of what is gone are decided on anew.
    INSERT INTO meta SELECT 'run that linked pairs again', max(run.id) FROM run
        WHERE EXISTS (SELECT 1 FROM meta WHERE name = 'pairs taken apart in vain') HAVING max(run.id) IS NOT NULL;
    DELETE FROM meta WHERE name = 'pairs taken apart in vain';
    UPDATE waiting SET due = 1 WHERE EXISTS (SELECT 1 FROM chosen WHERE chosen.kind = waiting.kind
        AND chosen.salesforce_id = waiting.salesforce_id AND heir_of IS NOT NULL);
"];

/// Brings the ledger to the newest version. One that is there already is neither locked nor waited for.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    if missing_steps(connection)?.1.is_empty() {
        return Ok(());
    }
    // Another process may be at it; what is missing is known once this one has its turn.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (version, steps) = missing_steps(&transaction)?;
    for (step, next) in steps.iter().zip(version + 1..) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", next)?;
    }
    transaction.commit()?;
    Ok(())
}

/// The ledger's version, and the steps from there to the newest.
fn missing_steps(connection: &Connection) -> Result<(i64, &'static [&'static str]), LedgerError> {
    let version: i64 = connection.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    STEPS.get(done..).map(|steps| (version, steps)).ok_or(LedgerError::TooNew(version))
}

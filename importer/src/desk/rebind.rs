//! Letting a ledger serve another organization or database (rule R12).

use std::fmt;

use serde::Serialize;

use super::{DeskError, refused};
use crate::app::Importer;
use crate::sqlite::{Binding, Contents};

/// What the ledger serves, what the settings lead to, and what is at stake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rebinding {
    /// What the ledger serves.
    pub known: Binding,
    /// What the settings lead to.
    pub found: Binding,
    /// What the ledger holds about what it serves.
    pub holds: Contents,
}

/// What came of a rebinding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rebound {
    /// What the ledger served.
    pub was: Binding,
    /// What it serves now.
    pub became: Binding,
    /// What was dropped.
    pub dropped: Contents,
    /// Whether links were kept, as somebody said that both sides kept their ids.
    pub kept_links: bool,
}

/// Both of a binding, as people read it.
struct Named<'a>(&'a Binding);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "N/A".to_owned());
        write!(
            f,
            "Salesforce organization {}, Autotask {}",
            shown(&self.0.organization),
            shown(&self.0.database)
        )
    }
}

struct Listed<'a>(&'a Contents);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Contents { links, unmapped, chosen, uncertain, parents, waiting, mirrored } = self.0;
        write!(
            f,
            "{links} links, {unmapped} un-mapped pairs, {chosen} decisions of people, {uncertain} creates without an \
             answer, {parents} parents to be set, {waiting} records that wait, the keys of {mirrored} Autotask records"
        )
    }
}

impl Rebinding {
    /// Whether the settings lead elsewhere.
    pub fn changes(&self) -> bool {
        self.known != self.found && self.known != Binding::default()
    }
}

impl fmt::Display for Rebinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the ledger serves:    {}", Named(&self.known))?;
        writeln!(f, "the settings lead to: {}", Named(&self.found))?;
        if self.changes() {
            return writeln!(f, "the ledger holds:     {}", Listed(&self.holds));
        }
        let why = if self.known == self.found {
            "both are the same"
        } else {
            "the first import binds the ledger"
        };
        writeln!(f, "nothing to do: {why}")
    }
}

impl fmt::Display for Rebound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the ledger served:  {}", Named(&self.was))?;
        writeln!(f, "and serves now:     {}", Named(&self.became))?;
        if self.kept_links {
            writeln!(f, "kept, as both sides are said to have kept their ids: all links")?;
        } else {
            writeln!(f, "dropped: {}", Listed(&self.dropped))?;
            writeln!(
                f,
                "the next import finds out from the user-defined fields in Autotask, and from keys, what belongs together"
            )?;
        }
        if self.was.organization != self.became.organization && !self.kept_links {
            writeln!(
                f,
                "note: Autotask records that carry ids of the former organization stay linked to it; their user-defined \
                 fields have to be cleared there before others can be linked to them"
            )?;
        }
        writeln!(f, "runs so far stay listed; try `importer plan` before the next import")
    }
}

impl Importer {
    /// Signs in to both sides and compares them with what the ledger serves.
    pub async fn rebinding(&self) -> Result<Rebinding, DeskError> {
        let signed_in = self.ports.source.sign_in().await?;
        let database = self.ports.target.connect().await?;
        let found = Binding {
            organization: Some(signed_in.organization.to_string()),
            database: Some(database),
        };
        let (known, holds) = self.ledger.read(|tx| Ok((tx.binding()?, tx.contents()?)))?;
        Ok(Rebinding { known, found, holds })
    }

    /// Makes the ledger serve what the settings lead to. With `keep_links`, ids are said to mean the same there.
    ///
    /// This needs the lock of imports: one under way would go on writing ids of the former database down.
    pub fn rebind(&self, shown: &Rebinding, keep_links: bool) -> Result<Rebound, DeskError> {
        let _lock = self.ledger.lock()?;
        self.ledger.write(|tx| {
            if tx.binding()? != shown.known {
                return Ok(refused(
                    "meanwhile the ledger was rebound by somebody else; look again",
                ));
            }
            let dropped = tx.rebind(&shown.found, keep_links, self.ports.clock.now())?;
            let (was, became) = (shown.known.clone(), shown.found.clone());
            Ok(Ok(Rebound { was, became, dropped, kept_links: keep_links }))
        })?
    }
}

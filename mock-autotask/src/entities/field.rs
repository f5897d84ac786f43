//! What a field is: its type, its flags and what a create leaves in it.
//!
//! Lengths count UTF-16 units, as the vendor's database does. The builders below are there so that an entity's
//! table reads like the vendor's own field list.

use super::Entity;

/// The type of a field, in the vendor's words where they reach the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text of at most so many UTF-16 units.
    Text(u16),
    /// A whole number of 16 bits.
    Short,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// A number with a fraction.
    Double,
    /// True or false.
    Boolean,
    /// A moment in UTC.
    DateTime,
}

impl Kind {
    /// The word `entityInformation/fields` uses for this type.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Short => "short",
            Self::Integer => "integer",
            Self::Long => "long",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::DateTime => "datetime",
        }
    }

    /// The longest text such a field takes; 0 for what is no text, as the vendor reports it.
    pub fn length(self) -> u16 {
        match self {
            Self::Text(length) => length,
            _ => 0,
        }
    }

    /// The numbers a whole-number field takes.
    pub fn whole_numbers(self) -> Option<std::ops::RangeInclusive<i64>> {
        match self {
            Self::Short => Some(i64::from(i16::MIN)..=i64::from(i16::MAX)),
            Self::Integer => Some(i64::from(i32::MIN)..=i64::from(i32::MAX)),
            Self::Long => Some(i64::MIN..=i64::MAX),
            Self::Text(_) | Self::Double | Self::Boolean | Self::DateTime => None,
        }
    }
}

/// What a field's value points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// A record of an entity this mock has.
    To(Entity),
    /// A record of an entity this mock does not serve, of which the tenant has these ids.
    Elsewhere {
        /// The entity's name, as the vendor's messages spell it.
        name: &'static str,
        /// The ids there are.
        ids: &'static [i64],
    },
}

impl Reference {
    /// The name of the entity pointed at.
    pub fn name(self) -> &'static str {
        match self {
            Self::To(entity) => entity.definition().name,
            Self::Elsewhere { name, .. } => name,
        }
    }
}

/// What a create leaves in a field it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unset {
    /// Nothing: the field reads null.
    Null,
    /// An empty text.
    Empty,
    /// A text.
    Text(&'static str),
    /// A number, or a boolean as 0 or 1.
    Number(i64),
}

/// One field of an entity.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "the vendor's metadata has them")]
pub struct Field {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// A create needs it.
    pub required: bool,
    /// The server alone sets it.
    pub read_only: bool,
    /// A filter may name it.
    pub queryable: bool,
    /// Its values come from a list.
    pub picklist: bool,
    /// What its values point at.
    pub reference: Option<Reference>,
    /// Webhooks may watch it.
    pub webhook: bool,
    /// What a create leaves in it.
    pub unset: Unset,
}

impl Field {
    const fn new(name: &'static str, kind: Kind, unset: Unset) -> Self {
        Self {
            name,
            kind,
            required: false,
            read_only: false,
            queryable: true,
            picklist: false,
            reference: None,
            webhook: false,
            unset,
        }
    }

    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    pub(super) const fn not_queryable(mut self) -> Self {
        self.queryable = false;
        self
    }

    pub(super) const fn picklist(mut self) -> Self {
        self.picklist = true;
        self
    }

    pub(super) const fn refers_to(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
    }

    pub(super) const fn webhook(mut self) -> Self {
        self.webhook = true;
        self
    }

    pub(super) const fn unset(mut self, unset: Unset) -> Self {
        self.unset = unset;
        self
    }
}

pub(super) const fn text(name: &'static str, length: u16) -> Field {
    Field::new(name, Kind::Text(length), Unset::Empty)
}

pub(super) const fn short(name: &'static str) -> Field {
    Field::new(name, Kind::Short, Unset::Null)
}

pub(super) const fn integer(name: &'static str) -> Field {
    Field::new(name, Kind::Integer, Unset::Null)
}

pub(super) const fn long(name: &'static str) -> Field {
    Field::new(name, Kind::Long, Unset::Null)
}

pub(super) const fn double(name: &'static str) -> Field {
    Field::new(name, Kind::Double, Unset::Null)
}

pub(super) const fn boolean(name: &'static str) -> Field {
    Field::new(name, Kind::Boolean, Unset::Number(0))
}

pub(super) const fn datetime(name: &'static str) -> Field {
    Field::new(name, Kind::DateTime, Unset::Null)
}

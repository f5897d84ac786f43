//! SOQL, from text to parameterised SQL.
//!
//! `lexer` makes tokens, [`parser`] a typed tree ([`ast`]), `names` finds the fields a path means, `sql` writes
//! the statements. No piece of a query's text ever becomes SQL: names come from the schema, values are parameters.
//! What the mock does not know is refused with a message that names it.

pub mod ast;
mod dates;
mod error;
mod filter;
mod lexer;
mod names;
pub mod parser;
pub(crate) mod sql;
pub(crate) mod text;

pub(crate) use names::not_supported;

pub use error::{ErrorKind, SoqlError};

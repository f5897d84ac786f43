//! Reads the arguments of a call. An element the call does not have is refused by name.

use jiff::Timestamp;

use crate::org::ids::{AnyId, RecordId};
use crate::soap::envelope::{Element, Namespace};
use crate::soap::fault::{Fault, FaultDetail};

/// The element does not belong where it stands.
pub(super) fn misplaced(element: &Element) -> Fault {
    Fault::client(format!("Element {} invalid at this location", element.qualified_name()))
}

/// Refuses every argument but the named ones.
pub(super) fn only(call: &Element, names: &[&str]) -> Result<(), Fault> {
    let known = |element: &&Element| {
        element.namespace == Namespace::Partner && names.contains(&element.name.as_str())
    };
    match call.children.iter().find(|element| !known(element)) {
        Some(stranger) => Err(misplaced(stranger)),
        None => Ok(()),
    }
}

/// The text of an argument; none if it is missing or nil.
pub(super) fn text<'e>(call: &'e Element, name: &str) -> Option<&'e str> {
    let argument = call.children.iter().find(|element| element.name == name)?;
    (!argument.nil).then_some(argument.text.as_str())
}

/// The text of an argument that has to be there.
pub(super) fn required<'e>(call: &'e Element, name: &str) -> Result<&'e str, Fault> {
    text(call, name).ok_or_else(|| {
        Fault::client(format!("Missing required element {name} in {}", call.qualified_name()))
    })
}

/// The texts of an argument that may be repeated.
pub(super) fn texts<'e>(call: &'e Element, name: &'e str) -> impl Iterator<Item = &'e str> {
    call.children
        .iter()
        .filter(move |element| element.name == name && !element.nil)
        .map(|element| element.text.trim())
}

/// The record of this org an argument names, or the fault for something that is no id. `None` for a proper id that
/// names nothing here.
pub(super) fn record_id(text: &str) -> Result<Option<RecordId>, Fault> {
    AnyId::parse(text).map(AnyId::in_this_org).ok_or_else(|| {
        Fault::api("MALFORMED_ID", format!("malformed id {text}"), FaultDetail::InvalidId)
    })
}

/// The moment an argument names.
pub(super) fn moment(call: &Element, name: &str) -> Result<Timestamp, Fault> {
    let text = required(call, name)?;
    text.trim().parse().map_err(|_| {
        Fault::client(format!("'{text}' is not a valid value for the type xsd:dateTime"))
    })
}

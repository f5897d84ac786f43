//! Reads the envelope of a request.
//!
//! What comes in is bounded before it is understood: depth, number of elements and attributes. A document type
//! declaration is refused, so there are no entities but XML's own five. The result is a small tree in which names
//! carry their namespace; which elements make sense is for the call to say.

use quick_xml::NsReader;
use quick_xml::errors::IllFormedError;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// Elements inside one another.
const DEEPEST: usize = 32;

/// Elements of one request: 200 records of 100 fields, and room.
const MOST_ELEMENTS: usize = 50_000;

/// Attributes of one element.
const MOST_ATTRIBUTES: usize = 32;

/// A namespace, as far as the mock tells them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Namespace {
    /// None.
    None,
    /// SOAP 1.1's envelope.
    Envelope,
    /// The calls of the Partner API, their headers and results.
    Partner,
    /// The fields of records.
    SObject,
    /// `xsi`.
    SchemaInstance,
    /// Any other.
    Other(String),
}

impl Namespace {
    fn of(uri: &str) -> Self {
        match uri {
            "http://schemas.xmlsoap.org/soap/envelope/" => Self::Envelope,
            "urn:partner.soap.sforce.com" => Self::Partner,
            "urn:sobject.partner.soap.sforce.com" => Self::SObject,
            "http://www.w3.org/2001/XMLSchema-instance" => Self::SchemaInstance,
            "" => Self::None,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Its URI.
    pub fn uri(&self) -> &str {
        match self {
            Self::None => "",
            Self::Envelope => "http://schemas.xmlsoap.org/soap/envelope/",
            Self::Partner => "urn:partner.soap.sforce.com",
            Self::SObject => "urn:sobject.partner.soap.sforce.com",
            Self::SchemaInstance => "http://www.w3.org/2001/XMLSchema-instance",
            Self::Other(uri) => uri,
        }
    }
}

/// An element with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its local name.
    pub name: String,
    /// The value of `xsi:type`, as written.
    pub xsi_type: Option<String>,
    /// Whether `xsi:nil` is true.
    pub nil: bool,
    /// The text directly in it.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Self>,
}

impl Element {
    /// The name with its namespace, as the vendor writes it in messages.
    pub fn qualified_name(&self) -> String {
        format!("{{{}}}{}", self.namespace.uri(), self.name)
    }
}

/// A request taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The header's parts.
    pub headers: Vec<Element>,
    /// The call.
    pub call: Element,
}

/// Why a request was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// There is nothing to read.
    #[error("Premature end of file.")]
    Empty,
    /// The bytes are not UTF-8.
    #[error("Invalid byte {} of {}-byte UTF-8 sequence.", .0, .0)]
    NotUtf8(usize),
    /// The text is not well-formed XML.
    #[error("{0}")]
    NotWellFormed(String),
    /// There is a document type declaration.
    #[error(
        "DOCTYPE is disallowed when the feature \"http://apache.org/xml/features/disallow-doctype-decl\" set to true."
    )]
    Doctype,
    /// A bound of this mock was passed.
    #[error("the request has too many {0}")]
    TooMuch(&'static str),
    /// The document is no SOAP 1.1 envelope.
    #[error(
        "Unexpected element. Parser was expecting element 'http://schemas.xmlsoap.org/soap/envelope/:Envelope' but found '{0}'"
    )]
    NoEnvelope(String),
    /// The envelope has no body, or the body no call.
    #[error("The SOAP body is missing or holds no call")]
    NoCall,
    /// The envelope or the body holds something that does not belong there.
    #[error("Element {0} invalid at this location")]
    Misplaced(String),
}

/// Reads a request's envelope.
pub fn read(bytes: &[u8]) -> Result<Envelope, EnvelopeError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|error| EnvelopeError::NotUtf8(error.error_len().unwrap_or(1)))?;
    if text.trim().is_empty() {
        return Err(EnvelopeError::Empty);
    }
    open(tree(text)?)
}

fn open(root: Element) -> Result<Envelope, EnvelopeError> {
    if root.namespace != Namespace::Envelope || root.name != "Envelope" {
        return Err(EnvelopeError::NoEnvelope(format!("{}:{}", root.namespace.uri(), root.name)));
    }
    let mut headers = Vec::new();
    let mut call = None;
    for part in root.children {
        match part.name.as_str() {
            "Header" if part.namespace == Namespace::Envelope && call.is_none() => {
                headers.extend(part.children);
            }
            "Body" if part.namespace == Namespace::Envelope && call.is_none() => {
                let mut calls = part.children.into_iter();
                call = Some(calls.next().ok_or(EnvelopeError::NoCall)?);
                if let Some(second) = calls.next() {
                    return Err(EnvelopeError::Misplaced(second.qualified_name()));
                }
            }
            _ => return Err(EnvelopeError::Misplaced(part.qualified_name())),
        }
    }
    Ok(Envelope { headers, call: call.ok_or(EnvelopeError::NoCall)? })
}

fn tree(text: &str) -> Result<Element, EnvelopeError> {
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut elements = 0;
    let mut root = None;
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(parsers_words(&error, text, reader.error_position())),
        };
        match event {
            Event::Start(ref start) | Event::Empty(ref start) => {
                elements += 1;
                if elements > MOST_ELEMENTS {
                    return Err(EnvelopeError::TooMuch("elements"));
                }
                if open.len() == DEEPEST {
                    return Err(EnvelopeError::TooMuch("elements inside one another"));
                }
                if open.is_empty() && root.is_some() {
                    return Err(not_well_formed(
                        "The markup in the document following the root element must be well-formed.",
                    ));
                }
                open.push(element(&reader, start)?);
                if matches!(event, Event::Empty(_)) {
                    close(&mut open, &mut root)?;
                }
            }
            Event::End(_) => close(&mut open, &mut root)?,
            Event::Text(part) => append(&mut open, &part.xml10_content())?,
            Event::CData(part) => append(&mut open, &part.xml10_content())?,
            Event::GeneralRef(reference) => {
                let character = reference
                    .resolve_char_ref()
                    .map_err(|error| EnvelopeError::NotWellFormed(error.to_string()))?;
                match character {
                    Some(c) if is_xml_character(c) => {
                        append(&mut open, c.encode_utf8(&mut [0; 4]))?;
                    }
                    Some(_) => {
                        return Err(not_well_formed(
                            "Character reference is an invalid XML character.",
                        ));
                    }
                    None => {
                        let name = reference.into_inner();
                        let text = resolve_predefined_entity(&name).ok_or_else(|| {
                            EnvelopeError::NotWellFormed(format!(
                                "The entity \"{name}\" was referenced, but not declared."
                            ))
                        })?;
                        append(&mut open, text)?;
                    }
                }
            }
            Event::DocType(_) => return Err(EnvelopeError::Doctype),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    if let Some(unclosed) = open.last() {
        let message = format!(
            "XML document structures must start and end within the same entity: {} is open",
            unclosed.name
        );
        return Err(EnvelopeError::NotWellFormed(message));
    }
    root.ok_or(EnvelopeError::Empty)
}

/// The words of the parser behind Salesforce, for the mistakes clients make most.
fn parsers_words(error: &quick_xml::Error, text: &str, position: u64) -> EnvelopeError {
    let message = match error {
        quick_xml::Error::IllFormed(IllFormedError::UnclosedReference) => {
            let from = usize::try_from(position).unwrap_or(usize::MAX);
            unclosed_reference(text.get(from..).unwrap_or_default().trim_start_matches('&'))
        }
        quick_xml::Error::IllFormed(IllFormedError::MismatchedEndTag { expected, .. }) => {
            format!(
                "The element type \"{expected}\" must be terminated by the matching end-tag \"</{expected}>\"."
            )
        }
        other => other.to_string(),
    };
    EnvelopeError::NotWellFormed(message)
}

/// What is wrong about an `&` that is followed by `rest`.
fn unclosed_reference(rest: &str) -> String {
    let name: String = rest
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
        .collect();
    if name.is_empty() {
        return "The entity name must immediately follow the '&' in the entity reference."
            .to_owned();
    }
    format!("The reference to entity \"{name}\" must end with the ';' delimiter.")
}

fn not_well_formed(message: &str) -> EnvelopeError {
    EnvelopeError::NotWellFormed(message.to_owned())
}

fn close(open: &mut Vec<Element>, root: &mut Option<Element>) -> Result<(), EnvelopeError> {
    let closed = open.pop().ok_or_else(|| not_well_formed("an end tag without its start tag"))?;
    match open.last_mut() {
        Some(parent) => parent.children.push(closed),
        None => *root = Some(closed),
    }
    Ok(())
}

fn append(open: &mut [Element], text: &str) -> Result<(), EnvelopeError> {
    if !text.chars().all(is_xml_character) {
        return Err(not_well_formed(
            "An invalid XML character was found in the element content of the document.",
        ));
    }
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(not_well_formed("Content is not allowed in prolog.")),
    }
    Ok(())
}

const fn is_xml_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Element, EnvelopeError> {
    let (resolved, name) = reader.resolver().resolve_element(start.name());
    let namespace = match resolved {
        ResolveResult::Bound(namespace) => Namespace::of(namespace.into_inner()),
        ResolveResult::Unbound => Namespace::None,
        ResolveResult::Unknown(prefix) => return Err(unbound(&prefix, start)),
    };
    let mut element = Element {
        namespace,
        name: name.into_inner().to_owned(),
        xsi_type: None,
        nil: false,
        text: String::new(),
        children: Vec::new(),
    };
    for (place, attribute) in start.attributes().enumerate() {
        if place == MOST_ATTRIBUTES {
            return Err(EnvelopeError::TooMuch("attributes on one element"));
        }
        let attribute =
            attribute.map_err(|error| EnvelopeError::NotWellFormed(error.to_string()))?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (resolved, name) = reader.resolver().resolve_attribute(attribute.key);
        let namespace = match resolved {
            ResolveResult::Bound(namespace) => Namespace::of(namespace.into_inner()),
            ResolveResult::Unbound => Namespace::None,
            ResolveResult::Unknown(prefix) => return Err(unbound(&prefix, start)),
        };
        match (namespace, name.into_inner()) {
            (Namespace::SchemaInstance, "nil") => {
                element.nil = matches!(attribute.value.trim(), "true" | "1");
            }
            (Namespace::SchemaInstance, "type") => {
                element.xsi_type = Some(attribute.value.into_owned());
            }
            _ => {}
        }
    }
    Ok(element)
}

fn unbound(prefix: &str, start: &BytesStart<'_>) -> EnvelopeError {
    let name = start.name();
    let message =
        format!("The prefix \"{prefix}\" for element \"{}\" is not bound.", name.into_inner());
    EnvelopeError::NotWellFormed(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(body: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Header><SessionHeader><sessionId>s</sessionId></SessionHeader></e:Header><e:Body>{body}</e:Body></e:Envelope>"#
        )
    }

    fn call(body: &str) -> Element {
        read(envelope(body).as_bytes()).unwrap().call
    }

    fn error(body: &str) -> EnvelopeError {
        read(envelope(body).as_bytes()).unwrap_err()
    }

    #[test]
    fn headers_and_call_are_found_by_namespace_not_by_prefix() {
        let request = r#"<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header><p:SessionHeader xmlns:p="urn:partner.soap.sforce.com"><p:sessionId>x</p:sessionId></p:SessionHeader></S:Header><S:Body><q:logout xmlns:q="urn:partner.soap.sforce.com"/></S:Body></S:Envelope>"#;

        let envelope = read(request.as_bytes()).unwrap();

        assert_eq!(envelope.headers[0].name, "SessionHeader");
        assert_eq!(envelope.headers[0].children[0].text, "x");
        assert_eq!(
            (envelope.call.name.as_str(), envelope.call.namespace),
            ("logout", Namespace::Partner)
        );
    }

    #[test]
    fn text_comes_together_from_entities_cdata_and_character_references() {
        let call = call(
            "<query><queryString>a&lt;b<![CDATA[<&>]]>&#xe4;<!-- no -->&amp;</queryString></query>",
        );

        assert_eq!(call.children[0].text, "a<b<&>ä&");
    }

    #[test]
    fn nil_and_type_are_read_through_their_namespace() {
        let call = call(r#"<create><x xsi:nil="true"/><y xsi:type="xsd:string">v</y></create>"#);

        assert!(call.children[0].nil);
        assert_eq!(call.children[1].xsi_type.as_deref(), Some("xsd:string"));
    }

    #[test]
    fn a_document_type_is_refused_before_any_entity_is_looked_at() {
        let bomb =
            r#"<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><e>&lol2;</e>"#;

        assert_eq!(read(bomb.as_bytes()), Err(EnvelopeError::Doctype));
    }

    #[test]
    fn depth_number_and_attributes_are_bounded() {
        assert_eq!(
            error(&"<a>".repeat(100_000)),
            EnvelopeError::TooMuch("elements inside one another")
        );
        assert_eq!(
            error(&format!("<a>{}</a>", "<b/>".repeat(60_000))),
            EnvelopeError::TooMuch("elements")
        );
        let attributes: Vec<String> = (0..100).map(|n| format!(" a{n}=\"\"")).collect();
        assert_eq!(
            error(&format!("<a{}/>", attributes.concat())),
            EnvelopeError::TooMuch("attributes on one element")
        );
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for body in [
            "<a>",
            "</a>",
            "<a></b>",
            "<a>&nope;</a>",
            "<a>&#0;</a>",
            "<x:a/>",
            "<a>\u{1}</a>",
            "<a b='1' b='2'/>",
        ] {
            assert!(matches!(error(body), EnvelopeError::NotWellFormed(_)), "{body}");
        }
        assert_eq!(read(b"  "), Err(EnvelopeError::Empty));
        assert_eq!(read(b""), Err(EnvelopeError::Empty));
        assert!(matches!(read(b"<a>\xff</a>"), Err(EnvelopeError::NotUtf8(_))));
        assert!(matches!(read(b"plain"), Err(EnvelopeError::NotWellFormed(_))));
    }

    #[test]
    fn other_documents_and_empty_bodies_are_no_calls() {
        assert!(matches!(read(b"<html/>"), Err(EnvelopeError::NoEnvelope(_))));
        assert_eq!(error(""), EnvelopeError::NoCall);
        assert!(matches!(error("<a/><b/>"), EnvelopeError::Misplaced(_)));
    }
}

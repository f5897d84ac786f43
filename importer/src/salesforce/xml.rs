//! Walks through a SOAP answer without building a tree.
//!
//! [`Xml::child`] goes from child to child of the element it is in and collects the text between them, so a caller's
//! loops have the shape of the document. Names are compared without their prefix. An answer never has a document
//! type, so one that has is refused, and with it every entity but the five of XML. How deep, wide and long things are
//! is bounded too, so that reading takes no longer than the answer is long, and no more memory than a few times that.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::PrefixDeclaration;

use super::fault::without_session;
use crate::http::visible;

/// What SOAP 1.1's envelope is in.
const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// No answer of Salesforce's nests deeper.
const DEEPEST: usize = 32;

/// No element of Salesforce's has more attributes; namespaces are declared in them.
const MOST_ATTRIBUTES: usize = 32;

/// The fewest bytes an attribute takes: ` a=""`.
const SHORTEST_ATTRIBUTE: usize = 5;

/// No element's start, with its attributes, is longer, in bytes.
const LONGEST_START: usize = 8 * 1024;

/// No field's text is longer, in bytes: the longest have 131,072 characters.
const LONGEST_TEXT: usize = 1024 * 1024;

/// What is said of a problem is no longer, in characters.
const LONGEST_WORDS: usize = 300;

/// Why an answer cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum XmlError {
    /// It is something else, an outage's page for example. The text is what it says, shortened.
    #[error("the answer is no SOAP: {0:?}")]
    NotSoap(String),
    /// It ends too early.
    #[error("the answer ends after {0} bytes, before it is complete")]
    Truncated(u64),
    /// It breaks XML's rules, or those of the call.
    #[error("the answer cannot be read at byte {at}: {problem}")]
    Malformed {
        /// Where.
        at: u64,
        /// What is wrong.
        problem: String,
    },
    /// It has a document type, which SOAP forbids and attacks begin with.
    #[error("the answer has a document type, which no SOAP has, so nothing of it is read")]
    DocumentType,
    /// It is larger in some way than any that makes sense.
    #[error("the answer is beyond all bounds at byte {at}: {what}")]
    OutOfBounds {
        /// Where.
        at: u64,
        /// What there is too much of.
        what: String,
    },
}

/// The start of an element.
pub(crate) struct Tag<'x>(BytesStart<'x>);

impl Tag<'_> {
    /// The element's name without its prefix.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The element's name with its prefix, which is there without a search for it.
    pub(crate) fn name_as_written(&self) -> &str {
        self.0.name().into_inner()
    }

    /// Whether the element says that it has no value.
    pub(crate) fn is_nil(&self) -> bool {
        match self.0.attributes_raw() {
            "" => false,
            // As Salesforce writes it: a third of all fields are empty.
            " xsi:nil=\"true\"" => true,
            _ => self.0.attributes().flatten().any(|attribute| {
                attribute.key.local_name().into_inner() == "nil"
                    && matches!(attribute.value.as_ref(), "true" | "1")
            }),
        }
    }
}

/// A place in an answer.
pub(crate) struct Xml<'x> {
    reader: Reader<&'x [u8]>,
    depth: usize,
    /// The element just entered has no content.
    empty: bool,
}

impl<'x> Xml<'x> {
    /// Enters the body of an envelope and returns its first element, entered too.
    pub(crate) fn envelope(text: &'x str) -> Result<(Self, Tag<'x>), XmlError> {
        let start = text.trim_start_matches('\u{feff}').trim_start();
        if !start.is_empty() && !start.starts_with('<') {
            return Err(XmlError::NotSoap(told(text)));
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = true;
        let mut xml = Self { reader, depth: 0, empty: false };
        let root = match xml.child(&mut String::new()) {
            Ok(Some(root)) if is_envelope(&root) => root,
            Err(error @ (XmlError::Truncated(_) | XmlError::OutOfBounds { .. })) => {
                return Err(error);
            }
            Err(XmlError::DocumentType) if !is_page(start) => return Err(XmlError::DocumentType),
            _ => return Err(XmlError::NotSoap(told(text))),
        };
        drop(root);
        let blank = &mut String::new();
        while let Some(part) = xml.child(blank)? {
            if part.name() == "Body" {
                let Some(first) = xml.child(blank)? else { break };
                return Ok((xml, first));
            }
            xml.skip()?;
        }
        Err(xml.malformed("there is nothing in the body"))
    }

    /// Enters the next child of this element, or leaves the element if there is none. Text before either is
    /// appended to `text`.
    pub(crate) fn child(&mut self, text: &mut String) -> Result<Option<Tag<'x>>, XmlError> {
        if std::mem::take(&mut self.empty) {
            self.depth -= 1;
            return Ok(None);
        }
        loop {
            if text.len() > LONGEST_TEXT {
                return Err(self.out_of_bounds(format!("a text of more than {LONGEST_TEXT} bytes")));
            }
            match self.reader.read_event() {
                Ok(Event::Start(start)) => return self.enter(start, false),
                Ok(Event::Empty(start)) => return self.enter(start, true),
                Ok(Event::End(_)) => {
                    self.depth -= 1;
                    return Ok(None);
                }
                Ok(Event::Text(part)) => text.push_str(&part.xml10_content()),
                Ok(Event::CData(part)) => text.push_str(&part.xml10_content()),
                Ok(Event::GeneralRef(reference)) => match reference.resolve_char_ref() {
                    Ok(Some(character)) => text.push(character),
                    Ok(None) => match resolve_predefined_entity(&reference.xml10_content()) {
                        Some(character) => text.push_str(character),
                        None => return Err(self.malformed("an entity that XML does not have")),
                    },
                    Err(error) => return Err(self.malformed(error.to_string())),
                },
                Ok(Event::DocType(_)) => return Err(XmlError::DocumentType),
                Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_)) => {}
                Ok(Event::Eof) => return Err(XmlError::Truncated(self.reader.buffer_position())),
                Err(quick_xml::Error::Syntax(_)) => {
                    return Err(XmlError::Truncated(self.reader.buffer_position()));
                }
                Err(error) => return Err(self.malformed(error.to_string())),
            }
        }
    }

    fn enter(&mut self, start: BytesStart<'x>, empty: bool) -> Result<Option<Tag<'x>>, XmlError> {
        self.depth += 1;
        self.empty = empty;
        if self.depth > DEEPEST {
            return Err(self.out_of_bounds(format!("elements nested more than {DEEPEST} deep")));
        }
        if start.len() > LONGEST_START {
            return Err(self.out_of_bounds(format!("a tag of more than {LONGEST_START} bytes")));
        }
        // The parser takes whatever stands between two signs for a name, so an answer that is torn would look whole.
        if start.contains('<') {
            return Err(self.malformed("a tag within a tag"));
        }
        // Without the check for doubles, which takes the square of their number.
        if start.attributes_raw().len() > MOST_ATTRIBUTES * SHORTEST_ATTRIBUTE
            && start.attributes().with_checks(false).nth(MOST_ATTRIBUTES).is_some()
        {
            return Err(self.out_of_bounds(format!("more than {MOST_ATTRIBUTES} attributes")));
        }
        Ok(Some(Tag(start)))
    }

    /// Leaves this element, past whatever it still holds.
    pub(crate) fn skip(&mut self) -> Result<(), XmlError> {
        if std::mem::take(&mut self.empty) {
            self.depth -= 1;
            return Ok(());
        }
        let outside = self.depth - 1;
        let unread = &mut String::new();
        while self.depth > outside {
            unread.clear();
            self.child(unread)?;
        }
        Ok(())
    }

    /// Leaves this element and returns the text in it, its children's left out.
    pub(crate) fn text(&mut self) -> Result<String, XmlError> {
        let mut text = String::new();
        while self.child(&mut text)?.is_some() {
            self.skip()?;
        }
        Ok(text)
    }

    /// An error at this place.
    pub(crate) fn malformed(&self, problem: impl Into<String>) -> XmlError {
        // The parser quotes names, which somebody else chose.
        let problem: String =
            without_session(&problem.into()).chars().take(LONGEST_WORDS).collect();
        XmlError::Malformed { at: self.reader.buffer_position(), problem }
    }

    /// Too much of something at this place.
    pub(crate) fn out_of_bounds(&self, what: impl Into<String>) -> XmlError {
        XmlError::OutOfBounds { at: self.reader.buffer_position(), what: what.into() }
    }
}

/// Whether this is a page for people, which begins with HTML's document type.
fn is_page(start: &str) -> bool {
    let begin: String = start.chars().take(200).collect::<String>().to_ascii_lowercase();
    begin.contains("<!doctype html")
}

/// What a person may read of an answer that is no SOAP.
pub(super) fn told(page: &str) -> String {
    without_session(&visible(page)).to_owned()
}

fn is_envelope(root: &Tag<'_>) -> bool {
    let name = root.0.name();
    let prefix = name.prefix();
    name.local_name().into_inner() == "Envelope"
        && root.0.attributes().flatten().any(|attribute| {
            let declares = match (attribute.key.as_namespace_binding(), prefix) {
                (Some(PrefixDeclaration::Default), None) => true,
                (Some(PrefixDeclaration::Named(named)), Some(prefix)) => {
                    named == prefix.into_inner()
                }
                _ => false,
            };
            declares && attribute.value.as_ref() == ENVELOPE
        })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn envelope(body: &str) -> String {
        format!(
            r#"<s:Envelope xmlns:s="{ENVELOPE}"><s:Header/><s:Body>{body}</s:Body></s:Envelope>"#
        )
    }

    fn text_of(body: &str) -> Result<String, XmlError> {
        let text = envelope(body);
        let (mut xml, _) = Xml::envelope(&text)?;
        xml.text()
    }

    #[test]
    fn text_survives_in_whatever_pieces_it_comes() {
        let body =
            "<x> a &amp; <![CDATA[<b> &amp;]]>&#233;<!-- c -->&lt;\u{1F600}&#xD;\n null </x>";

        assert_eq!(text_of(body).unwrap(), " a & <b> &amp;é<\u{1F600}\r\n null ");
    }

    #[test]
    fn a_page_of_an_outage_is_named_by_what_it_says() {
        let page = "<html><head><title>Down</title></head><body>We are down for maintenance.</body></html>";

        let error = Xml::envelope(page).err().unwrap();

        assert_eq!(
            error.to_string(),
            r#"the answer is no SOAP: "Down We are down for maintenance.""#
        );
    }

    #[test]
    fn what_is_no_markup_is_no_soap_and_nothing_at_all_is_cut_off() {
        for text in ["Service Unavailable", "{\"error\":\"invalid_grant\"}", " \n-"] {
            assert!(matches!(Xml::envelope(text).err(), Some(XmlError::NotSoap(_))), "{text}");
        }
        for text in ["", "\u{feff}", " \r\n", "<", "<?xml"] {
            assert!(matches!(Xml::envelope(text).err(), Some(XmlError::Truncated(_))), "{text}");
        }
    }

    #[test]
    fn an_answer_that_is_quoted_keeps_its_session_to_itself() {
        let fault = "<x>Invalid Session ID: Illegal Session, missing session key: 00D!AQ</x>";
        let newer = envelope(fault).replace(ENVELOPE, "http://www.w3.org/2003/05/soap-envelope");

        let error = Xml::envelope(&newer).err().unwrap().to_string();

        assert_eq!(error, r#"the answer is no SOAP: "Invalid Session ID: Illegal Session""#);
    }

    #[test]
    fn an_envelope_of_another_kind_is_no_soap() {
        let newer = envelope("<x/>").replace(ENVELOPE, "http://www.w3.org/2003/05/soap-envelope");

        assert!(matches!(Xml::envelope(&newer).err(), Some(XmlError::NotSoap(_))));
    }

    #[test]
    fn what_lies_between_two_records_is_not_jumped_over() {
        let torn = text_of("<x><y>one</y><z>two<<<<<<<<y>three</y></z></x>");

        assert!(matches!(torn, Err(XmlError::Malformed { .. })), "{torn:?}");
    }

    #[test]
    fn every_truncation_is_noticed() {
        let whole = envelope("<x><y>text &amp; more</y></x>");
        for length in 0..whole.len() {
            let read = Xml::envelope(&whole[..length]).and_then(|(mut xml, _)| xml.text());
            // What is cut after the first element of the body is complete does not matter.
            if !whole[..length].contains("</x>") {
                assert!(read.is_err(), "{}", &whole[..length]);
            }
        }
    }

    #[test]
    fn a_document_type_is_refused_before_any_of_its_entities_is_read() {
        let mut laughs = "<!DOCTYPE lolz [<!ENTITY lol0 \"lol\">".to_owned();
        for level in 1..10 {
            let ten = format!("&lol{};", level - 1).repeat(10);
            write!(laughs, "<!ENTITY lol{level} \"{ten}\">").unwrap();
        }
        let bomb = format!("<?xml version=\"1.0\"?>{laughs}]>{}", envelope("<x>&lol9;</x>"));
        let outside = "<!DOCTYPE x [<!ENTITY file SYSTEM \"file:///etc/passwd\">]>";
        for text in [bomb, format!("{outside}{}", envelope("<x>&file;</x>"))] {
            let error = Xml::envelope(&text).err().unwrap();

            assert!(matches!(error, XmlError::DocumentType), "{error}");
            assert!(error.to_string().contains("document type"), "{error}");
        }

        // Within the envelope there is no place for one.
        assert!(text_of("<x><!DOCTYPE x [<!ENTITY b \"c\">]>&b;</x>").is_err());
    }

    #[test]
    fn there_are_five_entities_and_no_more() {
        assert_eq!(text_of("<x>&amp;&lt;&gt;&quot;&apos;</x>").unwrap(), "&<>\"'");
        for unknown in ["&b;", "&nbsp;", "&;", "&#0;", "&#x110000;", "&#xD800;", "&#99999999999;"] {
            let read = text_of(&format!("<x>{unknown}</x>"));

            assert!(matches!(read, Err(XmlError::Malformed { .. })), "{unknown}: {read:?}");
        }
    }

    #[track_caller]
    fn assert_out_of_bounds(read: Result<String, XmlError>, what: &str) {
        let error = read.unwrap_err();
        assert!(matches!(error, XmlError::OutOfBounds { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }

    #[test]
    fn what_nests_ten_thousand_deep_is_refused() {
        let deep = format!("<x>{}{}</x>", "<a>".repeat(10_000), "</a>".repeat(10_000));

        assert_out_of_bounds(text_of(&deep), "nested more than 32 deep");
        assert_out_of_bounds(text_of(&format!("<x>{}", "<a>".repeat(10_000))), "nested");
    }

    #[test]
    fn giant_and_countless_attributes_are_refused() {
        let giant = format!("<x a=\"{}\"/>", "v".repeat(10_000_000));
        let mut countless = "<x".to_owned();
        for number in 0..200 {
            write!(countless, " a{number}=\"\"").unwrap();
        }

        assert_out_of_bounds(text_of(&format!("<o>{giant}</o>")), "a tag of more than 8192 bytes");
        assert_out_of_bounds(text_of(&format!("<o>{countless}/></o>")), "more than 32 attributes");
        assert_out_of_bounds(text_of(&format!("<o><{}/></o>", "n".repeat(9_000))), "a tag");
    }

    #[test]
    fn a_root_that_is_out_of_bounds_is_said_to_be() {
        let root = envelope("<x/>").replacen(
            "<s:Envelope",
            &format!("<s:Envelope a=\"{}\"", "v".repeat(9_000)),
            1,
        );

        assert!(matches!(Xml::envelope(&root).err(), Some(XmlError::OutOfBounds { .. })));
    }

    #[test]
    fn a_text_that_never_ends_is_given_up() {
        let endless = "a".repeat(LONGEST_TEXT + 1);
        let references = "&#97;".repeat(LONGEST_TEXT + 1);
        let sections = "<![CDATA[aaaaaaaaaaaaaaaa]]>".repeat(LONGEST_TEXT / 16 + 1);
        for text in [endless, references, sections] {
            // Whether or not it ends after all.
            assert_out_of_bounds(text_of(&format!("<x>{text}")), "a text of more than");
            assert_out_of_bounds(text_of(&format!("<x>{text}</x>")), "a text of more than");
        }
        let long = "a".repeat(LONGEST_TEXT);
        assert_eq!(text_of(&format!("<x>{long}</x>")).unwrap(), long);
    }

    #[test]
    fn wrongly_closed_elements_are_refused() {
        assert!(matches!(text_of("<x><y></x></y>"), Err(XmlError::Malformed { .. })));
    }
}

//! What holds for any input: no text a client sends brings the readers down.

use mock_salesforce::soap::envelope;
use mock_salesforce::soql::parser;
use proptest::prelude::*;

/// Pieces SOQL is made of, so that random texts come near to queries.
fn soql() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("SELECT "),
        Just("FROM "),
        Just("WHERE "),
        Just("ORDER BY "),
        Just("LIMIT "),
        Just("OFFSET "),
        Just("NOT "),
        Just("AND "),
        Just("OR "),
        Just("IN "),
        Just("LIKE "),
        Just("NULLS LAST "),
        Just("FOR VIEW "),
        Just("COUNT()"),
        Just("("),
        Just(")"),
        Just(","),
        Just("."),
        Just("= "),
        Just("<> "),
        Just("Id "),
        Just("Account "),
        Just("'"),
        Just("\\"),
        Just("\n"),
        Just("2024-02-30T25:61:61Z "),
        Just("1e999 "),
        Just("-"),
        Just("LAST_N_DAYS:"),
        Just("99999999999999999999"),
        Just("null "),
        Just("ü"),
        Just("😀"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Pieces XML is made of.
fn xml() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<a>"),
        Just("</a>"),
        Just("<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\">"),
        Just("<e:Body>"),
        Just("</e:Body>"),
        Just("</e:Envelope>"),
        Just("<b/>"),
        Just("&amp;"),
        Just("&x;"),
        Just("&#"),
        Just("&#x110000;"),
        Just("<![CDATA["),
        Just("]]>"),
        Just("<!--"),
        Just("-->"),
        Just("<!DOCTYPE a>"),
        Just("<?pi?>"),
        Just("xmlns:e=\"\""),
        Just("<"),
        Just(">"),
        Just("\""),
        Just("text"),
        Just("\u{0}"),
        Just("ü"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_refused_query_is_explained_with_its_own_message(query in prop_oneof![soql(), any::<String>()]) {
        if let Err(error) = parser::parse(&query) {
            prop_assert!(error.explain(&query).ends_with(&error.message));
            if let Some(at) = error.at {
                prop_assert!(at.row >= 1 && at.column >= 1);
            }
        }
    }

    #[test]
    fn an_envelope_is_read_or_refused(bytes in prop_oneof![xml().prop_map(String::into_bytes), any::<Vec<u8>>()]) {
        if let Ok(envelope) = envelope::read(&bytes) {
            prop_assert!(!envelope.call.name.is_empty());
        }
    }

    #[test]
    fn text_put_into_an_envelope_comes_out_as_it_was(text in "[^\\x00-\\x08\\x0b\\x0c\\x0d\\x0e-\\x1f\\u{fffe}\\u{ffff}]*") {
        let escaped = quick_xml::escape::escape(&text);
        let request = format!("<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><a>{escaped}</a></e:Body></e:Envelope>");
        prop_assert_eq!(envelope::read(request.as_bytes()).unwrap().call.text, text);
    }
}

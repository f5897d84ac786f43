//! Answers beyond all bounds: refused with the reason, and not asked for again.

use std::fmt::Write;

use importer::domain::model::Account;
use importer::ports::Source;
use importer::salesforce::query_result;

use super::*;
use crate::wire::all_of;

/// What becomes of an import's first question when it is answered with this.
async fn refusal(body: &str) -> String {
    let world = World::new().await;
    world.answer("query", xml(200, body)).await;

    let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

    assert_eq!(world.requests("query").await.len(), 1, "it was asked for again");
    all_of(&error)
}

#[tokio::test]
async fn a_billion_laughs_are_not_unfolded() {
    let mut laughs = "<!DOCTYPE lolz [<!ENTITY lol0 \"lol\">".to_owned();
    for level in 1..10 {
        let ten = format!("&lol{};", level - 1).repeat(10);
        write!(laughs, "<!ENTITY lol{level} \"{ten}\">").unwrap();
    }
    let page = FIRST_PAGE.replace("M&amp;M", "&lol9;");
    assert_ne!(page, FIRST_PAGE);
    let at = page.find("<soapenv:Envelope").unwrap();

    let error = refusal(&format!("{}{laughs}]>{}", &page[..at], &page[at..])).await;
    let without_type = refusal(&page).await;

    assert!(error.contains("document type"), "{error}");
    assert!(without_type.contains("an entity that XML does not have"), "{without_type}");
}

#[tokio::test]
async fn deep_nesting_giant_attributes_and_endless_texts_are_refused() {
    let with = |what: &str| FIRST_PAGE.replacen("<done>", &format!("{what}<done>"), 1);
    for (what, reason) in [
        ("<a>".repeat(10_000), "nested more than"),
        (format!("<a b=\"{}\"/>", "c".repeat(20_000)), "a tag of more than"),
        (format!("<a {}/>", "b=\"\" ".repeat(40)), "attributes"),
    ] {
        let error = refusal(&with(&what)).await;

        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_page_with_more_records_than_salesforce_sends_is_refused() {
    let page = |records: usize| {
        let mut text = concat!(
            r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">"#,
            "<soapenv:Body><queryResponse><result><done>true</done>"
        )
        .to_owned();
        for number in 0..records {
            write!(
                text,
                "<records><Id>001{number:012}</Id><SystemModstamp>2026-02-28T10:00:00Z</SystemModstamp></records>"
            )
            .unwrap();
        }
        text + "<size>7</size></result></queryResponse></soapenv:Body></soapenv:Envelope>"
    };

    assert_eq!(query_result::<Account>(&page(2_000)).unwrap().records.len(), 2_000);
    let error = query_result::<Account>(&page(2_001)).unwrap_err();
    assert!(all_of(&error).contains("a page of more than 2000 records"), "{}", all_of(&error));
}

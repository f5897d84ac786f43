//! The organization's requests of a day: what is left to others, and what is said once they are used up.

use importer::ports::{Source, SourceError};

use super::*;
use crate::wire::all_of;

/// A fixture whose header tells of so many of 1,000 requests.
fn with_usage(body: &str, used: u64) -> ResponseTemplate {
    let (head, rest) = body.split_once("<current>").unwrap();
    let (_, rest) = rest.split_once("</limit>").unwrap();
    xml(200, &format!("{head}<current>{used}</current><limit>1000</limit>{rest}"))
}

async fn leaving(percent: u64) -> World {
    let world = World::silent().await;
    let salesforce = salesforce_at(&world.server.uri(), &world.clock).leaving(percent);
    let world = World { salesforce, ..world };
    world.answer("login", world.signed_in(SESSION)).await;
    world
}

#[tokio::test]
async fn the_last_part_of_the_day_is_left_to_others() {
    let world = leaving(10).await;
    world.answer("getServerTimestamp", with_usage(SERVER_TIME, 899)).await;
    world.answer("query", with_usage(FIRST_PAGE, 900)).await;
    world.answer("queryMore", xml(200, LAST_PAGE)).await;

    world.salesforce.sign_in().await.unwrap();
    let page = world.salesforce.accounts(&window(), from_the_start()).await.unwrap();
    let next = PageAsk::Next(page.next.unwrap());
    let refused = world.salesforce.accounts(&window(), next.clone()).await.unwrap_err();
    let again = world.salesforce.accounts(&window(), next).await.unwrap_err();

    for error in [refused, again] {
        assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
        let text = all_of(&error);
        assert!(text.contains("900 of the 1000") && text.contains("leave_percent"), "{text}");
    }
    assert!(world.requests("queryMore").await.is_empty());
    assert!(world.clock.pauses().is_empty(), "waiting would take hours");
}

#[tokio::test]
async fn an_organization_whose_day_is_used_up_is_told_what_helps() {
    let world = World::new().await;
    let used_up = fault("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    world.answer("query", used_up).await;

    let error = world.salesforce.accounts(&window(), from_the_start()).await.unwrap_err();

    let text = all_of(&error);
    for words in ["used up its API requests", "goes on by itself", "TotalRequests", "Setup"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(world.requests("query").await.len(), 1);
}

//! The table of fields held against both systems, and the chart of the runs.

use mock_autotask::{Effect, FaultRule};
use mock_kit::world::Size;
use mock_salesforce::{FieldSettings, ObjectKind};

use super::{Service, stage};

/// The row of a page's table that is about one Autotask field, of companies unless it occurs in contacts alone.
fn row<'a>(page: &'a str, target: &str) -> &'a str {
    let before = page.find(&format!("<td>{target}")).unwrap_or_else(|| panic!("{target}: {page}"));
    let start = page[..before].rfind("<tr>").unwrap();
    page[start..].split("</tr>").next().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_are_held_against_both_systems_when_somebody_asks() {
    let (mut stage, clock) = stage(Size::of(6, 9)).await;
    stage.settings.more.insert("field_policies".to_owned(), "company.phone=autotask".to_owned());
    let hidden = FieldSettings { visible: Some(false), picklist: None };
    stage.salesforce.org().set_field(ObjectKind::Account, "Fax", &hidden).unwrap();
    let mut service = Service::signed_in(stage, clock).await;
    let asked = service.stage.salesforce.calls().get("describeSObject").copied().unwrap_or(0);

    let before = service.client.page("/mapping").await;
    let asked_for_a_look = service.stage.salesforce.calls().get("describeSObject").copied();
    let live = service.client.page("/mapping?live=1").await;

    assert_eq!(asked_for_a_look.unwrap_or(0), asked, "a look asks nobody in Salesforce");
    assert!(before.contains("<dt>Salesforce</dt><dd>not asked yet</dd>"), "{before}");
    assert!(row(&before, "phone").contains("<td>autotask</td>"), "{before}");
    assert!(row(&live, "fax").contains("the Salesforce user does not see it"), "{live}");
    assert!(row(&live, "companyName").contains("the rest is cut"), "{live}");
    assert!(row(&live, "companyName").contains("(required)"), "{live}");
    let of_type = row(&live, "companyType");
    assert!(of_type.contains("no counterpart in Autotask: "), "{of_type}");
    assert!(of_type.contains("Customer - Direct"), "{of_type}");
    assert!(!row(&live, "classification").contains("class=\"badge bad\""), "{live}");
    assert!(row(&live, "emailAddress").contains("<td>salesforce</td>"), "{live}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_answer_is_said_and_the_last_import_knows_the_rest() {
    let mut service = Service::with_somebody(Size::of(4, 4)).await;
    service.import().await;
    let down = Effect::Status { status: 503, body: String::new() };
    let rule = FaultRule { call: None, times: None, ..FaultRule::next("", down) };
    service.stage.autotask.spoil(rule);

    let page = service.client.page("/mapping?live=1").await;

    assert!(page.contains("now it cannot be asked: "), "{page}");
    assert!(row(&page, "companyName").contains("the rest is cut"), "{page}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_latest_runs_are_drawn_and_said_in_words() {
    let mut service = Service::with_somebody(Size::of(40, 80)).await;
    service.import().await;
    service.import().await;

    let page = service.client.page("/runs").await;

    let chart = page.split("<svg").nth(1).unwrap().split("</svg>").next().unwrap();
    assert!(
        chart.contains("role=\"img\"")
            && chart.contains("aria-labelledby=\"chart-title chart-words\"")
    );
    assert!(chart.contains("Records by outcome in the last 2 runs"), "{chart}");
    assert!(chart.contains("class=\"of-created\"") && chart.contains("Run 1: "), "{chart}");
    assert!(!page.contains("style="), "the policy allows no style in a page");
    service.stop().await;
}

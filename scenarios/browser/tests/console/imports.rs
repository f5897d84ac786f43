//! Launching an import, watching it, and deciding what the next one does.

use mock_autotask::{Effect, FaultRule};
use mock_kit::world::Size;
use scenarios::rest::{id_of, udf_of};

use super::{House, LAUNCH, Tested};

const FIELD: &str = "Salesforce Company ID";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn launch_shows_progress_as_it_goes_and_what_became_of_it() -> Tested {
    let house = House::with_somebody(Size::of(40, 40)).await?;
    let browser = &house.browser;
    // Slow enough to be watched, until it has been.
    let slow = FaultRule::next("POST Companies", Effect::Delay { milliseconds: 1_000 });
    house.stage.autotask.spoil(FaultRule { times: None, ..slow });

    let before = browser.text().await?;
    browser.click(LAUNCH).await?;
    // A page that was loaded anew would not know the mark.
    let begun = "window.mark = 'here'; return document.querySelector('[data-live]') !== null";
    browser.until("the run's progress", begun, &[]).await?;
    let shown: String =
        browser.ask("return document.querySelector('[data-live]').innerText", &[]).await?;
    let moved = "return window.mark === 'here' \
                 && document.querySelector('[data-live]').innerText !== arguments[0]";
    browser.until("more progress", moved, &[shown.into()]).await?;
    house.stage.autotask.heal();
    house.ended(1).await?;
    let after = browser.text().await?;

    assert_eq!(before.matches("N/A").count(), 2, "neither a last nor a next import: {before}");
    assert!(after.contains("Last import") && after.contains("created"), "{after}");
    assert_eq!(browser.complaints().await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn a_held_account_is_picked_and_the_next_import_links_it() -> Tested {
    let house = House::with_somebody(Size::of(40, 80)).await?;
    let browser = &house.browser;
    house.import(1).await?;

    house.open("/attention").await?;
    let form = "form[action='/record/link']";
    let account: String = browser
        .ask(&format!("return document.querySelector(\"{form} [name=id]\").value"), &[])
        .await?;
    let choice = format!("{form} [name=choice]");
    let company: String =
        browser.ask(&format!("return document.querySelector(\"{choice}\").value"), &[]).await?;
    browser.click(&choice).await?;
    browser.click(&format!("{form} button")).await?;
    browser.reads(&format!("links {account} to Autotask company {company}")).await?;
    house.import(2).await?;
    house.open(&format!("/record?id={account}")).await?;
    let history = browser.text().await?;

    assert!(history.contains(&format!("linked to company {company}")), "{history}");
    let companies = house.stage.rest().all("Companies").await?;
    let linked = companies.iter().filter(|row| udf_of(row, FIELD) == Some(&account));
    assert_eq!(linked.map(id_of).collect::<Vec<_>>(), [company.parse::<i64>()?]);
    Ok(())
}

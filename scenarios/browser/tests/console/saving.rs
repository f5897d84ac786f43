//! Settings: what is wrong stands beside its field, what is right is saved, and the service goes by it.

use std::sync::Arc;
use std::time::Duration;

use importer::domain::report::RunState;
use importer::ports::Clock;
use importer::system_clock::SystemClock;
use mock_kit::world::Size;
use scenarios::clock::ManualClock;

use super::{House, Tested};

const INTERVAL: &str = "[name='settings.interval_minutes']";
/// How often something is looked for, and the pause between two looks.
const LOOKS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

const QUIET: &str = "[name='notifications.quiet']";

async fn save(house: &House) -> Tested {
    Ok(house.browser.click(".save button").await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn what_is_wrong_stands_beside_the_field_until_it_is_right() -> Tested {
    let house = House::with_somebody(Size::of(4, 4)).await?;
    let browser = &house.browser;
    let beside = "const field = document.querySelector(arguments[0]); \
                  return field.closest('.field').innerText + field.getAttribute('aria-invalid')";

    house.open("/settings").await?;
    browser.fill(INTERVAL, "soon").await?;
    save(&house).await?;
    browser.reads("Nothing was saved").await?;
    let wrong: String = browser.ask(beside, &[INTERVAL.into()]).await?;
    let kept: String = browser
        .ask("return document.querySelector(arguments[0]).value", &[INTERVAL.into()])
        .await?;
    browser.fill(INTERVAL, "30").await?;
    save(&house).await?;
    browser.reads("Saved.").await?;
    house.open("/settings").await?;
    let right: String = browser.ask(beside, &[INTERVAL.into()]).await?;
    let saved: String = browser
        .ask("return document.querySelector(arguments[0]).value", &[INTERVAL.into()])
        .await?;

    assert!(wrong.contains("must be a whole number") && wrong.ends_with("true"), "{wrong}");
    assert_eq!(kept, "soon", "what was typed is still there");
    assert!(!right.contains("must be a whole number") && right.ends_with("null"), "{right}");
    assert_eq!(saved, "30");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn active_is_agreed_to_and_quiet_keeps_scheduled_imports_without_news_from_writing() -> Tested
{
    let clock = Arc::new(ManualClock::default());
    let house = House::on(Size::of(4, 4), &clock).await?;
    let browser = &house.browser;
    house.sign_in().await?;

    house.open("/settings").await?;
    browser.choose("[name='settings.active']", "true").await?;
    browser.choose(QUIET, "true").await?;
    save(&house).await?;
    browser.reads("The first import would do this").await?;
    let before = browser.text().await?;
    browser.click("form[action='/activate'] button").await?;
    browser.reads("General").await?;
    tick(&house, &clock, 1).await?;
    mails(&house, 1).await?;
    tick(&house, &clock, 2).await?;
    house.open("/settings").await?;
    browser.choose(QUIET, "false").await?;
    save(&house).await?;
    browser.reads("Saved.").await?;
    tick(&house, &clock, 3).await?;
    mails(&house, 2).await?;

    assert!(before.contains("created"), "{before}");
    let mut subjects = Vec::new();
    for mail in house.stage.mail.taken() {
        subjects.push(mail.read()?.subject);
    }
    assert!(subjects[0].contains("created"), "{subjects:?}");
    assert!(subjects[1].contains("nothing new"), "the second run told nobody: {subjects:?}");
    Ok(())
}

/// The next tick of the schedule, and the run it begins.
async fn tick(house: &House, clock: &ManualClock, run: usize) -> Tested {
    clock.advance(Duration::from_mins(20));
    for _ in 0..LOOKS {
        let runs = house.service.importer.ledger.read(|tx| tx.runs(10))?;
        // A run that is closed holds the ledger for a moment longer.
        if runs.len() == run && house.service.importer.ledger.lock().is_ok() {
            assert_eq!(runs[0].state, RunState::Completed);
            return Ok(());
        }
        SystemClock.sleep(PAUSE).await;
    }
    Err(format!("run {run} did not come about").into())
}

/// Waits until so many mails have come, and no more.
async fn mails(house: &House, count: usize) -> Tested {
    for _ in 0..LOOKS {
        if house.stage.mail.taken().len() >= count {
            break;
        }
        SystemClock.sleep(PAUSE).await;
    }
    assert_eq!(house.stage.mail.taken().len(), count);
    Ok(())
}

//! All of it with a keyboard alone.

use mock_kit::world::Size;
use secrecy::ExposeSecret;
use thirtyfour::Key;

use super::{House, Tested};

/// What has the focus: how it is called, and whether that can be seen.
const FOCUS: &str = "const focus = document.activeElement, style = getComputedStyle(focus); \
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; \
    const box = focus.getBoundingClientRect(); \
    const inside = box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight; \
    const label = focus.getAttribute('aria-label') || focus.innerText || focus.labels?.[0]?.innerText || focus.name || ''; \
    return [focus.tagName, label.trim(), outlined && inside]";

/// What can have the focus, in the order of the page.
const STOPS: &str = "return [...document.querySelectorAll( \
    'a[href], button:not(:disabled), input:not([type=hidden]):not(:disabled), select, textarea, [tabindex=\"0\"]')] \
    .filter((each) => each.checkVisibility()).length";

/// Where in the page the focus is.
const PLACE: &str = "return [...document.querySelectorAll('*')].indexOf(document.activeElement)";

/// An element, its name, and whether people see that it has the focus.
type Focus = (String, String, bool);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn somebody_signs_in_launches_and_opens_the_run_without_a_mouse() -> Tested {
    let house = House::with(Size::of(20, 20)).await?;
    let browser = &house.browser;
    house.open("/").await?;

    // The field has the focus as the page opens.
    browser.reads("Password").await?;
    browser.type_in(house.service.token.expose_secret()).await?;
    browser.press(Key::Enter).await?;
    browser.reads("Next Scheduled Import").await?;
    tab_to(&house, "Launch").await?;
    browser.press(Key::Space).await?;
    house.ended(1).await?;
    tab_to(&house, "run 1").await?;
    browser.press(Key::Enter).await?;
    browser.reads("Records by outcome").await?;

    assert!(browser.address().await?.ends_with("/runs/1"), "{}", browser.address().await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn the_tab_key_stops_at_everything_in_order_and_is_seen_there() -> Tested {
    let house = House::with_somebody(Size::of(20, 20)).await?;
    let browser = &house.browser;
    house.import(1).await?;

    for page in ["/", "/runs", "/runs/1", "/attention", "/record", "/settings"] {
        house.open(page).await?;
        let stops: usize = browser.ask(STOPS, &[]).await?;
        let mut places: Vec<u64> = Vec::new();
        for stop in 0..stops {
            browser.press(Key::Tab).await?;
            let (tag, label, is_seen): Focus = browser.ask(FOCUS, &[]).await?;
            assert!(is_seen, "{page}: nobody sees that {tag} {label:?} has the focus");
            if stop == 0 {
                assert_eq!(label, "Skip to the content", "{page}");
            }
            places.push(browser.ask(PLACE, &[]).await?);
        }
        // Radio buttons of a group are one stop, so a round may be shorter than the number of fields.
        let round = places
            .iter()
            .skip(1)
            .position(|place| *place <= places[0])
            .map_or(stops, |end| end + 1);
        assert!(
            places[..round].is_sorted(),
            "{page}: the order is not that of the page: {places:?}"
        );
        assert!(round > 5, "{page}: {places:?}");
    }
    Ok(())
}

/// Presses Tab until the focus is on what is called so.
async fn tab_to(house: &House, label: &str) -> Tested {
    let mut passed = Vec::new();
    for _ in 0..100 {
        house.browser.press(Key::Tab).await?;
        let (_, found, _): Focus = house.browser.ask(FOCUS, &[]).await?;
        if found == label {
            return Ok(());
        }
        passed.push(found);
    }
    Err(format!("the Tab key does not lead to {label}, only to {passed:?}").into())
}

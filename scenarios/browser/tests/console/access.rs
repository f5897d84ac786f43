//! What every page owes to people with weak eyes, with none, or with a phone.

use browser::{Scheme, Screen};
use mock_kit::world::Size;

use super::{House, Tested};

/// Every page for whoever is signed in: those that the navigation leads to, and those behind them.
async fn pages(house: &House) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut pages = house.places().await?;
    pages.push(house.record().await?);
    let more = ["/runs/1", "/record?id=nonsense", "/activate", "/attention/held", "/no-such-page"];
    pages.extend(more.map(str::to_owned));
    Ok(pages)
}

/// A service after an import, with somebody signed in, and its pages.
async fn house() -> Result<(House, Vec<String>), Box<dyn std::error::Error>> {
    let house = House::with_somebody(Size::of(40, 80)).await?;
    house.import(1).await?;
    let pages = pages(&house).await?;
    Ok((house, pages))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn texts_and_edges_have_contrast_in_light_and_in_dark() -> Tested {
    let (house, mut pages) = house().await?;
    pages.push("/sign-in".to_owned());
    let browser = &house.browser;

    for scheme in [Scheme::Light, Scheme::Dark] {
        browser.look(Screen::Wide, scheme).await?;
        for page in &pages {
            house.open(page).await?;
            assert_eq!(browser.faint().await?, Vec::<String>::new(), "{page} in {scheme:?}");
        }
        let ground: String =
            browser.ask("return getComputedStyle(document.body).backgroundColor", &[]).await?;
        assert_eq!(ground == "rgb(245, 246, 248)", scheme == Scheme::Light, "{ground}");
    }
    // The measure would notice.
    browser
        .ask::<bool>("document.querySelector('h1').style.color = '#333'; return true", &[])
        .await?;
    assert_eq!(browser.faint().await?.len(), 1, "dark grey on dark grey is faint");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn whatever_can_be_used_has_a_name_and_every_page_a_language_and_one_heading() -> Tested {
    const USED: [&str; 10] = [
        "button",
        "link",
        "textbox",
        "searchbox",
        "combobox",
        "listbox",
        "checkbox",
        "radio",
        "spinbutton",
        "progressbar",
    ];
    let (house, mut pages) = house().await?;
    pages.push("/sign-in".to_owned());
    let browser = &house.browser;

    for page in &pages {
        house.open(page).await?;
        let announced = browser.announced().await?;
        let used: Vec<_> =
            announced.iter().filter(|each| USED.contains(&each.role.as_str())).collect();
        assert!(!used.is_empty(), "{page}: {announced:?}");
        let nameless: Vec<_> = used.iter().filter(|each| each.name.is_empty()).collect();
        assert!(nameless.is_empty(), "{page}: {nameless:?}");
        for landmark in ["main", "banner"] {
            assert!(announced.iter().any(|each| each.role == landmark), "{page} has no {landmark}");
        }
        let (language, headings, title): (String, u32, String) = browser
            .ask(
                "return [document.documentElement.lang, document.querySelectorAll('h1').length, document.title]",
                &[],
            )
            .await?;
        assert_eq!((language.as_str(), headings), ("en", 1), "{page}");
        assert!(title.ends_with(" · Importer"), "{page}: {title}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn a_phone_shows_every_page_in_its_width() -> Tested {
    const WIDER: &str = "return [...document.querySelectorAll('body *')].filter((each) => \
        each.getBoundingClientRect().right > 390 && !each.closest('.scroll')).map((each) => each.outerHTML.slice(0, 80))";
    let (house, mut pages) = house().await?;
    pages.push("/sign-in".to_owned());
    let browser = &house.browser;
    browser.look(Screen::Phone, Scheme::Light).await?;

    for page in &pages {
        house.open(page).await?;
        let widths: (u32, u32) =
            browser.ask("return [document.documentElement.scrollWidth, innerWidth]", &[]).await?;
        let wider: Vec<String> = browser.ask(WIDER, &[]).await?;
        assert_eq!(widths, (390, 390), "{page} is wider than a phone: {wider:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn no_page_has_anything_that_its_policy_keeps_out() -> Tested {
    let (house, pages) = house().await?;
    let browser = &house.browser;

    for page in &pages {
        house.open(page).await?;
        assert_eq!(browser.complaints().await?, Vec::<String>::new(), "{page}");
    }
    // The log would tell.
    let script = "document.body.append(Object.assign(document.createElement('script'), { textContent: '1' })); return true";
    browser.ask::<bool>(script, &[]).await?;
    let complaints = browser.complaints().await?;
    assert!(
        complaints.iter().any(|text| text.contains("Content Security Policy")),
        "{complaints:?}"
    );
    Ok(())
}

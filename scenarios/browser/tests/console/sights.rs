//! Pictures of each page, for people to look at: `target/screenshots`.

use std::path::Path;

use browser::{Scheme, Screen};
use mock_kit::world::Size;

use super::{House, Tested};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn every_page_is_pictured() -> Tested {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    std::fs::create_dir_all(&folder)?;
    let house = House::with_somebody(Size::of(200, 500)).await?;
    let browser = &house.browser;
    house.import(1).await?;
    let mut pages = Vec::new();
    for place in house.places().await? {
        let name = place.trim_matches('/').to_owned();
        pages.push((if name.is_empty() { "general".to_owned() } else { name }, place));
    }
    pages.push(("run".to_owned(), "/runs/1".to_owned()));
    pages.push(("history".to_owned(), house.record().await?));
    for (screen, scheme, suffix) in [
        (Screen::Wide, Scheme::Light, ""),
        (Screen::Wide, Scheme::Dark, "-dark"),
        (Screen::Phone, Scheme::Light, "-phone"),
    ] {
        browser.look(screen, scheme).await?;
        for (name, page) in &pages {
            house.open(page).await?;
            let file = folder.join(format!("{name}{suffix}.png"));
            browser.picture(&file).await?;
            assert!(std::fs::read(&file)?.starts_with(b"\x89PNG"), "{}", file.display());
        }
    }
    Ok(())
}

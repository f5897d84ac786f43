//! Who gets in, and which forms count.

use mock_kit::world::Size;
use secrecy::ExposeSecret;
use thirtyfour::cookie::SameSite;

use super::{House, LAUNCH, Tested};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn a_wrong_token_is_refused_and_the_right_one_leads_where_somebody_wanted_to_go() -> Tested {
    let house = House::with(Size::default()).await?;
    let browser = &house.browser;

    house.open("/runs?before=7").await?;
    browser.fill("#password", "no such token").await?;
    browser.click("main button").await?;
    browser.reads("That is not the password.").await?;
    let refused: bool = browser
        .ask("return document.querySelector('#password').matches('[aria-invalid=true]')", &[])
        .await?;
    let seen: String = browser.ask("return document.querySelector('#password').value", &[]).await?;
    browser.fill("#password", house.service.token.expose_secret()).await?;
    browser.click("main button").await?;
    browser.reads("Sign out").await?;

    assert!(refused && seen.is_empty(), "the field is marked, and empty again");
    assert!(browser.address().await?.ends_with("/runs?before=7"), "{}", browser.address().await?);
    let legible: String = browser.ask("return document.cookie", &[]).await?;
    assert_eq!(legible, "", "no script can read a cookie");
    let cookies = browser.cookies().await?;
    assert_eq!(cookies.len(), 2, "the guest's and the session's: {cookies:?}");
    assert!(cookies.iter().all(|cookie| cookie.same_site == Some(SameSite::Strict)), "{cookies:?}");
    browser.click(".leave button").await?;
    browser.reads("Password").await?;
    house.open("/runs").await?;
    assert!(browser.address().await?.contains("/sign-in"), "signed out is out");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn a_form_without_its_word_does_nothing() -> Tested {
    let house = House::with_somebody(Size::of(4, 4)).await?;
    let browser = &house.browser;

    let forge = "document.querySelector(arguments[0]).value = 'a guess'; return true";
    let word = "form[action='/launch'] [name=word]";
    browser.ask::<bool>(forge, &[word.into()]).await?;
    browser.click(LAUNCH).await?;
    browser.reads("not from a page of this console").await?;
    house.open("/").await?;

    let text = browser.text().await?;
    assert!(!text.contains("run 1"), "nothing was launched: {text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(browser), ignore = "not run: there is no chromium with its chromedriver")]
async fn a_session_that_is_over_launches_nothing() -> Tested {
    let house = House::with_somebody(Size::of(4, 4)).await?;
    let browser = &house.browser;

    browser.forget_cookies().await?;
    browser.click(LAUNCH).await?;
    browser.reads("Your session is over; nothing was done").await?;
    house.sign_in().await?;

    let text = browser.text().await?;
    assert!(!text.contains("run 1"), "nothing was launched: {text}");
    Ok(())
}

//! A real browser, for tests of the console: headless Chromium, driven over `WebDriver`.
//!
//! Everything waits for what it expects and fails with what the page says instead. The tests keep pictures of each page in
//! `target/screenshots`; two of them are in `docs/screenshots`, to be copied there when the pages change.

use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use importer::ports::Clock;
use importer::system_clock::SystemClock;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use thirtyfour::common::log::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, Cookie, Key};

/// Measures contrasts, see there.
const CONTRAST: &str = include_str!("contrast.js");

/// How often something is looked for, and the pause between two looks.
const LOOKS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// Why a page is not as it was expected.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The driver's program did not start.
    #[error("chromedriver did not start")]
    Start(#[from] io::Error),
    /// The browser did not do what it was told.
    #[error(transparent)]
    Driver(#[from] WebDriverError),
    /// What was waited for did not come.
    #[error("{0} did not come about; {1} shows:\n{2}")]
    Missing(String, String, String),
}

/// The driver's program, until it is dropped. The browser hangs on to it by a pipe, and ends with it.
#[derive(Debug)]
struct Driver {
    program: Child,
    /// It would end if nobody could hear it any more.
    said: BufReader<ChildStdout>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// A browser with one window.
#[derive(Debug)]
pub struct Browser {
    // In the order in which they have to go.
    window: WebDriver,
    _driver: Driver,
    _profile: TempDir,
}

/// How large the window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// That of a computer.
    Wide,
    /// That of a phone.
    Phone,
}

/// Which colours people asked their browser for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What a browser tells those who cannot see of something they can use or should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// What it is, in the words of ARIA.
    pub role: String,
    /// How it is called.
    pub name: String,
}

impl Browser {
    /// Starts one, wide and light.
    pub async fn start() -> Result<Self, BrowserError> {
        let (driver, port) = start_driver()?;
        let profile = TempDir::with_prefix("browser-")?;
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in [
            "--headless",
            // Whoever is root cannot have a sandbox. The pages are our own.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--remote-debugging-pipe",
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            capabilities.add_arg(argument)?;
        }
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        let window = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await?;
        let browser = Self { window, _driver: driver, _profile: profile };
        browser.look(Screen::Wide, Scheme::Light).await?;
        Ok(browser)
    }

    /// Looks at pages with this screen and these colours from now on.
    pub async fn look(&self, screen: Screen, scheme: Scheme) -> Result<(), BrowserError> {
        let (width, height, is_phone) = match screen {
            Screen::Wide => (1_200, 900, false),
            Screen::Phone => (390, 844, true),
        };
        let cdp = self.window.cdp();
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone });
        cdp.send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
        let wish = json!({ "name": "prefers-color-scheme", "value": scheme.name() });
        cdp.send_raw("Emulation.setEmulatedMedia", json!({ "features": [wish] })).await?;
        Ok(())
    }

    /// Opens an address.
    pub async fn open(&self, url: &str) -> Result<(), BrowserError> {
        Ok(self.window.goto(url).await?)
    }

    /// The address of the page.
    pub async fn address(&self) -> Result<String, BrowserError> {
        Ok(self.window.current_url().await?.to_string())
    }

    /// What people read on the page.
    pub async fn text(&self) -> Result<String, BrowserError> {
        self.ask("return document.body.innerText", &[]).await
    }

    /// The value of a script in the page.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: &[Json],
    ) -> Result<T, BrowserError> {
        Ok(self.window.execute(script, arguments).await?.convert()?)
    }

    /// Waits until a script in the page returns true; `what` names that.
    pub async fn until(
        &self,
        what: &str,
        script: &str,
        arguments: &[Json],
    ) -> Result<(), BrowserError> {
        for _ in 0..LOOKS {
            // While a page gives way to another one, nothing can be asked.
            if self.ask::<bool>(script, arguments).await.unwrap_or(false) {
                return Ok(());
            }
            SystemClock.sleep(PAUSE).await;
        }
        Err(BrowserError::Missing(what.to_owned(), self.address().await?, self.text().await?))
    }

    /// Waits until people can read this on the page.
    pub async fn reads(&self, text: &str) -> Result<(), BrowserError> {
        let script = "return document.body.innerText.includes(arguments[0])";
        self.until(&format!("the text {text:?}"), script, &[text.into()]).await
    }

    async fn element(&self, css: &str) -> Result<WebElement, BrowserError> {
        let script = "return document.querySelector(arguments[0]) !== null";
        self.until(css, script, &[css.into()]).await?;
        Ok(self.window.find(By::Css(css)).await?)
    }

    /// Clicks on what a selector finds first.
    pub async fn click(&self, css: &str) -> Result<(), BrowserError> {
        let element = self.element(css).await?;
        element.scroll_into_view().await?;
        Ok(element.click().await?)
    }

    /// Types into a field in place of what it holds.
    pub async fn fill(&self, css: &str, text: &str) -> Result<(), BrowserError> {
        let field = self.element(css).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Chooses a value of a list.
    pub async fn choose(&self, css: &str, value: &str) -> Result<(), BrowserError> {
        Ok(self.element(&format!("{css} option[value=\"{value}\"]")).await?.click().await?)
    }

    /// Presses a key, wherever the focus is.
    pub async fn press(&self, key: Key) -> Result<(), BrowserError> {
        let keys = self.window.action_chain().send_keys(key);
        Ok(keys.perform().await?)
    }

    /// Types, wherever the focus is.
    pub async fn type_in(&self, text: &str) -> Result<(), BrowserError> {
        let keys = self.window.action_chain().send_keys(text);
        Ok(keys.perform().await?)
    }

    /// The cookies of the page's host.
    pub async fn cookies(&self) -> Result<Vec<Cookie>, BrowserError> {
        Ok(self.window.get_all_cookies().await?)
    }

    /// Forgets them.
    pub async fn forget_cookies(&self) -> Result<(), BrowserError> {
        Ok(self.window.delete_all_cookies().await?)
    }

    /// What the page complained about since this was last asked: errors of scripts, and what its policy kept out.
    pub async fn complaints(&self) -> Result<Vec<String>, BrowserError> {
        let log = self.window.browser_log().await?;
        // A refusal that was meant to be one is logged as well.
        let is_complaint = |text: &str| !text.contains("Failed to load resource");
        let severe = log.into_iter().filter(|entry| entry.level == "SEVERE");
        Ok(severe.map(|entry| entry.message).filter(|text| is_complaint(text)).collect())
    }

    /// Texts and edges of fields that people with weak eyes may not see, each in a line.
    pub async fn faint(&self) -> Result<Vec<String>, BrowserError> {
        self.ask(CONTRAST, &[]).await
    }

    /// What the page tells those who cannot see it.
    pub async fn announced(&self) -> Result<Vec<Announced>, BrowserError> {
        let tree = self.window.cdp().send_raw("Accessibility.getFullAXTree", json!({})).await?;
        let nodes = tree["nodes"].as_array().into_iter().flatten();
        let text = |node: &Json, property: &str| {
            node[property]["value"].as_str().unwrap_or_default().trim().to_owned()
        };
        let heard = nodes.filter(|node| node["ignored"] != true);
        Ok(heard
            .map(|node| Announced { role: text(node, "role"), name: text(node, "name") })
            .collect())
    }

    /// Keeps a picture of what the window shows.
    pub async fn picture(&self, file: &Path) -> Result<(), BrowserError> {
        Ok(self.window.screenshot(file).await?)
    }
}

/// Starts the driver's program; returns it and its port.
fn start_driver() -> io::Result<(Driver, u16)> {
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut program = command.spawn()?;
    let said = program.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut driver = Driver { program, said: BufReader::new(said) };
    let mut line = String::new();
    while driver.said.read_line(&mut line)? > 0 {
        let port = line.trim_end().strip_prefix("ChromeDriver was started successfully on port ");
        if let Some(port) = port.and_then(|port| port.trim_end_matches('.').parse().ok()) {
            return Ok((driver, port));
        }
        line.clear();
    }
    Err(io::Error::other("it named no port"))
}

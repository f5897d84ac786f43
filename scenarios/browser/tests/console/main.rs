//! The console as people meet it: in a real browser, with eyes, without, on a phone, and with a keyboard alone.
//!
//! Without a browser nothing of this is run, and each test says so.

mod access;
mod door;
mod imports;
mod keyboard;
mod saving;
mod sights;

use std::error::Error;
use std::sync::Arc;

use browser::Browser;
use importer::ports::Clock;
use importer::system_clock::SystemClock;
use mock_kit::world::Size;
use scenarios::clock::ManualClock;
use scenarios::service::Service;
use scenarios::stage::{Plan, Stage};
use secrecy::ExposeSecret;

/// How a test ends.
type Tested = Result<(), Box<dyn Error>>;

/// A service, and somebody in front of a browser.
struct House {
    browser: Browser,
    service: Service,
    stage: Stage,
}

impl House {
    /// Both systems with so much in them, in the present.
    async fn with(size: Size) -> Result<Self, Box<dyn Error>> {
        Self::at(size, mock_kit::clock::system(), Arc::new(SystemClock)).await
    }

    /// The same on a clock that moves only when it is told to.
    async fn on(size: Size, clock: &Arc<ManualClock>) -> Result<Self, Box<dyn Error>> {
        Self::at(size, Arc::<ManualClock>::clone(clock), Arc::<ManualClock>::clone(clock)).await
    }

    async fn at(
        size: Size,
        theirs: Arc<dyn mock_kit::clock::Clock>,
        ours: Arc<dyn Clock>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut stage = Stage::set(&Plan { seed: 3, size }, theirs).await?;
        "Autotask Administrator".clone_into(&mut stage.settings.default_account_manager);
        let service = Service::start(&stage, ours).await?;
        Ok(Self { browser: Browser::start().await?, service, stage })
    }

    /// The same, signed in.
    async fn with_somebody(size: Size) -> Result<Self, Box<dyn Error>> {
        let house = Self::with(size).await?;
        house.sign_in().await?;
        Ok(house)
    }

    /// Opens a page of the console, and waits until it does not load itself anew any more.
    async fn open(&self, path: &str) -> Tested {
        self.browser.open(&format!("{}{path}", self.service.console)).await?;
        let settled = "return !document.querySelector('meta[http-equiv=refresh]')";
        Ok(self.browser.until("a page that stays", settled, &[]).await?)
    }

    /// The pages that the navigation leads to.
    async fn places(&self) -> Result<Vec<String>, Box<dyn Error>> {
        self.open("/").await?;
        let links = "return [...document.querySelectorAll('nav li a')].map((link) => link.getAttribute('href'))";
        let places: Vec<String> = self.browser.ask(links, &[]).await?;
        assert!(places.len() >= 5, "{places:?}");
        Ok(places)
    }

    /// The page of the first company that the first run created.
    async fn record(&self) -> Result<String, Box<dyn Error>> {
        self.open("/runs/1?outcome=created").await?;
        let link = "return document.querySelector('main a.id').getAttribute('href')";
        Ok(self.browser.ask(link, &[]).await?)
    }

    async fn sign_in(&self) -> Tested {
        self.open("/").await?;
        self.browser.fill("#password", self.service.token.expose_secret()).await?;
        self.browser.click("main button").await?;
        Ok(self.browser.reads("Next Scheduled Import").await?)
    }

    /// Launches an import and watches it to its end; the number of the run has to be this.
    async fn import(&self, run: i64) -> Tested {
        self.open("/").await?;
        self.browser.click(LAUNCH).await?;
        self.ended(run).await
    }

    /// Waits until the page shows that this run has ended.
    async fn ended(&self, run: i64) -> Tested {
        let link = format!("main dd a[href=\"/runs/{run}\"]");
        Ok(self.browser.until(&format!("the end of run {run}"), ENDED, &[link.into()]).await?)
    }
}

/// The button that launches an import.
const LAUNCH: &str = "form[action='/launch'] button";

/// Whether nothing goes on, and the last import is the one with this link.
const ENDED: &str = "return !document.querySelector('[data-live]') && document.querySelector(arguments[0]) !== null";

//! Asking the service for an import at once (rule S4).
//!
//! Service and console share one importer: whoever launches asks the service, which alone imports, and is told whether
//! that has begun. The importer travels the other way, anew whenever the settings changed.

use std::future::pending;

use tokio::sync::{mpsc, oneshot, watch};

use crate::app::Importer;
use crate::domain::ids::RunId;

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launched {
    /// The import has begun.
    Begun(Option<RunId>),
    /// Another one is running, in this process or another.
    Running(Option<RunId>),
    /// It cannot begin, for this reason.
    Failed(String),
}

/// Orders that wait for the service. It takes them at any time, so more are a sign of a service that has ended.
const WAITING: usize = 8;

/// Asks the service.
#[derive(Clone)]
pub struct Launcher {
    orders: mpsc::Sender<Order>,
    importer: watch::Receiver<Importer>,
}

/// What the service is asked for.
pub struct Orders {
    orders: mpsc::Receiver<Order>,
    importer: watch::Sender<Importer>,
}

/// Somebody who wants an import.
pub(crate) struct Order(oneshot::Sender<Launched>);

/// Both ends, for a service that begins with this importer.
pub fn channel(importer: &Importer) -> (Launcher, Orders) {
    let (ask, orders) = mpsc::channel(WAITING);
    let (tell, current) = watch::channel(importer.clone());
    (Launcher { orders: ask, importer: current }, Orders { orders, importer: tell })
}

impl Launcher {
    /// Has an import begin at once, or says why not.
    pub async fn launch(&self) -> Launched {
        let ended = || Launched::Failed("the service is about to end".to_owned());
        let (answer, answered) = oneshot::channel();
        if self.orders.send(Order(answer)).await.is_err() {
            return ended();
        }
        answered.await.unwrap_or_else(|_| ended())
    }

    /// The service's importer, with the settings it goes by now.
    pub fn importer(&self) -> Importer {
        self.importer.borrow().clone()
    }
}

impl Orders {
    /// Waits for the next order.
    pub(crate) async fn next(&mut self) -> Order {
        match self.orders.recv().await {
            Some(order) => order,
            // Nobody is left who could ask.
            None => pending().await,
        }
    }

    /// Shows which importer the service goes by from now on.
    pub(crate) fn renew(&self, importer: &Importer) {
        self.importer.send_replace(importer.clone());
    }
}

impl Order {
    /// Tells whoever asked. Nobody minds if they have left.
    pub(crate) fn answer(self, launched: Launched) {
        let _ = self.0.send(launched);
    }
}

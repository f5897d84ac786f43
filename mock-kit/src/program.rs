//! What both binaries do alike.

/// Ctrl-C or, where there is such a thing, SIGTERM. From when it is made none is missed.
pub struct StopSignal {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl StopSignal {
    #[cfg(unix)]
    /// From now on the signals are waited for.
    pub fn expected() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(not(unix))]
    /// From now on the signals are waited for.
    pub fn expected() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    /// Completes when one comes.
    pub async fn received(mut self) -> std::io::Result<()> {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => Ok(()),
            _ = self.terminate.recv() => Ok(()),
        }
    }

    #[cfg(not(unix))]
    /// Completes when one comes.
    pub async fn received(self) -> std::io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}

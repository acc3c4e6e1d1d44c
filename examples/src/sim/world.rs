//! One simulated world: a network, a server on it, and clients for it.

use crate::sim::{
    client::Client,
    document::SIZE,
    network::{GilbertElliott, Knobs, Network, Preset, Tap},
    place::{Place, call_seed},
    server::{Server, URL},
};
use http::Uri;
use std::{
    future::Future,
    io,
    sync::atomic::{AtomicU64, Ordering},
};
use tokio::runtime;

/// What a world is a function of.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// The run's seed: the same seed gives the same bytes.
    pub seed: u64,
    /// The loss; none on a perfect network.
    pub loss: Option<GilbertElliott>,
    /// The network's settings.
    pub knobs: Knobs,
    /// The length of the document in bytes.
    pub size: usize,
    /// The share of responses in which the server lies (0..1).
    pub lies: f64,
}

/// A world in motion, within its own runtime.
#[derive(Debug)]
pub struct World {
    network: Network,
    seed: u64,
    calls: AtomicU64,
}

impl Settings {
    /// The talk's loss and document under the default preset, with an honest server.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            loss: Some(GilbertElliott::TALK),
            knobs: Preset::default().knobs(),
            size: SIZE,
            lies: 0.0,
        }
    }
}

impl World {
    /// Builds a world with a paused clock, runs `visit` in it to its end, and tears it down.
    ///
    /// # Errors
    /// If the runtime cannot be built.
    pub fn run<F: Future>(settings: Settings, visit: impl FnOnce(World) -> F) -> io::Result<F::Output> {
        Self::run_tapped(settings, None, visit)
    }

    /// The same, with the network's packets taken down.
    ///
    /// # Errors
    /// If the runtime cannot be built.
    pub fn run_tapped<F: Future>(
        settings: Settings,
        tap: Option<Tap>,
        visit: impl FnOnce(World) -> F,
    ) -> io::Result<F::Output> {
        let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        Ok(runtime.block_on(async move {
            let network = Network::start_tapped(settings.seed, settings.loss, settings.knobs, tap);
            Server::new(settings.seed, settings.size, settings.lies).start(&network);
            visit(World { network, seed: settings.seed, calls: AtomicU64::new(0) }).await
        }))
    }

    /// The network that the world stands on.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }
}

impl Place for World {
    fn client(&self) -> Client {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        Client::new(self.network.clone(), call_seed(self.seed, call))
    }

    fn uri(&self) -> Uri {
        Uri::from_static(URL)
    }
}

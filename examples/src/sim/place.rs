//! Where calls go: the simulated world, or a server of the real one.

use crate::sim::{
    client::Client,
    random::{Purpose, Random},
};
use http::Uri;
use std::{
    future::Future,
    io,
    sync::atomic::{AtomicU64, Ordering},
};
use tokio::runtime;

/// Hands out a client for each call, and says what is to be fetched.
pub trait Place: Send + Sync + 'static {
    /// A client for the next call, with counters of its own.
    fn client(&self) -> Client;

    /// Where the document is.
    fn uri(&self) -> Uri;
}

/// A document on the real network.
#[derive(Debug)]
pub struct RealNetwork {
    uri: Uri,
    seed: u64,
    calls: AtomicU64,
}

impl RealNetwork {
    /// The document at this address; the seed is for the jitter of the calls.
    #[must_use]
    pub fn new(uri: Uri, seed: u64) -> Self {
        Self { uri, seed, calls: AtomicU64::new(0) }
    }

    /// Runs `visit` to its end in real time: the clock is not paused.
    ///
    /// # Errors
    /// If the runtime cannot be built.
    pub fn run<F: Future>(self, visit: impl FnOnce(Self) -> F) -> io::Result<F::Output> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(runtime.block_on(visit(self)))
    }
}

impl Place for RealNetwork {
    fn client(&self) -> Client {
        Client::over_tcp(call_seed(self.seed, self.calls.fetch_add(1, Ordering::Relaxed)))
    }

    fn uri(&self) -> Uri {
        self.uri.clone()
    }
}

/// The seed of a run's call, for its policies.
pub(crate) fn call_seed(seed: u64, call: u64) -> u64 {
    Random::new(seed.wrapping_add(call << 32), Purpose::Calls).next_u64()
}

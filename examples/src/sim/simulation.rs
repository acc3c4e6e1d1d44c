//! One run of somebody's own client over the simulated network.

use crate::sim::network::{GilbertElliott, Knobs, Lossy, Network, Preset, Traffic};
use std::{error::Error, fmt, future::Future, io, panic, time::Duration};
use tokio::{
    runtime,
    task::yield_now,
    time::{Instant, timeout},
};

/// A network to try a client on: its loss, its delay, and the seed of everything random in it.
///
/// ```
/// use axum::{Router, routing::get};
/// use bytes::Bytes;
/// use http::Request;
/// use http_body_util::{BodyExt, Full};
/// use hyper_util::{client::legacy::Client, rt::{TokioExecutor, TokioTimer}};
/// use network_lab::sim::{GilbertElliott, Simulation};
/// use std::time::Duration;
///
/// for seed in 0..5 {
///     let network = Simulation::new(seed)
///         .loss(GilbertElliott::independent(0.02))
///         .delay(Duration::from_millis(40));
///     let run = network.run(|network| async move {
///         network.serve(80, Router::new().route("/", get(|| async { "hello" })));
///         let client = Client::builder(TokioExecutor::new())
///             .pool_timer(TokioTimer::new())
///             .build(network.connector());
///         let response = client.request(Request::get("http://server/").body(Full::<Bytes>::default())?).await?;
///         Ok::<_, tower::BoxError>(response.into_body().collect().await?.to_bytes())
///     })?;
///     assert_eq!(run.output.unwrap(), "hello");
///     assert!(run.took >= Duration::from_millis(160), "a connection takes a round trip, and so does a request");
/// }
/// # Ok::<(), network_lab::sim::SimulationError>(())
/// ```
///
/// # What a run is a function of
///
/// The seed and the code: the same seed gives the same packets at the same times, in any process. What the code under test
/// draws or reads elsewhere is its own affair. Seed its jitter, give hyper-util's client `TokioTimer` for its timers, and
/// write `biased;` into each `tokio::select!`, whose order is random.
///
/// # Limits
///
/// - The runtime has one thread and a paused clock, and no I/O: real sockets and files behind tokio do not work in it, and
///   `std::time::Instant` stands still there. What computes for long takes no virtual time.
/// - One client host, one server host, and one port that listens.
/// - HTTP/1 by [`Network::serve`]; whatever else runs over a stream of bytes by [`Network::listen`].
/// - A socket buffers 16 KiB ([`Knobs::buffer`]), so that a connection carries no more than that in a round trip.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "nothing happens until it is run"]
pub struct Simulation {
    seed: u64,
    loss: Option<GilbertElliott>,
    knobs: Knobs,
    horizon: Duration,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run<T> {
    /// What the visit ended with.
    pub output: T,
    /// How long it took, in virtual time.
    pub took: Duration,
    /// What was on the wire.
    pub traffic: Traffic,
}

/// Why there is no [`Run`].
#[derive(Debug)]
pub struct SimulationError {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Runtime(io::Error),
    Unfinished(Duration),
}

const DECADE: Duration = Duration::from_secs(10 * 365 * 86_400);

impl Simulation {
    /// A network that loses nothing, with a delay of 1 ms each way and Linux's limits.
    pub fn new(seed: u64) -> Self {
        let mut knobs = Preset::NoProbe.knobs();
        knobs.lossy = Lossy::Both;
        Self { seed, loss: None, knobs, horizon: Duration::from_secs(86_400) }
    }

    /// The talk's: it loses 71 % of the server's packets, in bursts. Nothing of the client's is lost.
    pub fn talk(seed: u64) -> Self {
        Self::new(seed).knobs(Preset::Talk.knobs()).loss(GilbertElliott::TALK)
    }

    /// Loses packets of both hosts, by a chain of its own each; none without it.
    pub fn loss(mut self, model: GilbertElliott) -> Self {
        self.loss = Some(model);
        self
    }

    /// Whose packets are lost: both hosts', unless it is said here. Where only the server's are, each request arrives.
    pub fn lossy(mut self, whose: Lossy) -> Self {
        self.knobs.lossy = whose;
        self
    }

    /// Delays each packet, either way, by whole milliseconds; what is left of one is rounded up. 1 ms without it.
    pub fn delay(mut self, each_way: Duration) -> Self {
        self.knobs.delay = each_way;
        self
    }

    /// All settings of the network at once, in place of its delay and of whose packets are lost too.
    pub fn knobs(mut self, knobs: Knobs) -> Self {
        self.knobs = knobs;
        self
    }

    /// Ends the run after so much virtual time: a day, unless it is said here, and a decade at most. Without an end, a call that waits for
    /// ever would let the test wait for ever too.
    pub fn horizon(mut self, limit: Duration) -> Self {
        self.horizon = limit;
        self
    }

    /// Runs `visit` to its end on the network, in virtual time.
    ///
    /// What it has spawned ends with it.
    ///
    /// # Errors
    /// If the visit has not ended at the horizon.
    ///
    /// # Panics
    /// If the visit does, or a service of [`Network::serve`] did, or within a tokio runtime: a test that runs simulations
    /// is an ordinary `#[test]`.
    pub fn run<F: Future>(self, visit: impl FnOnce(Network) -> F) -> Result<Run<F::Output>, SimulationError> {
        let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.map_err(Kind::Runtime)?.block_on(async move {
            // Nothing later than the horizon is ever seen, and no clock reaches the end of `Duration`.
            let horizon = self.horizon.min(DECADE);
            let knobs = Knobs { delay: self.knobs.delay.min(horizon), ..self.knobs };
            let network = Network::start(self.seed, self.loss, knobs);
            let start = Instant::now();
            let output = timeout(horizon, visit(network.clone())).await;
            let (took, traffic) = (start.elapsed(), network.traffic());
            // What ended in this same instant is heard, too.
            yield_now().await;
            if let Some(payload) = network.account().take_panic() {
                panic::resume_unwind(payload);
            }
            match output {
                Ok(output) => Ok(Run { output, took, traffic }),
                Err(_) => Err(Kind::Unfinished(horizon).into()),
            }
        })
    }
}

impl SimulationError {
    /// Whether the visit had not ended at the horizon.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        matches!(self.kind, Kind::Unfinished(_))
    }
}

impl<T> fmt::Display for Run<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s; {}", self.took.as_secs_f64(), self.traffic)
    }
}

impl fmt::Display for SimulationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Runtime(_) => f.write_str("the simulation has no runtime"),
            Kind::Unfinished(horizon) => {
                write!(f, "the simulation had not ended after {} s of virtual time", horizon.as_secs_f64())
            }
        }
    }
}

impl Error for SimulationError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Runtime(error) => Some(error),
            Kind::Unfinished(_) => None,
        }
    }
}

impl From<Kind> for SimulationError {
    fn from(kind: Kind) -> Self {
        Self { kind }
    }
}

use super::{latencies::Latencies, percentile::Percentile};
use std::time::Duration;
use tokio::time::Instant;

/// When a further attempt starts beside those that still run.
///
/// A call that has waited for longer than usual has most likely met a dead connection or a slow server, and a second
/// attempt brings the answer sooner than the first one's time limit does. The first acceptable answer wins (below a
/// content check: a whole and right body), and the others are dropped at once.
///
/// ```
/// use std::time::Duration;
/// use tower_retry_policy::{RetryLayer, RetryPolicy, retry::{Hedge, Percentile}};
///
/// // a second attempt when the first has brought nothing for 2 s
/// let fixed = RetryLayer::new(RetryPolicy::standard()).hedge(Hedge::after(Duration::from_secs(2)));
/// // when it takes half as long again as 95 of 100 do
/// let learnt = Hedge::after(Percentile::new(95.0).factor(1.5).floor(Duration::from_millis(20)));
/// let learnt = RetryLayer::new(RetryPolicy::standard()).hedge(learnt);
/// # let _ = (fixed, learnt);
/// ```
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`at_once`](Self::at_once) | 2 | one beside the first: a second slow answer is rare, and each costs load |
/// | [`hedges`](Self::hedges) | no limit of its own | the policy's [`retries`](crate::RetryPolicy::retries) counts hedges too |
///
/// # What is hedged
///
/// Only what may be repeated whatever the server has done with it: an idempotent method, or a request whose owner said
/// so. That it could be repeated after a refused connection is not enough. A request body that is still being uploaded
/// holds hedges back. What the server asks one attempt for binds every further one, hedge or retry: a `Retry-After` or a
/// pushback until its time; "do not retry", or a wait that is too long, for good.
///
/// # What it costs
///
/// Every further attempt takes a token of the policy's budget, so that under an outage hedging adds no more load than
/// retrying does. A refused one is not sent, and the call goes on waiting. A delay at the p-th percentile asks for
/// 100 - p hedges in a hundred calls: give the budget half as much again, or choose a later delay.
///
/// # What this cannot do
///
/// Over HTTP/2 both attempts share a connection, and a dead connection holds up both: give further attempts another
/// client or another host. With HTTP/1.1 the connection of a dropped attempt is closed.
#[doc(alias = "hedging")]
#[doc(alias = "speculative retry")]
#[doc(alias = "backup request")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    delay: HedgeDelay,
    at_once: usize,
    hedges: u32,
}

/// How long an attempt may run before another starts beside it: a `Duration`, or a [`Percentile`] of recent latencies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HedgeDelay(Kind);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Fixed(Duration),
    Learnt(Percentile),
}

/// A [`Hedge`] in use, with what it has learnt.
#[derive(Debug)]
pub(super) struct Hedging {
    hedge: Hedge,
    latencies: Option<Latencies>,
}

// ===== impl Hedge =====

impl Hedge {
    /// A further attempt when the newest has run for so long without an outcome.
    ///
    /// Twice the usual time of an answer costs little and catches what hangs. The clock runs from the sending of an
    /// attempt to the end of the call: the head alone does not stop it.
    pub fn after(delay: impl Into<HedgeDelay>) -> Self {
        Self { delay: delay.into(), at_once: 2, hedges: u32::MAX }
    }

    /// How many attempts may run at once, the oldest included; less than 2 switches hedging off. Default 2.
    #[must_use]
    pub const fn at_once(self, attempts: usize) -> Self {
        Self { at_once: attempts, ..self }
    }

    /// How many hedges a call may have in all, beside the policy's limit on its retries, which counts them too.
    #[must_use]
    pub const fn hedges(self, hedges: u32) -> Self {
        Self { hedges, ..self }
    }
}

// ===== impl HedgeDelay =====

impl From<Duration> for HedgeDelay {
    fn from(delay: Duration) -> Self {
        Self(Kind::Fixed(delay))
    }
}

impl From<Percentile> for HedgeDelay {
    fn from(percentile: Percentile) -> Self {
        Self(Kind::Learnt(percentile))
    }
}

// ===== impl Hedging =====

impl Hedging {
    pub(super) fn new(hedge: Hedge) -> Self {
        let latencies = match hedge.delay.0 {
            Kind::Fixed(_) => None,
            Kind::Learnt(percentile) => Some(Latencies::new(percentile.span(), Instant::now())),
        };
        Self { hedge, latencies }
    }

    pub(super) fn at_once(&self) -> usize {
        self.hedge.at_once
    }

    pub(super) fn hedges(&self) -> u32 {
        self.hedge.hedges
    }

    /// How long the newest attempt may run; nothing while too little is known.
    pub(super) fn delay(&self, now: Instant) -> Option<Duration> {
        match (self.hedge.delay.0, &self.latencies) {
            (Kind::Learnt(percentile), Some(latencies)) => percentile.delay(latencies, now),
            (Kind::Learnt(_), None) => None,
            (Kind::Fixed(delay), _) => Some(delay),
        }
    }

    /// A first attempt won after this time, or had run for so long when another did.
    ///
    /// Of first attempts only: hedges start late in the worst moments, and whole calls are shortened by their hedges
    /// until the percentile climbs after them (scylladb#3746). What failed fast says nothing of how long an answer takes.
    pub(super) fn learn_at(&self, sent: Instant, now: Instant) {
        if let Some(latencies) = &self.latencies {
            latencies.record(now.saturating_duration_since(sent), now);
        }
    }

    /// As [`learn_at`](Self::learn_at), with a clock that is read only if there is something to learn.
    #[inline]
    pub(super) fn learn(&self, sent: Instant) {
        if self.latencies.is_some() {
            self.learn_at(sent, Instant::now());
        }
    }
}

use super::latencies::Latencies;
use std::time::Duration;
use tokio::time::Instant;

/// A share of recent latencies as the delay of a [`Hedge`](super::Hedge).
///
/// Measured are first attempts: until their acceptable answer, or for as long as they had run when another attempt
/// brought it. Failed ones are left out.
///
/// ```
/// use std::time::Duration;
/// use tower_retry_policy::retry::Percentile;
///
/// let delay = Percentile::new(95.0).factor(1.5).floor(Duration::from_millis(5)).ceiling(Duration::from_secs(2));
/// # let _ = delay;
/// ```
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`factor`](Self::factor) | 1 | a percentile that equals the share of slow answers jumps between the quick and the slow ones; 1.5 times a lower one does not |
/// | [`floor`](Self::floor) | 1 ms | what a timer can tell |
/// | [`ceiling`](Self::ceiling) | none | one bad host can drag the percentile up until nothing is hedged (CASSANDRA-14293): set one where you know what is too long |
/// | [`samples`](Self::samples) | 20 | of fewer, 5 of 100 cannot be told |
/// | [`over`](Self::over) | 30 s | follows a change within half a minute |
///
/// The memory is fixed, about 4 kB: a latency is counted in one of 16 classes per doubling, so the delay is up to a
/// sixteenth longer than the percentile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percentile {
    percent: f64,
    factor: f64,
    floor: Duration,
    ceiling: Option<Duration>,
    samples: u32,
    over: Duration,
}

// ===== impl Percentile =====

impl Percentile {
    /// The latency that so many of a hundred do not exceed, from 0 to 100; what is outside counts as the nearer of
    /// them, and what is no number as 100.
    pub const fn new(percent: f64) -> Self {
        let percent = if percent.is_nan() { 100.0 } else { percent.clamp(0.0, 100.0) };
        let (floor, over) = (Duration::from_millis(1), Duration::from_secs(30));
        Self { percent, factor: 1.0, floor, ceiling: None, samples: 20, over }
    }

    /// The delay is so many times the percentile. Default 1; less than nothing, or no number, counts as 1.
    #[must_use]
    pub const fn factor(self, factor: f64) -> Self {
        Self { factor: if factor >= 0.0 { factor } else { 1.0 }, ..self }
    }

    /// The delay is never shorter. Default 1 ms.
    #[must_use]
    pub const fn floor(self, delay: Duration) -> Self {
        Self { floor: delay, ..self }
    }

    /// The delay is never longer, and it is this while too few latencies are known. Default: no limit, and no hedge
    /// while too few are known.
    #[must_use]
    pub const fn ceiling(self, delay: Duration) -> Self {
        Self { ceiling: Some(delay), ..self }
    }

    /// How many latencies have to be known. Default 20.
    #[must_use]
    pub const fn samples(self, samples: u32) -> Self {
        Self { samples, ..self }
    }

    /// For how long a latency counts: for two thirds of this at least, and for the whole at most. Default 30 s.
    #[must_use]
    pub const fn over(self, span: Duration) -> Self {
        Self { over: span, ..self }
    }

    pub(super) const fn span(&self) -> Duration {
        self.over
    }

    pub(super) fn delay(&self, latencies: &Latencies, now: Instant) -> Option<Duration> {
        let known = latencies.percentile(self.percent, self.samples, now);
        let delay = known.map(|latency| latency.mul_f64(self.factor.min(1e6)).max(self.floor));
        match (delay, self.ceiling) {
            (Some(delay), Some(ceiling)) => Some(delay.min(ceiling)),
            (delay, ceiling) => delay.or(ceiling),
        }
    }
}

//! The one type that says how long to wait.

use crate::{
    Delays,
    draws::mixed,
    jitter::Jitter,
    kind::{Kind, grown},
    nanos::{LONGEST, draw, to_duration},
};
use std::{sync::Arc, time::Duration};

/// Two minutes, urllib3's `backoff_max`: long enough for growth to relieve a server, short enough that
/// whoever waits is still there.
const DEFAULT_CAP: Duration = Duration::from_secs(120);

/// How long to wait before each retry: growth, jitter and a cap.
///
/// It is a value, not a session: [`delay`](Self::delay) is a function of the number of the retry and of
/// one random `u64`, and reads neither a clock nor a generator. [`delays`](Self::delays) is the iterator
/// form, with a generator of its own.
///
/// ```
/// use std::time::Duration;
/// use tower_backoff::{Backoff, Jitter};
///
/// let backoff = Backoff::exponential(Duration::from_millis(100)).cap(Duration::from_secs(5)).jitter(Jitter::Equal);
///
/// // Equal jitter keeps half of the delay and draws the other half.
/// assert_eq!(backoff.delay(1, 0), Duration::from_millis(50));
/// assert_eq!(backoff.delay(3, u64::MAX), Duration::from_millis(400));
/// assert_eq!(backoff.max_delay(1000), Duration::from_secs(5));
/// ```
///
/// No combination is an error: every number means something, nothing panics and nothing overflows. A clone
/// copies at most a pointer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "a backoff does nothing until it is asked for a delay"]
pub struct Backoff {
    kind: Kind,
    jitter: Jitter,
    /// What the user asked for; without it the limit follows from kind and jitter.
    cap: Option<Duration>,
    limit: u128,
    first_retry_immediately: bool,
}

impl Backoff {
    /// No wait at all; jitter can only add to it ([`Jitter::Additive`]).
    pub fn none() -> Self {
        Self::constant(Duration::ZERO)
    }

    /// The same delay before every retry.
    ///
    /// Default cap: 2 minutes, or the delay itself with its jitter if that is longer. It matters only to
    /// jitter that grows ([`Jitter::Decorrelated`]).
    pub fn constant(delay: Duration) -> Self {
        Self::of(Kind::Constant(delay))
    }

    /// `step` before the first retry, and `step` more before each further one.
    ///
    /// Default cap: 2 minutes (as urllib3), because a sum without an end outlives whoever waits for it; or
    /// the first delay with its jitter if that is longer.
    pub fn linear(step: Duration) -> Self {
        Self::of(Kind::Linear { step })
    }

    /// `first` before the first retry, and twice the last delay before each further one; for another factor
    /// see [`factor`](Self::factor).
    ///
    /// Default cap: 2 minutes (as urllib3), because doubling reaches an hour at the twelfth retry of a second;
    /// or the first delay with its jitter if that is longer.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tower_backoff::Backoff;
    /// let backoff = Backoff::exponential(Duration::from_secs(1)).factor(3);
    /// let delays: Vec<u64> = (1..=6).map(|retry| backoff.delay(retry, 0).as_secs()).collect();
    /// assert_eq!(delays, [1, 3, 9, 27, 81, 120]);
    /// ```
    pub fn exponential(first: Duration) -> Self {
        Self::of(Kind::Exponential { first, factor: 2 })
    }

    /// The schedule of urllib3's `Retry(backoff_factor=..)`: nothing before the first retry, then
    /// `factor * 2^(n-1)` before the n-th.
    ///
    /// Default cap: 2 minutes, urllib3's own `backoff_max`, whatever the factor. Jitter does not touch the
    /// first retry, as there; urllib3's own jitter is [`Jitter::Additive`].
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tower_backoff::Backoff;
    /// let backoff = Backoff::urllib3(Duration::from_secs(25));
    /// let delays: Vec<u64> = (1..=5).map(|retry| backoff.delay(retry, 0).as_secs()).collect();
    /// assert_eq!(delays, [0, 50, 100, 120, 120]);
    /// ```
    pub fn urllib3(factor: Duration) -> Self {
        Self::of(Kind::Urllib3 { factor })
    }

    /// These delays, one before each retry; the last one repeats. An empty list waits for nothing.
    ///
    /// Takes an array, a slice, a `Vec` or an `Arc<[Duration]>`. Default cap: 2 minutes, or the longest entry
    /// with its jitter if that is longer: a delay that was written down is not cut.
    pub fn schedule(delays: impl Into<Arc<[Duration]>>) -> Self {
        Self::of(Kind::Schedule(delays.into()))
    }

    fn of(kind: Kind) -> Self {
        Self { kind, jitter: Jitter::None, cap: None, limit: 0, first_retry_immediately: false }.with_limit()
    }

    /// By what an exponential backoff grows from one retry to the next; 2 by default, 0 counts as 1.
    ///
    /// The other kinds do not grow by a factor and stay as they are.
    pub fn factor(mut self, by: u32) -> Self {
        if let Kind::Exponential { factor, .. } = &mut self.kind {
            *factor = by.max(1);
        }
        self
    }

    /// The longest delay, *after* jitter: no draw exceeds it. For the default see each constructor.
    pub fn cap(mut self, cap: Duration) -> Self {
        self.cap = Some(cap);
        self.with_limit()
    }

    /// How the delays are spread; [`Jitter::None`] by default.
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self.with_limit()
    }

    /// Sends the first retry at once, without jitter, and begins with the first delay before the second.
    ///
    /// It helps where a failure is mostly that of one connection (a reset, a lost packet) and another one
    /// would do; it hurts where failures mean load, since everybody's first retry comes unspread.
    pub fn first_retry_immediately(mut self) -> Self {
        self.first_retry_immediately = true;
        self
    }

    /// How the delays grow: what the backoff was made as.
    ///
    /// With [`jitter_kind`](Self::jitter_kind), [`explicit_cap`](Self::explicit_cap) and
    /// [`is_first_immediate`](Self::is_first_immediate) this is all there is to know of a backoff, for whoever shows it or
    /// makes another one from it.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tower_backoff::{Backoff, Kind};
    /// let backoff = Backoff::exponential(Duration::from_secs(1)).factor(3);
    /// assert_eq!(backoff.kind(), &Kind::Exponential { first: Duration::from_secs(1), factor: 3 });
    /// assert_eq!(backoff.explicit_cap(), None);
    /// ```
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// How the delays are spread.
    pub const fn jitter_kind(&self) -> Jitter {
        self.jitter
    }

    /// The [`cap`](Self::cap) that was set; `None` where the constructor's own holds.
    pub const fn explicit_cap(&self) -> Option<Duration> {
        self.cap
    }

    /// Whether the [first retry is sent at once](Self::first_retry_immediately).
    pub const fn is_first_immediate(&self) -> bool {
        self.first_retry_immediately
    }

    /// The limit depends on kind, jitter and cap, and so is made anew whenever one of them changes.
    fn with_limit(mut self) -> Self {
        let by_default = match self.kind {
            Kind::Urllib3 { .. } => DEFAULT_CAP.as_nanos(),
            _ => {
                let (_, longest) = self.jitter.range(self.kind.longest_written().as_nanos());
                longest.max(DEFAULT_CAP.as_nanos())
            }
        };
        self.limit = self.cap.map_or(by_default, |cap| cap.as_nanos()).min(LONGEST);
        self
    }

    /// The delay before the given retry; retry 1 comes before the second attempt, and 0 means no retry yet:
    /// no delay.
    ///
    /// `random` is spread over the range of the [jitter](Jitter), both ends included: 0 gives the shortest
    /// delay and `u64::MAX` the longest, to the nanosecond (for ranges beyond 584 years: to the second). It
    /// never falls as `random` rises.
    ///
    /// [`Jitter::Decorrelated`] wants to know the delay before; here it is taken to have been what the
    /// kind gives without jitter. To follow the actual delays use [`delay_after`](Self::delay_after) or
    /// [`delays`](Self::delays).
    #[inline]
    #[must_use]
    pub fn delay(&self, retry: u32, random: u64) -> Duration {
        let Some(retry) = self.step(retry) else { return Duration::ZERO };
        let previous = match self.jitter {
            Jitter::Decorrelated => self.kind.nanos(retry - 1),
            _ => 0,
        };
        self.drawn(previous, retry, random)
    }

    /// The delay before the given retry, when the one before it was `previous`.
    ///
    /// Only [`Jitter::Decorrelated`] asks what was before; with every other jitter it is
    /// [`delay`](Self::delay). Before the first retry `previous` is zero.
    #[inline]
    #[must_use]
    pub fn delay_after(&self, previous: Duration, retry: u32, random: u64) -> Duration {
        let Some(retry) = self.step(retry) else { return Duration::ZERO };
        self.drawn(previous.as_nanos(), retry, random)
    }

    /// Whether the delays are drawn at random at all.
    pub fn has_jitter(&self) -> bool {
        self.jitter != Jitter::None
    }

    /// The longest delay that can come before the given retry; for a deadline or a table.
    ///
    /// With [`Jitter::Decorrelated`] this holds for delays that follow each other; if
    /// [`delay_after`](Self::delay_after) is told of a longer wait from elsewhere, only the cap holds.
    #[must_use]
    pub fn max_delay(&self, retry: u32) -> Duration {
        let Some(retry) = self.step(retry) else { return Duration::ZERO };
        let longest = match self.jitter {
            Jitter::Decorrelated => {
                let grown = grown(self.kind.first_nanos(), 3, retry);
                grown.max(self.kind.nanos(retry - 1).saturating_mul(3))
            }
            jitter => jitter.range(self.kind.nanos(retry).min(self.limit)).1,
        };
        to_duration(longest.min(self.limit))
    }

    /// Which delay of the kind comes before this retry, if there is one at all.
    #[inline]
    fn step(&self, retry: u32) -> Option<u32> {
        // Urllib3's first delay is nothing by its own rule, and jitter must not make it something.
        let immediate = u32::from(self.first_retry_immediately);
        let first = if matches!(self.kind, Kind::Urllib3 { .. }) { 2 } else { 1 };
        retry.checked_sub(immediate).filter(|step| *step >= first)
    }

    #[inline]
    fn drawn(&self, previous: u128, retry: u32, random: u64) -> Duration {
        let (low, high) = match self.jitter {
            Jitter::Decorrelated => {
                let first = self.kind.first_nanos().min(self.limit);
                (first, previous.max(first).saturating_mul(3))
            }
            jitter => jitter.range(self.kind.nanos(retry).min(self.limit)),
        };
        // The range is cut at the cap, not the draw: a draw that is cut would put many clients on the very
        // same delay. Its lower end lies below the limit already.
        to_duration(draw(low, high.min(self.limit), random))
    }

    /// The delays one after the other, drawn by a generator with this seed; the same seed gives the same
    /// delays, on every machine.
    pub fn delays(&self, seed: u64) -> Delays {
        Delays::new(self.clone(), mixed(seed))
    }

    /// The delays one after the other, drawn from a seed of their own that nobody can foresee or repeat.
    pub fn random_delays(&self) -> Delays {
        Delays::new(self.clone(), fastrand::u64(..))
    }
}

impl Default for Backoff {
    /// 50 ms, doubling, with full jitter and a cap of 20 s: the retry behaviour of the AWS SDKs' standard
    /// mode (specification 2.1), tried by more clients than any other.
    fn default() -> Self {
        Self::exponential(Duration::from_millis(50)).jitter(Jitter::Full).cap(Duration::from_secs(20))
    }
}

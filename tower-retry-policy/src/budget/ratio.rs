//! A share of the recent requests, and a floor.

use super::{
    Clock, FailureKind, RequestEnd, RetryBudget,
    clock::{Time, nanos},
    grants::{BURST, Granted, Grants},
    slots::{Grid, SLOTS, Slots},
};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};
use tower::retry::budget::Budget;

/// One token in the unit of all sums: a ratio of up to six decimals is exact.
const TOKEN: u128 = 1_000_000;

/// Retries that are no burst, whatever the settings: without any floor a client that sends one request now and then
/// could otherwise not spend its share on the failures of a later second.
const NO_BURST: u128 = 10 * TOKEN;

/// Retries for a share of the requests of the last seconds, and so many per second in any case.
///
/// Whenever a retry is granted, those of the window that ends with it are at most `ratio * requests + per_second *
/// window`, where the requests are those of the same window: a server that fails altogether gets at most that much
/// more than it would without retries. This is Finagle's
/// [`RetryBudget`](https://twitter.github.io/finagle/guide/Clients.html#retries), with its defaults: a ratio of
/// 20 %, 10 per second, a window of 10 s. The [burst](#bursts) is bounded too, which Finagle leaves open.
///
/// ```
/// use tower_retry_policy::budget::{FailureKind, RatioBudget, RequestEnd, RetryBudget};
///
/// let now = std::time::Instant::now();
/// let budget = RatioBudget::new().ratio(0.3).per_second(0);
/// for _ in 0..10 {
///     budget.settle(RequestEnd::FirstTry, now);
/// }
/// assert_eq!(budget.balance(), 3);
/// assert!(budget.withdraw(FailureKind::Transient, now));
/// assert_eq!(budget.balance(), 2);
/// ```
///
/// Every request counts once, when it is over, however it ended. The cost of a retry does not depend on the
/// kind of failure.
///
/// # Bursts
///
/// A healthy time saves up the share of a whole window. Paid out at once when a server fails, it would be 2.1 retries
/// for each request of the first second (the defaults, 1,000 requests a second), which is the load that keeps a
/// struggling server down. So the same rule holds for the last tenth of the window as well, a second by default: its
/// retries are at most
///
/// ```text
/// ratio * requests of the last 0.15 windows + per_second * window
/// ```
///
/// (a half more than a tenth because time is cut into twentieths). With the defaults at 1,000 requests a second that
/// is 400 retries in the busiest second, 1.4 times the requests; after it 210 a second, which the burst's bound never
/// cuts. The savings are not lost: they are paid out over some seconds.
///
/// *The floor is not spread.* "10 a second over 10 s" is a reserve of 100 that may be spent in one moment, also by
/// a client that has sent nothing else: whoever sends five requests a minute and fails with all of them has to be
/// able to retry at once. It adds 100 retries to the busiest second whatever the traffic: little beside 1,000
/// requests, as much as all of 100. Where many clients share a server and each sends little, lower it, or the window.
/// With a reserve below ten the tenth of a window may still have ten retries, as far as the window allows them.
///
/// # How exact it is
///
/// While nothing expires the number of retries is `ratio * requests + per_second * window`, rounded down, for
/// every ratio of up to six decimals; under any number of threads never one more. The window moves by
/// twentieths of its length. A request counts for nineteen twentieths of the window at least and for the whole at
/// most; a retry for the whole at least and for a twentieth more at most. So the rule above holds for the window
/// before any grant, wherever it begins. In a window that ends later, when no retry is granted any more, some of those
/// requests have expired: for *every* stretch of a window's length the retries are at most `ratio` times its requests and
/// those of the window before it, and the floor once. A retry that was given back is taken from the oldest of the
/// window.
///
/// # What it cannot do
///
/// It knows only this process: a fleet's retries are bounded because each member's are. A request that was
/// dropped before its end is not counted.
///
/// # Differences from `tower::retry::budget::TpsBudget`
///
/// There (tower 0.5.3) 0.4 means 50 %, and 0.6 means 100 %, because the price of a retry is a whole number of
/// deposits; every deposit takes a mutex; the first one after a pause runs a loop over all windows that passed.
#[doc(alias = "retry budget")]
pub struct RatioBudget {
    /// Millionths of a retry per request.
    ratio: u64,
    per_second: u32,
    window: Duration,
    time: Time,
    /// Tokens that are there without any request.
    reserve: u128,
    requests: Slots,
    grants: Grants,
}

impl RatioBudget {
    /// 20 % of the requests of the last 10 s, and 10 retries per second: the defaults of Finagle, proven in
    /// its, Linkerd's and reqwest's use. The floor lets a client that sends little retry at all.
    #[must_use]
    pub fn new() -> Self {
        Self::with(200_000, 10, Duration::from_secs(10), Time::handed())
    }

    /// Retries per request, from 0 to 1000 (as in Finagle; more counts as 1000, less or no number as 0),
    /// rounded to six decimals. Default 0.2.
    #[must_use]
    pub fn ratio(self, ratio: f64) -> Self {
        // The cast takes what is no number to 0.
        let millionths = (ratio.clamp(0.0, 1000.0) * TOKEN as f64).round() as u64;
        Self::with(millionths, self.per_second, self.window, self.time)
    }

    /// Retries per second that are granted without any request. Default 10.
    ///
    /// Those of a whole window may be used at once; they are there again when the window has passed. See
    /// [bursts](Self#bursts).
    #[must_use]
    pub fn per_second(self, retries: u32) -> Self {
        Self::with(self.ratio, retries, self.window, self.time)
    }

    /// How long a request counts, from 10 ms (less counts as 10 ms). Default 10 s.
    ///
    /// Longer windows carry more retries from a quiet time into an outage, and bound its burst in a longer stretch: a
    /// tenth of the window.
    #[must_use]
    pub fn window(self, window: Duration) -> Self {
        Self::with(self.ratio, self.per_second, window.max(Duration::from_millis(10)), self.time)
    }

    /// A clock of its own, instead of the time that the policy hands it, which is [tokio's](super::TokioClock).
    #[must_use]
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self::with(self.ratio, self.per_second, self.window, Time::own(Arc::new(clock)))
    }

    /// Everything that was counted so far is forgotten: the setters are for the beginning.
    fn with(ratio: u64, per_second: u32, window: Duration, time: Time) -> Self {
        let reserve = u128::from(per_second) * u128::from(nanos(window)) * TOKEN / 1_000_000_000;
        let grid = Grid::new(window);
        let (requests, grants) = (Slots::new(grid), Grants::new(grid));
        Self { ratio, per_second, window, time, reserve, requests, grants }
    }

    /// What is left, in millionths: of the window's bound or the burst's, whichever is less.
    fn left(&self, granted_in: Granted) -> u128 {
        let left = |granted: u64, slots: u64, reserve: u128| {
            let requests = self.requests.count(granted_in.newest, slots);
            let allowed = reserve + u128::from(requests) * u128::from(self.ratio);
            allowed.saturating_sub(u128::from(granted) * TOKEN)
        };
        // One slot more than the burst is long: its grants may be in two parts of slots at its ends, and then so may its
        // requests. With one less nothing could be granted at the beginning of a slot.
        let burst = left(granted_in.burst, BURST + 1, self.reserve.max(NO_BURST));
        left(granted_in.whole, SLOTS, self.reserve).min(burst)
    }

    fn take(&self, now: u64) -> bool {
        loop {
            let granted = self.grants.granted(now);
            if self.left(granted) < TOKEN {
                return false;
            }
            if self.grants.grant(granted) {
                return true;
            }
        }
    }
}

impl Default for RatioBudget {
    fn default() -> Self {
        Self::new()
    }
}

impl RetryBudget for RatioBudget {
    fn withdraw(&self, _: FailureKind, now: Instant) -> bool {
        self.take(self.time.at(now))
    }

    fn give_back(&self, _: FailureKind, now: Instant) {
        self.grants.take_back(self.time.at(now));
    }

    #[inline]
    fn settle(&self, _: RequestEnd, now: Instant) {
        self.requests.add(self.time.at(now));
    }

    fn balance(&self) -> u64 {
        let granted = self.grants.granted(self.time.now());
        u64::try_from(self.left(granted) / TOKEN).unwrap_or(u64::MAX)
    }
}

impl Budget for RatioBudget {
    fn deposit(&self) {
        self.requests.add(self.time.now());
    }

    fn withdraw(&self) -> bool {
        self.take(self.time.now())
    }
}

impl fmt::Debug for RatioBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RatioBudget")
            .field("ratio", &(self.ratio as f64 / TOKEN as f64))
            .field("per_second", &self.per_second)
            .field("window", &self.window)
            .field("balance", &self.balance())
            .finish_non_exhaustive()
    }
}

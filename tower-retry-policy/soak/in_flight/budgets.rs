//! A budget of each kind, and how it has to stand when all calls are over.

use crate::{counted::Counted, throttle_model::ThrottleModel};
use http::{Request, Uri};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tower_retry_policy::{
    RatioBudget, RetryBudget, RetryPolicy,
    budget::{BudgetSource, Clock, InFlightBudget, PerKey, QuotaBudget, RequestHead, TokioClock},
};

pub(crate) const KINDS: usize = 5;

/// tokio's clock, which can be put forward.
#[derive(Clone)]
pub(crate) struct Ahead {
    clock: TokioClock,
    seconds: Arc<AtomicU64>,
}

pub(crate) enum Budget {
    Ratio(Arc<Counted<RatioBudget>>, Ahead),
    Throttle(Arc<Counted<ThrottleModel>>),
    Quota(Arc<Counted<QuotaBudget>>),
    InFlight(Arc<Counted<InFlightBudget>>),
    PerKey(PerHost, Ahead),
}

#[derive(Clone, Debug)]
pub(crate) struct PerHost(Arc<dyn BudgetSource>);

impl Budget {
    pub(crate) fn one_of_each() -> [Self; KINDS] {
        let ahead = Ahead { clock: TokioClock::new(), seconds: Arc::default() };
        let clock = ahead.clone();
        let hosts = PerKey::new(move |_| RatioBudget::new().clock(clock.clone())).per_host();
        [
            Self::Ratio(Arc::new(Counted::new(RatioBudget::new().clock(ahead.clone()))), ahead.clone()),
            Self::Throttle(Arc::new(Counted::new(ThrottleModel::new()))),
            Self::Quota(Arc::new(Counted::new(QuotaBudget::new()))),
            Self::InFlight(Arc::new(Counted::new(InFlightBudget::new()))),
            Self::PerKey(PerHost(Arc::new(hosts)), ahead),
        ]
    }

    pub(crate) fn applied_to(&self, policy: RetryPolicy) -> RetryPolicy {
        match self {
            Self::Ratio(budget, _) => policy.budget(Arc::clone(budget)),
            Self::Throttle(budget) => policy.budget(Arc::clone(budget)),
            Self::Quota(budget) => policy.budget(Arc::clone(budget)),
            Self::InFlight(budget) => policy.budget(Arc::clone(budget)),
            Self::PerKey(source, _) => policy.budget_per(source.clone()),
        }
    }

    /// After so many calls that had an outcome, the last ones all of them good: as a new one stands.
    pub(crate) fn check(&self, hosts: &[Uri], calls: u64) {
        match self {
            Self::Ratio(budget, ahead) => {
                ahead.pass(3_600);
                budget.check("ratio", calls);
                assert_eq!(budget.balance(), RatioBudget::new().balance(), "ratio: an hour later");
            }
            Self::Throttle(budget) => {
                budget.check("throttle", calls);
                assert_eq!(budget.balance(), ThrottleModel::new().balance(), "throttle: all tokens are back");
            }
            Self::Quota(budget) => {
                budget.check("quota", calls);
                assert_eq!(budget.inner.tokens(), QuotaBudget::new().tokens(), "quota: all tokens are back");
            }
            Self::InFlight(budget) => {
                budget.check("in flight", calls);
                assert_eq!(budget.inner.requests(), 0, "in flight: requests");
                assert_eq!(budget.inner.retries(), 0, "in flight: retries");
            }
            Self::PerKey(source, ahead) => {
                ahead.pass(300); // less than the time after which a budget is forgotten
                for host in hosts {
                    let request = Request::get(host).body(()).unwrap();
                    let budget = source.0.budget(&RequestHead::new(&request), now());
                    assert_eq!(budget.balance(), RatioBudget::new().balance(), "{host}: five minutes later");
                }
            }
        }
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl Ahead {
    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Relaxed);
    }
}

impl Clock for Ahead {
    fn now(&self) -> Duration {
        self.clock.now() + Duration::from_secs(self.seconds.load(Relaxed))
    }
}

impl BudgetSource for PerHost {
    fn budget(&self, request: &RequestHead<'_>, now: Instant) -> Arc<dyn RetryBudget> {
        self.0.budget(request, now)
    }
}

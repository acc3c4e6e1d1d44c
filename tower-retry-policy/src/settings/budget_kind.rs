//! Which rule a budget follows, and how it is made.

use super::{BudgetSettings, SettingsError, section::Section, values::name_of};
use crate::{
    FailureKind, RatioBudget, RetryBudget, RetryPolicy,
    budget::{InFlightBudget, QuotaBudget, ThrottleBudget},
};

/// The rule of a budget.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetKind {
    /// No budget.
    None,
    /// [`RatioBudget`].
    Ratio,
    /// [`ThrottleBudget`].
    Throttle,
    /// [`QuotaBudget`].
    Quota,
    /// [`InFlightBudget`].
    InFlight,
}

pub(super) const KINDS: [(&str, BudgetKind); 5] = [
    ("none", BudgetKind::None),
    ("ratio", BudgetKind::Ratio),
    ("throttle", BudgetKind::Throttle),
    ("quota", BudgetKind::Quota),
    ("in_flight", BudgetKind::InFlight),
];

// ===== impl BudgetKind =====

impl BudgetKind {
    pub(super) fn shown(self) -> String {
        name_of(&KINDS, &self).map(|name| name.shown()).unwrap_or_default()
    }
}

// ===== impl BudgetSettings =====

impl BudgetSettings {
    /// `policy` with a new budget of this kind, or with none.
    ///
    /// # Errors
    ///
    /// Names a key that does not apply to this kind of budget or whose value cannot be meant, and `per_host` without the
    /// feature `per-key`.
    pub fn apply(&self, policy: RetryPolicy) -> Result<RetryPolicy, SettingsError> {
        self.check()?;
        let settings = self.clone();
        match self.kind() {
            BudgetKind::None => Ok(policy.without_budget()),
            BudgetKind::Ratio => self.with(policy, move || settings.ratio_budget()),
            BudgetKind::Throttle => self.with(policy, move || settings.throttle_budget()),
            BudgetKind::Quota => self.with(policy, move || settings.quota_budget()),
            BudgetKind::InFlight => self.with(policy, move || settings.in_flight_budget()),
        }
    }

    fn with<B: RetryBudget + 'static>(
        &self,
        policy: RetryPolicy,
        make: impl Fn() -> B + Send + Sync + 'static,
    ) -> Result<RetryPolicy, SettingsError> {
        if self.per_host == Some(true) { self.per_host(policy, make) } else { Ok(policy.budget(make())) }
    }

    #[cfg(feature = "per-key")]
    #[expect(clippy::unnecessary_wraps, reason = "without the feature it is an error")]
    fn per_host<B: RetryBudget + 'static>(
        &self,
        policy: RetryPolicy,
        make: impl Fn() -> B + Send + Sync + 'static,
    ) -> Result<RetryPolicy, SettingsError> {
        let mut hosts = crate::budget::PerKey::new(move |_| make());
        if let Some(hosts_at_most) = self.max_hosts {
            hosts = hosts.max_keys(hosts_at_most as usize);
        }
        if let Some(idle) = self.host_idle {
            hosts = hosts.idle(idle);
        }
        Ok(policy.budget_per(hosts.per_host()))
    }

    #[cfg(not(feature = "per-key"))]
    fn per_host<B: RetryBudget + 'static>(
        &self,
        _: RetryPolicy,
        _: impl Fn() -> B + Send + Sync + 'static,
    ) -> Result<RetryPolicy, SettingsError> {
        Err(SettingsError::new(
            "per_host",
            "this program was built without the feature \"per-key\" of tower-retry-policy",
        ))
    }

    fn ratio_budget(&self) -> RatioBudget {
        let budget = self.ratio.into_iter().fold(RatioBudget::new(), RatioBudget::ratio);
        let budget = self.per_second.into_iter().fold(budget, RatioBudget::per_second);
        self.window.into_iter().fold(budget, RatioBudget::window)
    }

    fn throttle_budget(&self) -> ThrottleBudget {
        let budget = self.max_tokens.into_iter().fold(ThrottleBudget::new(), ThrottleBudget::max_tokens);
        self.token_ratio.into_iter().fold(budget, ThrottleBudget::token_ratio)
    }

    fn quota_budget(&self) -> QuotaBudget {
        let budget = self.capacity.into_iter().fold(QuotaBudget::new(), QuotaBudget::capacity);
        let budget = self.initial.into_iter().fold(budget, QuotaBudget::initial);
        let costs = [
            (FailureKind::Transient, self.cost_transient),
            (FailureKind::Timeout, self.cost_timeout),
            (FailureKind::Throttled, self.cost_throttled),
        ];
        costs.into_iter().fold(budget, |budget, (kind, cost)| match cost {
            Some(tokens) => budget.cost(kind, tokens),
            None => budget,
        })
    }

    fn in_flight_budget(&self) -> InFlightBudget {
        let budget = self.percent.into_iter().fold(InFlightBudget::new(), InFlightBudget::percent);
        self.min.into_iter().fold(budget, InFlightBudget::min)
    }
}

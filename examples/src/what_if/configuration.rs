//! The stack of a policy as settings of the library: what [`code`](super::code) prints, for a program that reads its
//! configuration.

use super::settings::{Policy, Spending};
use tower_retry_policy::settings::{
    BudgetKind, BudgetSettings, HedgeSettings, OrOff, RetrySettings, StandardSettings,
};

/// All that the library's settings can say of a policy, which is all but what is [judged](Policy::check).
#[must_use]
pub fn configuration(policy: &Policy) -> StandardSettings {
    let mut settings = StandardSettings::default();
    settings.deadline = Some(policy.deadline.into());
    settings.attempt = policy.limits().timeouts().into();
    settings.retry = retry(policy);
    settings.hedge = hedge(policy);
    settings
}

fn retry(policy: &Policy) -> RetrySettings {
    let mut settings = RetrySettings::default();
    settings.retries = Some(OrOff::On(policy.attempts.saturating_sub(1)));
    settings.backoff = (&policy.backoff()).into();
    settings.budget = Some(budget(policy.budget));
    settings
}

fn budget(spending: Spending) -> BudgetSettings {
    let mut settings = BudgetSettings::default();
    settings.kind = Some(match spending {
        Spending::Off => BudgetKind::None,
        Spending::Standard | Spending::Share { .. } => BudgetKind::Ratio,
    });
    if let Spending::Share { percent } = spending {
        settings.ratio = Some(f64::from(percent) / 100.0);
        settings.per_second = Some(0);
    }
    settings
}

fn hedge(policy: &Policy) -> HedgeSettings {
    let mut settings = HedgeSettings::default();
    settings.after = Some(policy.hedge.into());
    settings.at_once = policy.hedge.map(|_| policy.at_once);
    settings
}

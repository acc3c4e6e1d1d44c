use super::{
    super::{SettingsError, misfit::Misfit, table::Table, tree::Tree},
    backoff::proto_duration,
    policy::{hedging, retrying},
};
use crate::{RetryPolicy, retry::Hedge};
use std::time::Duration;

/// What a [`ServiceConfig`](super::ServiceConfig) says of a method.
#[derive(Clone, Debug)]
pub struct MethodConfig {
    timeout: Option<Duration>,
    policy: RetryPolicy,
    hedge: Option<Hedge>,
}

// ===== impl MethodConfig =====

impl MethodConfig {
    /// The policy, without the budget of `retryThrottling`, which [`ServiceConfig::policy`](super::ServiceConfig::policy)
    /// adds. A method with neither of the two policies is not retried.
    pub fn policy(&self) -> RetryPolicy {
        self.policy.clone()
    }

    /// The hedge of a `hedgingPolicy`, for a [`RetryLayer`](crate::RetryLayer) with its policy.
    pub fn hedge(&self) -> Option<Hedge> {
        self.hedge
    }

    /// The limit of a call with all of its attempts, for a [`Deadline`](crate::Deadline).
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    pub(super) fn read(table: &mut Table) -> Result<Self, SettingsError> {
        let timeout = table.value("timeout", timeout)?;
        let (policy, hedge) = match (table.take("retryPolicy")?, table.take("hedgingPolicy")?) {
            (None, None) => (RetryPolicy::never(), None),
            (Some(tree), None) => (retrying(tree).map_err(|error| error.within("retryPolicy"))?, None),
            (None, Some(tree)) => {
                let (policy, hedge) = hedging(tree).map_err(|error| error.within("hedgingPolicy"))?;
                (policy, Some(hedge))
            }
            (Some(_), Some(_)) => {
                let problem = "expected either this or `retryPolicy`, found both";
                return Err(SettingsError::new("hedgingPolicy", problem));
            }
        };
        Ok(Self { timeout, policy, hedge })
    }
}

fn timeout(tree: &Tree) -> Result<Duration, Misfit> {
    proto_duration(tree, |_| true)
}

//! Settings and policies, each made from the other.

use super::{
    BudgetSettings, MethodSettings, OrOff, Preset, RetrySettings, SettingsError, budget_kind::BudgetKind,
    section::Section,
};
use crate::{
    Phase, RetryPolicy,
    hint::GrpcCodes,
    policy::{Config, Methods},
};
use http::StatusCode;

impl RetrySettings {
    /// The policy of the preset with what is set, and with a budget of its own.
    ///
    /// # Errors
    ///
    /// Names a key that does not apply to this kind of backoff or budget, one that takes a feature which the program was
    /// built without, and, where the settings were made in a program, one whose value cannot be meant.
    pub fn policy(&self) -> Result<RetryPolicy, SettingsError> {
        self.changed(self.preset.unwrap_or_default().policy())
    }

    /// `policy` with what is set, the rest as it is: budget, observers and conditions too.
    ///
    /// A [`preset`](Self::preset) puts its own in the place of all that these settings can set, apart from the budget.
    ///
    /// ```
    /// use tower_retry_policy::{RetryPolicy, settings::RetrySettings};
    ///
    /// # let policy_of_the_author = RetryPolicy::standard;
    /// let settings: RetrySettings = toml::from_str("retries = 5")?;
    /// let policy = settings.apply(policy_of_the_author())?;
    /// # let _ = policy;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`policy`](Self::policy).
    pub fn apply(&self, policy: RetryPolicy) -> Result<RetryPolicy, SettingsError> {
        self.changed(match self.preset {
            None => policy,
            Some(preset) => policy.change(|config| begin_anew(config, &preset.policy().config)),
        })
    }

    fn changed(&self, mut policy: RetryPolicy) -> Result<RetryPolicy, SettingsError> {
        self.check()?;
        let backoff = self.backoff.apply(&policy.config.backoff).map_err(|error| error.within("backoff"))?;
        policy = policy.backoff(backoff);
        if let Some(budget) = &self.budget {
            policy = budget.apply(policy).map_err(|error| error.within("budget"))?;
        }
        policy = self.rate_limit(policy)?;
        Ok(policy.change(|config| self.write_to(config)))
    }

    fn write_to(&self, config: &mut Config) {
        let set = |flag: &mut bool, value: Option<bool>| *flag = value.unwrap_or(*flag);
        if let Some(retries) = self.retries {
            config.total = retries.on();
        }
        for (phase, retries) in &self.retries_after {
            config.by_phase[phase.index()] = retries.on();
        }
        if let Some(statuses) = &self.statuses {
            config.responses.statuses = statuses.iter().copied().collect();
        }
        if let Some(methods) = &self.methods {
            config.repeatable.methods = methods.into();
        }
        if let Some(rule) = self.retry_after {
            config.responses.retry_after = rule;
        }
        if let Some(codes) = &self.grpc_codes {
            config.responses.hints.grpc_pushback = *codes != OrOff::Off;
            config.responses.grpc = GrpcCodes::new(codes.clone().on().unwrap_or_default());
        }
        if let Some(name) = &self.attempt_header {
            config.attempt_header = name.clone().on();
        }
        set(&mut config.repeatable.by_key, self.honour_idempotency_key);
        set(&mut config.response_as_error, self.last_response_as_error);
        set(&mut config.retries_exhausted_inner, self.retry_exhausted_inner);
        set(&mut config.retries_same_content, self.retry_same_content);
        set(&mut config.responses.unauthorized, self.retry_unauthorized);
    }

    #[cfg(feature = "rate-limit")]
    #[expect(clippy::unnecessary_wraps, reason = "without the feature it is an error")]
    fn rate_limit(&self, policy: RetryPolicy) -> Result<RetryPolicy, SettingsError> {
        Ok(match self.rate_limit_reset {
            Some(wait) => policy.rate_limit_reset(wait),
            None => policy,
        })
    }

    #[cfg(not(feature = "rate-limit"))]
    fn rate_limit(&self, policy: RetryPolicy) -> Result<RetryPolicy, SettingsError> {
        let missing = "this program was built without the feature \"rate-limit\" of tower-retry-policy";
        match self.rate_limit_reset {
            Some(true) => Err(SettingsError::new("rate_limit_reset", missing)),
            Some(false) | None => Ok(policy),
        }
    }

    /// The same with every default that holds written down.
    ///
    /// # Errors
    ///
    /// As [`policy`](Self::policy).
    pub fn explicit(&self) -> Result<Self, SettingsError> {
        let preset = self.preset.unwrap_or_default();
        let budget = match (&self.budget, preset) {
            (Some(budget), _) => budget.clone(),
            (None, Preset::Standard) => BudgetSettings::default(),
            (None, Preset::Urllib3 | Preset::Never) => {
                BudgetSettings { kind: Some(BudgetKind::None), ..BudgetSettings::default() }
            }
        };
        Ok(Self { preset: Some(preset), budget: Some(budget.explicit()), ..Self::from(&self.policy()?) })
    }
}

/// All that settings can set, apart from the budget.
fn begin_anew(config: &mut Config, preset: &Config) {
    config.total = preset.total;
    config.by_phase = preset.by_phase;
    config.repeatable = preset.repeatable.clone();
    config.responses.statuses = preset.responses.statuses;
    config.responses.grpc = preset.responses.grpc;
    config.responses.hints = preset.responses.hints;
    config.responses.retry_after = preset.responses.retry_after;
    config.backoff = preset.backoff.clone();
    config.attempt_header = preset.attempt_header.clone();
    config.response_as_error = preset.response_as_error;
    config.retries_exhausted_inner = preset.retries_exhausted_inner;
    config.retries_same_content = preset.retries_same_content;
}

impl From<&RetryPolicy> for RetrySettings {
    /// All that there is to say of a policy, but for its budget, its observers and its conditions.
    fn from(policy: &RetryPolicy) -> Self {
        let config = &*policy.config;
        let codes: Vec<u8> = config.responses.grpc.iter().collect();
        let (pushback, statuses) = (config.responses.hints.grpc_pushback, config.responses.statuses);
        let by_phase = Phase::ALL.into_iter().map(|phase| (phase, config.by_phase[phase.index()].into()));
        let statuses = (100..1000)
            .filter_map(|code| StatusCode::from_u16(code).ok())
            .filter(|code| statuses.contains(*code));
        Self {
            preset: None,
            retries: Some(config.total.into()),
            retries_after: by_phase.collect(),
            statuses: Some(statuses.collect()),
            methods: Some((&config.repeatable.methods).into()),
            honour_idempotency_key: Some(config.repeatable.by_key),
            retry_after: Some(config.responses.retry_after),
            grpc_codes: Some(Some(codes).filter(|_| pushback).into()),
            #[cfg(feature = "rate-limit")]
            rate_limit_reset: Some(config.responses.hints.rate_limit),
            #[cfg(not(feature = "rate-limit"))]
            rate_limit_reset: None,
            attempt_header: Some(config.attempt_header.clone().into()),
            last_response_as_error: Some(config.response_as_error),
            retry_exhausted_inner: Some(config.retries_exhausted_inner),
            retry_same_content: Some(config.retries_same_content),
            retry_unauthorized: Some(config.responses.unauthorized),
            backoff: (&config.backoff).into(),
            budget: None,
        }
    }
}

impl From<&MethodSettings> for Methods {
    fn from(methods: &MethodSettings) -> Self {
        match methods {
            MethodSettings::Idempotent => Self::Idempotent,
            MethodSettings::Any => Self::Any,
            MethodSettings::Listed(methods) => Self::Listed(methods.clone()),
        }
    }
}

impl From<&Methods> for MethodSettings {
    fn from(methods: &Methods) -> Self {
        match methods {
            Methods::Idempotent => Self::Idempotent,
            Methods::Any => Self::Any,
            Methods::Listed(methods) => Self::Listed(methods.clone()),
        }
    }
}

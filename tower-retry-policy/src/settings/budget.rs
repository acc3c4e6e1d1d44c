use super::{
    SettingsError,
    budget_kind::{BudgetKind, KINDS},
    duration,
    section::{Entries, Section, settings},
    table::Table,
    values::{name_of, named, number, switch, whole},
};
use std::time::Duration;

/// What retries may cost in all: see [`budget`](crate::budget).
///
/// ```
/// use tower_retry_policy::{RetryPolicy, settings::BudgetSettings};
///
/// let settings: BudgetSettings = toml::from_str(r#"
///     kind = "ratio"
///     ratio = 0.1
///     per_host = true
/// "#)?;
/// let policy = settings.apply(RetryPolicy::standard())?;
/// # let _ = policy;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// A budget is always a whole and a new one: what is absent has the default of its kind, not the value of a budget that the
/// policy had before.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BudgetSettings {
    /// Which rule. Default: `ratio`.
    pub kind: Option<BudgetKind>,
    /// Of `ratio`: retries per request, from 0 to 1. Default: 0.2.
    pub ratio: Option<f64>,
    /// Of `ratio`: retries per second in any case. Default: 10.
    pub per_second: Option<u32>,
    /// Of `ratio`: how long a request counts, from 10 ms. Default: 10 s.
    pub window: Option<Duration>,
    /// Of `throttle`: the most tokens and those at first, from 1 to 1000. Default: 10.
    pub max_tokens: Option<u32>,
    /// Of `throttle`: tokens for a success, from 0.001 to 1000. Default: 0.1.
    pub token_ratio: Option<f64>,
    /// Of `quota`: the most tokens. Default: 500.
    pub capacity: Option<u32>,
    /// Of `quota`: the tokens at first. Default: the capacity.
    pub initial: Option<u32>,
    /// Of `quota`: the price of a retry after a transient failure. Default: 14.
    pub cost_transient: Option<u32>,
    /// Of `quota`: the price of a retry after a timeout. Default: 14.
    pub cost_timeout: Option<u32>,
    /// Of `quota`: the price of a retry after throttling. Default: 5.
    pub cost_throttled: Option<u32>,
    /// Of `in_flight`: retries in hundredths of the requests in flight, from 0 to 100. Default: 20.
    pub percent: Option<u32>,
    /// Of `in_flight`: retries in flight in any case. Default: 3.
    pub min: Option<u32>,
    /// Whether each host has a budget of its own, which takes the feature `per-key`. Default: false.
    pub per_host: Option<bool>,
    /// Of `per_host`: how many budgets are kept at most, from 1. Default: 1024.
    pub max_hosts: Option<u32>,
    /// Of `per_host`: how long a budget that nobody asks for is kept. Default: 10 min.
    pub host_idle: Option<Duration>,
}

// ===== impl BudgetSettings =====

impl BudgetSettings {
    pub(super) fn kind(&self) -> BudgetKind {
        self.kind.unwrap_or(BudgetKind::Ratio)
    }

    /// The same with every default of its kind written down.
    pub(super) fn explicit(&self) -> Self {
        let (kind, per_host) = (self.kind(), self.per_host.unwrap_or(false));
        let [ratio, throttle, quota, in_flight] =
            [BudgetKind::Ratio, BudgetKind::Throttle, BudgetKind::Quota, BudgetKind::InFlight]
                .map(|other| kind == other);
        let capacity = self.capacity.or(quota.then_some(500));
        Self {
            kind: Some(kind),
            ratio: self.ratio.or(ratio.then_some(0.2)),
            per_second: self.per_second.or(ratio.then_some(10)),
            window: self.window.or(ratio.then_some(Duration::from_secs(10))),
            max_tokens: self.max_tokens.or(throttle.then_some(10)),
            token_ratio: self.token_ratio.or(throttle.then_some(0.1)),
            capacity,
            initial: self.initial.or(capacity),
            cost_transient: self.cost_transient.or(quota.then_some(14)),
            cost_timeout: self.cost_timeout.or(quota.then_some(14)),
            cost_throttled: self.cost_throttled.or(quota.then_some(5)),
            percent: self.percent.or(in_flight.then_some(20)),
            min: self.min.or(in_flight.then_some(3)),
            per_host: Some(per_host).filter(|_| kind != BudgetKind::None),
            max_hosts: self.max_hosts.or(per_host.then_some(1024)),
            host_idle: self.host_idle.or(per_host.then_some(Duration::from_secs(600))),
        }
    }

    /// What one key asks of another.
    fn together(&self) -> Result<(), SettingsError> {
        use BudgetKind::{InFlight, Quota, Ratio, Throttle};
        let keys = [
            ("ratio", self.ratio.is_some(), Ratio),
            ("per_second", self.per_second.is_some(), Ratio),
            ("window", self.window.is_some(), Ratio),
            ("max_tokens", self.max_tokens.is_some(), Throttle),
            ("token_ratio", self.token_ratio.is_some(), Throttle),
            ("capacity", self.capacity.is_some(), Quota),
            ("initial", self.initial.is_some(), Quota),
            ("cost_transient", self.cost_transient.is_some(), Quota),
            ("cost_timeout", self.cost_timeout.is_some(), Quota),
            ("cost_throttled", self.cost_throttled.is_some(), Quota),
            ("percent", self.percent.is_some(), InFlight),
            ("min", self.min.is_some(), InFlight),
        ];
        let kind = self.kind();
        if let Some((key, _, of)) = keys.into_iter().find(|(_, is_set, of)| *is_set && *of != kind) {
            let problem =
                format!("belongs to a budget of the kind {}, and this one is {}", of.shown(), kind.shown());
            return Err(SettingsError::new(key, problem));
        }
        if kind == BudgetKind::None && self.per_host == Some(true) {
            return Err(SettingsError::new("per_host", "there is no budget, so hosts have none either"));
        }
        let of_hosts = [("max_hosts", self.max_hosts.is_some()), ("host_idle", self.host_idle.is_some())];
        match of_hosts.into_iter().find(|(_, is_set)| *is_set && self.per_host != Some(true)) {
            Some((key, _)) => Err(SettingsError::new(key, "expected `per_host = true` beside it")),
            None => Ok(()),
        }
    }
}

impl Section for BudgetSettings {
    const SHORT: Option<&'static str> = Some("kind");

    fn read(table: &mut Table) -> Result<Self, SettingsError> {
        let share = number("a share of the requests from 0 to 1", |ratio| (0.0..=1.0).contains(&ratio));
        let tokens = number("a number from 0.001 to 1000", |ratio| (0.001..=1000.0).contains(&ratio));
        let settings = Self {
            kind: table.value("kind", named(&KINDS))?,
            ratio: table.value("ratio", share)?,
            per_second: table.value("per_second", whole(0..=u32::MAX))?,
            window: table.value("window", duration::at_least_10_ms)?,
            max_tokens: table.value("max_tokens", whole(1..=1000))?,
            token_ratio: table.value("token_ratio", tokens)?,
            capacity: table.value("capacity", whole(0..=u32::MAX))?,
            initial: table.value("initial", whole(0..=u32::MAX))?,
            cost_transient: table.value("cost_transient", whole(0..=u32::MAX))?,
            cost_timeout: table.value("cost_timeout", whole(0..=u32::MAX))?,
            cost_throttled: table.value("cost_throttled", whole(0..=u32::MAX))?,
            percent: table.value("percent", whole(0..=100))?,
            min: table.value("min", whole(0..=u32::MAX))?,
            per_host: table.value("per_host", switch)?,
            // a place is made for each at once
            max_hosts: table.value("max_hosts", whole(1..=1_000_000))?,
            host_idle: table.value("host_idle", duration::positive)?,
        };
        settings.together()?;
        Ok(settings)
    }

    fn write(&self, entries: &mut Entries) {
        entries.put("kind", self.kind.and_then(|kind| name_of(&KINDS, &kind)));
        entries.put("ratio", self.ratio);
        entries.put("per_second", self.per_second);
        entries.put("window", self.window.map(duration::text));
        entries.put("max_tokens", self.max_tokens);
        entries.put("token_ratio", self.token_ratio);
        entries.put("capacity", self.capacity);
        entries.put("initial", self.initial);
        entries.put("cost_transient", self.cost_transient);
        entries.put("cost_timeout", self.cost_timeout);
        entries.put("cost_throttled", self.cost_throttled);
        entries.put("percent", self.percent);
        entries.put("min", self.min);
        entries.put("per_host", self.per_host);
        entries.put("max_hosts", self.max_hosts);
        entries.put("host_idle", self.host_idle.map(duration::text));
    }
}

settings!(BudgetSettings);

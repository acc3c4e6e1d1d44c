use super::{
    OrOff, SettingsError, duration,
    section::{Entries, Section, settings},
    table::Table,
    tree::Tree,
    values::{number, whole},
};
use crate::retry::{Hedge, Percentile};
use std::time::Duration;

/// When a further attempt starts beside those that still run, for [`RetryLayer::hedge`](crate::RetryLayer::hedge).
///
/// One of [`after`](Self::after) and [`percentile`](Self::percentile) switches it on; `hedge = "off"` or nothing at all
/// leaves it off.
///
/// ```
/// use tower_retry_policy::{RetryLayer, RetryPolicy, settings::HedgeSettings};
///
/// let settings: HedgeSettings = toml::from_str(r#"
///     percentile = 95
///     factor = 1.5
///     ceiling = "2s"
/// "#)?;
/// let layer = RetryLayer::new(RetryPolicy::standard());
/// let layer = match settings.hedge()? {
///     Some(hedge) => layer.hedge(hedge),
///     None => layer,
/// };
/// # let _ = layer;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HedgeSettings {
    /// How long the newest attempt may run.
    pub after: Option<OrOff<Duration>>,
    /// The latency that so many of a hundred first attempts do not exceed, in place of `after`: more than 0, at most 100.
    pub percentile: Option<f64>,
    /// So many times the percentile, from 0.01 to 1000. Default: 1.
    pub factor: Option<f64>,
    /// What the percentile's delay is never shorter than. Default: 1 ms.
    pub floor: Option<Duration>,
    /// What the percentile's delay is never longer than, and what it is while too little is known. Default: off.
    pub ceiling: Option<OrOff<Duration>>,
    /// How many latencies have to be known. Default: 20.
    pub samples: Option<u32>,
    /// For how long a latency counts. Default: 30 s.
    pub over: Option<Duration>,
    /// Attempts that may run at once, the oldest included, from 2 to 1000. Default: 2.
    pub at_once: Option<u32>,
    /// Hedges of a call in all, beside the policy's limit on its retries. Default: off, no limit of their own.
    pub hedges: Option<OrOff<u32>>,
}

// ===== impl HedgeSettings =====

impl HedgeSettings {
    /// The hedge, if there is one.
    ///
    /// # Errors
    ///
    /// Names a key whose value cannot be meant, where the settings were made in a program.
    pub fn hedge(&self) -> Result<Option<Hedge>, SettingsError> {
        self.check()?;
        let hedge = match (self.after.and_then(OrOff::on), self.percentile) {
            (Some(after), _) => Hedge::after(after),
            (None, Some(percent)) => Hedge::after(self.learnt(percent)),
            (None, None) => return Ok(None),
        };
        let hedge = self.at_once.map_or(hedge, |attempts| hedge.at_once(attempts as usize));
        Ok(Some(match self.hedges {
            Some(OrOff::On(hedges)) => hedge.hedges(hedges),
            Some(OrOff::Off) | None => hedge,
        }))
    }

    fn learnt(&self, percent: f64) -> Percentile {
        let mut learnt = Percentile::new(percent);
        if let Some(factor) = self.factor {
            learnt = learnt.factor(factor);
        }
        if let Some(floor) = self.floor {
            learnt = learnt.floor(floor);
        }
        if let Some(OrOff::On(ceiling)) = self.ceiling {
            learnt = learnt.ceiling(ceiling);
        }
        if let Some(samples) = self.samples {
            learnt = learnt.samples(samples);
        }
        self.over.map_or(learnt, |over| learnt.over(over))
    }

    /// The same with every default that holds written down.
    pub(super) fn explicit(&self) -> Self {
        let learns = self.percentile.is_some();
        let is_on = learns || self.after.is_some_and(|after| after != OrOff::Off);
        Self {
            after: self.after.or((!learns).then_some(OrOff::Off)),
            percentile: self.percentile,
            factor: self.factor.or(learns.then_some(1.0)),
            floor: self.floor.or(learns.then_some(Duration::from_millis(1))),
            ceiling: self.ceiling.or(learns.then_some(OrOff::Off)),
            samples: self.samples.or(learns.then_some(20)),
            over: self.over.or(learns.then_some(Duration::from_secs(30))),
            at_once: self.at_once.or(is_on.then_some(2)),
            hedges: self.hedges.or(is_on.then_some(OrOff::Off)),
        }
    }

    /// What one key asks of another.
    fn together(&self) -> Result<(), SettingsError> {
        let after = self.after.and_then(OrOff::on);
        if after.is_some() && self.percentile.is_some() {
            return Err(SettingsError::new("percentile", "expected either this or `after`, found both"));
        }
        let of_percentile = [
            ("factor", self.factor.is_some()),
            ("floor", self.floor.is_some()),
            ("ceiling", self.ceiling.is_some()),
            ("samples", self.samples.is_some()),
            ("over", self.over.is_some()),
        ];
        for (key, is_set) in of_percentile {
            if is_set && self.percentile.is_none() {
                return Err(SettingsError::new(key, "says something of `percentile`, which is not set"));
            }
        }
        let of_hedges = [("at_once", self.at_once.is_some()), ("hedges", self.hedges.is_some())];
        for (key, is_set) in of_hedges {
            if is_set && after.is_none() && self.percentile.is_none() {
                return Err(SettingsError::new(
                    key,
                    "expected `after` or `percentile` beside it, found neither",
                ));
            }
        }
        match (self.floor, self.ceiling) {
            (Some(floor), Some(OrOff::On(ceiling))) if floor > ceiling => {
                Err(SettingsError::new("ceiling", "expected at least the `floor`, found less"))
            }
            _ => Ok(()),
        }
    }
}

impl Section for HedgeSettings {
    const SHORT: Option<&'static str> = Some("after");

    fn read(table: &mut Table) -> Result<Self, SettingsError> {
        let percentile =
            number("a number of more than 0 and at most 100", |percent| percent > 0.0 && percent <= 100.0);
        let factor = number("a number from 0.01 to 1000", |factor| (0.01..=1000.0).contains(&factor));
        let settings = Self {
            after: table.value("after", OrOff::reader(duration::any))?,
            percentile: table.value("percentile", percentile)?,
            factor: table.value("factor", factor)?,
            floor: table.value("floor", duration::any)?,
            ceiling: table.value("ceiling", OrOff::reader(duration::positive))?,
            samples: table.value("samples", whole(1..=u32::MAX))?,
            over: table.value("over", duration::positive)?,
            at_once: table.value("at_once", whole(2..=1000))?,
            hedges: table.value("hedges", OrOff::reader(whole(1..=u32::MAX)))?,
        };
        settings.together()?;
        Ok(settings)
    }

    fn write(&self, entries: &mut Entries) {
        entries.put("after", self.after.map(|after| after.written(duration::text)));
        entries.put("percentile", self.percentile);
        entries.put("factor", self.factor);
        entries.put("floor", self.floor.map(duration::text));
        entries.put("ceiling", self.ceiling.map(|ceiling| ceiling.written(duration::text)));
        entries.put("samples", self.samples);
        entries.put("over", self.over.map(duration::text));
        entries.put("at_once", self.at_once);
        entries.put("hedges", self.hedges.map(|hedges| hedges.written(Tree::from)));
    }
}

settings!(HedgeSettings);

use super::{
    OrOff, SettingsError, duration, jitter,
    section::{Entries, Section, settings},
    table::Table,
    tree::Tree,
    values::{list, name_of, named, switch, whole},
};
use std::time::Duration;
use tower_backoff::{Backoff, Jitter, Kind};

/// The waits before the retries.
///
/// What is absent stays as it is: in a policy that is made by [`RetrySettings::policy`](super::RetrySettings::policy) that
/// of the preset, in one that exists that of the policy.
///
/// ```
/// use std::time::Duration;
/// use tower_backoff::{Backoff, Jitter};
/// use tower_retry_policy::settings::BackoffSettings;
///
/// let settings: BackoffSettings = toml::from_str(r#"
///     kind = "exponential"
///     first = "200ms"
///     cap = "5s"
///     jitter = "20%"
/// "#)?;
/// let expected = Backoff::exponential(Duration::from_millis(200))
///     .cap(Duration::from_secs(5))
///     .jitter(Jitter::Proportional { percent: 20 });
/// assert_eq!(settings.backoff()?, expected);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackoffSettings {
    /// How the waits grow.
    pub kind: Option<BackoffKind>,
    /// The wait of `constant`, the step of `linear`, the first wait of `exponential`, the factor of `urllib3`.
    pub first: Option<Duration>,
    /// By what `exponential` grows, from 1 to 1000.
    pub factor: Option<u32>,
    /// The waits of `schedule`, of which the last one repeats.
    pub delays: Option<Vec<Duration>>,
    /// The longest wait, jitter included; `off` leaves it to the kind, which mostly ends at 2 minutes ([`Backoff`]).
    pub cap: Option<OrOff<Duration>>,
    /// How the waits are spread: `"none"`, `"full"`, `"equal"`, `"decorrelated"`, a share to each side such as `"20%"`, or
    /// a duration that is added.
    pub jitter: Option<Jitter>,
    /// Whether the first retry is sent at once.
    pub first_retry_immediately: Option<bool>,
}

/// How waits grow: see [`Backoff`] for each of them.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackoffKind {
    /// No wait.
    None,
    /// Always the same.
    Constant,
    /// Longer by the first one each time.
    Linear,
    /// Longer by a factor each time.
    Exponential,
    /// Nothing before the first retry, then as `exponential`.
    Urllib3,
    /// Those of a list.
    Schedule,
}

const KINDS: [(&str, BackoffKind); 6] = [
    ("none", BackoffKind::None),
    ("constant", BackoffKind::Constant),
    ("linear", BackoffKind::Linear),
    ("exponential", BackoffKind::Exponential),
    ("urllib3", BackoffKind::Urllib3),
    ("schedule", BackoffKind::Schedule),
];

/// The first wait of a kind that comes in the place of one without any: the standard policy's.
const FIRST: Duration = Duration::from_millis(100);

// ===== impl BackoffSettings =====

impl BackoffSettings {
    /// The backoff that differs from the standard policy's in what is set.
    ///
    /// # Errors
    ///
    /// Names a key that does not apply to this kind of backoff, or whose value cannot be meant.
    pub fn backoff(&self) -> Result<Backoff, SettingsError> {
        let policy = crate::RetryPolicy::standard();
        self.apply(&policy.config.backoff)
    }

    /// A backoff that differs from `backoff` in what is set.
    ///
    /// Where the kind changes, the first wait is kept, and the cap and the jitter too.
    ///
    /// # Errors
    ///
    /// As [`backoff`](Self::backoff).
    pub fn apply(&self, backoff: &Backoff) -> Result<Backoff, SettingsError> {
        self.check()?;
        let now = Self::from(backoff);
        let kind = self.kind.or(now.kind).unwrap_or(BackoffKind::None);
        self.belong_to(kind)?;
        let first = self.first.or(now.first).unwrap_or(FIRST);
        let mut applied = match kind {
            BackoffKind::None => Backoff::none(),
            BackoffKind::Constant => Backoff::constant(first),
            BackoffKind::Linear => Backoff::linear(first),
            BackoffKind::Exponential => {
                Backoff::exponential(first).factor(self.factor.or(now.factor).unwrap_or(2))
            }
            BackoffKind::Urllib3 => Backoff::urllib3(first),
            BackoffKind::Schedule => match self.delays.clone().or(now.delays) {
                Some(delays) => Backoff::schedule(delays),
                None => {
                    return Err(SettingsError::new("delays", "the kind \"schedule\" needs it"));
                }
            },
        };
        applied = applied.jitter(self.jitter.or(now.jitter).unwrap_or_default());
        if let Some(cap) = self.cap.or(now.cap).and_then(OrOff::on) {
            applied = applied.cap(cap);
        }
        let immediately = self.first_retry_immediately.or(now.first_retry_immediately);
        Ok(if immediately == Some(true) { applied.first_retry_immediately() } else { applied })
    }

    /// A key that does not apply to this kind is a mistake.
    fn belong_to(&self, kind: BackoffKind) -> Result<(), SettingsError> {
        let schedule = kind == BackoffKind::Schedule;
        let keys = [
            ("first", self.first.is_some(), !schedule && kind != BackoffKind::None),
            ("factor", self.factor.is_some(), kind == BackoffKind::Exponential),
            ("delays", self.delays.is_some(), schedule),
        ];
        match keys.into_iter().find(|(_, is_set, belongs)| *is_set && !belongs) {
            None => Ok(()),
            Some((key, ..)) => {
                let name = name_of(&KINDS, &kind).map(|name| name.shown()).unwrap_or_default();
                Err(SettingsError::new(key, format!("does not apply to a backoff of the kind {name}")))
            }
        }
    }
}

impl From<&Backoff> for BackoffSettings {
    /// With all that there is to say of it.
    fn from(backoff: &Backoff) -> Self {
        let mut settings = Self {
            cap: Some(backoff.explicit_cap().into()),
            jitter: Some(backoff.jitter_kind()),
            first_retry_immediately: Some(backoff.is_first_immediate()),
            ..Self::default()
        };
        let (kind, first) = match backoff.kind() {
            Kind::Constant(Duration::ZERO) => (BackoffKind::None, None),
            Kind::Constant(delay) => (BackoffKind::Constant, Some(*delay)),
            Kind::Linear { step } => (BackoffKind::Linear, Some(*step)),
            Kind::Exponential { first, factor } => {
                settings.factor = Some(*factor);
                (BackoffKind::Exponential, Some(*first))
            }
            Kind::Urllib3 { factor } => (BackoffKind::Urllib3, Some(*factor)),
            Kind::Schedule(delays) => {
                settings.delays = Some(delays.to_vec());
                (BackoffKind::Schedule, None)
            }
            // a kind that this version does not know
            _ => return settings,
        };
        Self { kind: Some(kind), first, ..settings }
    }
}

impl Section for BackoffSettings {
    const SHORT: Option<&'static str> = Some("kind");

    fn read(table: &mut Table) -> Result<Self, SettingsError> {
        let settings = Self {
            kind: table.value("kind", named(&KINDS))?,
            first: table.value("first", duration::any)?,
            factor: table.value("factor", whole(1..=1000))?,
            delays: table
                .value("delays", list("a list of durations, such as [\"100ms\", \"1s\"]", duration::any))?,
            cap: table.value("cap", OrOff::reader(duration::any))?,
            jitter: table.value("jitter", jitter::read)?,
            first_retry_immediately: table.value("first_retry_immediately", switch)?,
        };
        // without a kind it is the one of the backoff that these are applied to
        settings.kind.map_or(Ok(()), |kind| settings.belong_to(kind))?;
        Ok(settings)
    }

    fn write(&self, entries: &mut Entries) {
        entries.put("kind", self.kind.and_then(|kind| name_of(&KINDS, &kind)));
        entries.put("first", self.first.map(duration::text));
        entries.put("factor", self.factor);
        let texts = |delays: &Vec<Duration>| Tree::List(delays.iter().copied().map(duration::text).collect());
        entries.put("delays", self.delays.as_ref().map(texts));
        entries.put("cap", self.cap.map(|cap| cap.written(duration::text)));
        entries.put("jitter", self.jitter.map(jitter::text));
        entries.put("first_retry_immediately", self.first_retry_immediately);
    }
}

settings!(BackoffSettings);

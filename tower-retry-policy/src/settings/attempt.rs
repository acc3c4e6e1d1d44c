use super::{
    OrOff, SettingsError, duration,
    section::{Entries, Section, settings},
    table::Table,
};
use crate::attempt_timeout::AttemptTimeouts;
use std::time::Duration;

/// The limits of one attempt, for an [`AttemptTimeoutLayer`](crate::AttemptTimeoutLayer).
///
/// ```
/// use std::time::Duration;
/// use tower_retry_policy::{AttemptTimeoutLayer, settings::AttemptSettings};
///
/// let settings: AttemptSettings = toml::from_str(r#"
///     head = "2s"
///     idle = "500ms"
/// "#)?;
/// let layer = AttemptTimeoutLayer::from(settings.timeouts()?);
/// assert_eq!(layer.timeouts().head_limit(), Some(Duration::from_secs(2)));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// Within [`StandardSettings`](super::StandardSettings) a limit that is absent follows from the deadline.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptSettings {
    /// From the call to the response's head.
    pub head: Option<OrOff<Duration>>,
    /// Each wait for a frame of the response's body.
    pub idle: Option<OrOff<Duration>>,
    /// The whole attempt, to the end of the response's body.
    pub total: Option<OrOff<Duration>>,
}

// ===== impl AttemptSettings =====

impl AttemptSettings {
    /// These limits; one that is absent does not hold.
    ///
    /// # Errors
    ///
    /// Names a key whose value cannot be meant, where the settings were made in a program.
    pub fn timeouts(&self) -> Result<AttemptTimeouts, SettingsError> {
        self.apply(AttemptTimeouts::new())
    }

    /// `timeouts` with these limits; one that is absent is kept.
    ///
    /// # Errors
    ///
    /// As [`timeouts`](Self::timeouts).
    pub fn apply(&self, timeouts: AttemptTimeouts) -> Result<AttemptTimeouts, SettingsError> {
        self.check()?;
        let changed = |set: Option<OrOff<Duration>>, now| set.map_or(now, OrOff::on);
        let mut applied = AttemptTimeouts::new();
        if let Some(head) = changed(self.head, timeouts.head_limit()) {
            applied = applied.head(head);
        }
        if let Some(idle) = changed(self.idle, timeouts.idle_limit()) {
            applied = applied.idle(idle);
        }
        if let Some(total) = changed(self.total, timeouts.total_limit()) {
            applied = applied.total(total);
        }
        Ok(applied)
    }
}

impl From<AttemptTimeouts> for AttemptSettings {
    /// With every limit there is, or `off`.
    fn from(timeouts: AttemptTimeouts) -> Self {
        Self {
            head: Some(timeouts.head_limit().into()),
            idle: Some(timeouts.idle_limit().into()),
            total: Some(timeouts.total_limit().into()),
        }
    }
}

impl Section for AttemptSettings {
    fn read(table: &mut Table) -> Result<Self, SettingsError> {
        Ok(Self {
            head: table.value("head", OrOff::reader(duration::positive))?,
            idle: table.value("idle", OrOff::reader(duration::positive))?,
            total: table.value("total", OrOff::reader(duration::positive))?,
        })
    }

    fn write(&self, entries: &mut Entries) {
        for (key, limit) in [("head", self.head), ("idle", self.idle), ("total", self.total)] {
            entries.put(key, limit.map(|limit| limit.written(duration::text)));
        }
    }
}

settings!(AttemptSettings);

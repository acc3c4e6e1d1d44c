use super::{
    AttemptSettings, ContentSettings, HedgeSettings, OrOff, RetrySettings, SettingsError, duration,
    section::{Entries, Section, settings},
    table::Table,
    vars,
};
#[cfg(feature = "content-check")]
use crate::StandardLayer;
use crate::{
    DeadlineLayer, RetryLayer, RetryPolicy,
    attempt_timeout::AttemptTimeouts,
    limits::recommended::{DEADLINE, attempt_within},
    retry::Hedge,
};
use std::time::Duration;

/// A whole stack: deadline, retry, hedging, content check, attempt timeout.
///
/// See the [module](super) for an example and for all keys.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StandardSettings {
    /// The limit of a call with all of its attempts and waits. Default: 30 s.
    pub deadline: Option<OrOff<Duration>>,
    /// The limits of one attempt. Default: a third of the deadline in total, a sixth until the head and for each wait for a
    /// frame, so that a server that hangs leaves time for two attempts more.
    pub attempt: AttemptSettings,
    /// What is repeated. Default: [`RetryPolicy::standard`].
    pub retry: RetrySettings,
    /// When attempts overlap. Default: never.
    pub hedge: HedgeSettings,
    /// What a content check holds. Default: that of the check's layer.
    pub content: ContentSettings,
}

// ===== impl StandardSettings =====

impl StandardSettings {
    /// The standard stack with every default written down.
    ///
    /// ```
    /// use tower_retry_policy::settings::StandardSettings;
    ///
    /// let text = StandardSettings::standard().to_toml();
    /// assert!(text.contains("statuses = [408, 429, 500, 502, 503, 504]"));
    /// assert_eq!(toml::from_str::<StandardSettings>(&text)?, StandardSettings::standard());
    /// # Ok::<_, toml::de::Error>(())
    /// ```
    pub fn standard() -> Self {
        // the defaults can be meant: a test reads them
        Self::default().explicit().unwrap_or_default()
    }

    /// The same with every default that holds written down.
    ///
    /// # Errors
    ///
    /// Those of [`policy`](Self::policy).
    pub fn explicit(&self) -> Result<Self, SettingsError> {
        self.check()?;
        Ok(Self {
            deadline: Some(self.deadline.unwrap_or(OrOff::On(DEADLINE))),
            attempt: self.timeouts()?.into(),
            retry: self.retry.explicit().map_err(|error| error.within("retry"))?,
            hedge: self.hedge.explicit(),
            content: self.content.explicit(),
        })
    }

    /// The limit of a call, for a [`DeadlineLayer`]; `None` if it is off.
    ///
    /// # Errors
    ///
    /// Names the key if its value cannot be meant, where the settings were made in a program. So do the other methods.
    pub fn deadline(&self) -> Result<Option<Duration>, SettingsError> {
        self.check()?;
        Ok(self.deadline.unwrap_or(OrOff::On(DEADLINE)).on())
    }

    /// The layer of the deadline. One that is off is longer than anybody waits, so that the stack has the same type.
    ///
    /// # Errors
    ///
    /// As [`deadline`](Self::deadline).
    pub fn deadline_layer(&self) -> Result<DeadlineLayer, SettingsError> {
        Ok(DeadlineLayer::new(self.deadline()?.unwrap_or(Duration::MAX)))
    }

    /// The limits of an attempt. Those that are absent follow from the deadline, or from the default one if it is off.
    ///
    /// # Errors
    ///
    /// As [`deadline`](Self::deadline).
    pub fn timeouts(&self) -> Result<AttemptTimeouts, SettingsError> {
        let deadline = self.deadline()?.unwrap_or(DEADLINE);
        self.attempt.apply(attempt_within(deadline))
    }

    /// The policy, with a budget of its own: see [`RetrySettings::policy`].
    ///
    /// # Errors
    ///
    /// Names a key that does not apply to this kind of backoff or budget, and one that takes a feature which the program was
    /// built without.
    pub fn policy(&self) -> Result<RetryPolicy, SettingsError> {
        self.check()?;
        self.retry.policy().map_err(|error| error.within("retry"))
    }

    /// The hedge, if attempts are to overlap.
    ///
    /// # Errors
    ///
    /// As [`deadline`](Self::deadline).
    pub fn hedge(&self) -> Result<Option<Hedge>, SettingsError> {
        self.check()?;
        self.hedge.hedge()
    }

    /// The retry, with policy and hedge.
    ///
    /// # Errors
    ///
    /// As [`policy`](Self::policy).
    pub fn retry_layer(&self) -> Result<RetryLayer, SettingsError> {
        let layer = RetryLayer::new(self.policy()?);
        Ok(match self.hedge()? {
            Some(hedge) => layer.hedge(hedge),
            None => layer,
        })
    }

    /// The recommended stack with these settings, whatever was set before: `settings.apply(StandardLayer::json())`.
    ///
    /// # Errors
    ///
    /// As [`policy`](Self::policy).
    #[cfg(feature = "content-check")]
    pub fn apply(&self, layer: StandardLayer) -> Result<StandardLayer, SettingsError> {
        let deadline = self.deadline()?.unwrap_or(Duration::MAX);
        let layer = layer.deadline(deadline).attempt(self.timeouts()?).retry(self.retry_layer()?);
        layer.try_map_check(|check| self.content.apply(check))
    }

    /// Settings from variables, as those of the environment: `PREFIX__RETRY__BACKOFF__FIRST=200ms` is
    /// `retry.backoff.first`.
    ///
    /// Names are read in any case. What does not begin with the prefix and two low lines is somebody else's; a variable that
    /// does is a key, and an unknown one is an error.
    ///
    /// ```
    /// use tower_retry_policy::settings::StandardSettings;
    ///
    /// # let vars = [("API__RETRY__STATUSES", "429, 503"), ("API__DEADLINE", "5s"), ("HOME", "/root")];
    /// # let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
    /// # /*
    /// let vars = std::env::vars();
    /// # */
    /// let settings = StandardSettings::from_vars("API", vars)?;
    /// # assert_eq!(settings.deadline()?, Some(std::time::Duration::from_secs(5)));
    /// # Ok::<_, tower_retry_policy::settings::SettingsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Names the key of the first variable that cannot be meant.
    pub fn from_vars(
        prefix: &str,
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        Self::from_tree(vars::tree(prefix, vars)?)
    }
}

impl Section for StandardSettings {
    fn read(table: &mut Table) -> Result<Self, SettingsError> {
        Ok(Self {
            deadline: table.value("deadline", OrOff::reader(duration::positive))?,
            attempt: table.section("attempt")?.unwrap_or_default(),
            retry: table.section("retry")?.unwrap_or_default(),
            hedge: table.section("hedge")?.unwrap_or_default(),
            content: table.section("content")?.unwrap_or_default(),
        })
    }

    fn write(&self, entries: &mut Entries) {
        entries.put("deadline", self.deadline.map(|limit| limit.written(duration::text)));
        entries.section("attempt", &self.attempt);
        entries.section("retry", &self.retry);
        entries.section("hedge", &self.hedge);
        entries.section("content", &self.content);
    }
}

settings!(StandardSettings);

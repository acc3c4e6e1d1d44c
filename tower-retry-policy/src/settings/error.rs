use super::misfit::Misfit;
use crate::one_line::OneLine;
use std::{error::Error, fmt};

/// A setting that cannot be meant: which key it is, and what would be right.
///
/// ```
/// use tower_retry_policy::settings::StandardSettings;
///
/// let error = serde_json::from_str::<StandardSettings>(r#"{"retry": {"backoff": {"first": "100"}}}"#).unwrap_err();
/// assert!(error.to_string().starts_with(
///     r#"retry.backoff.first: expected a duration with its unit, such as "1.5s" or "100ms", of 365d at most, found "100""#
/// ));
/// ```
///
/// While settings are read from a file, the text of this error is that of the format's own error, which may add the line.
/// A value is shown in one line, without credentials of a URL, and cut when it is long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    key: String,
    problem: String,
}

// ===== impl SettingsError =====

impl SettingsError {
    pub(super) fn new(key: &str, problem: impl Into<String>) -> Self {
        Self { key: OneLine(key).to_string(), problem: problem.into() }
    }

    pub(super) fn misfit(key: &str, misfit: &Misfit) -> Self {
        Self::new(key, misfit.to_string())
    }

    /// The same, seen from the table that this one is a part of.
    pub(super) fn within(self, table: &str) -> Self {
        if self.key.is_empty() {
            return Self::new(table, self.problem);
        }
        // a key of a list's entry, such as [2].name, follows without a dot
        let dot = if self.key.starts_with('[') { "" } else { "." };
        Self { key: format!("{table}{dot}{}", self.key), ..self }
    }

    /// The key with the tables that it is in, such as `retry.backoff.first`; empty if it is about the settings as a whole.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.problem)
    }
}

impl Error for SettingsError {}

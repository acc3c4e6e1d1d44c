//! Every setting by its name: as a flag, as a key of a file, and as something to vary.
//!
//! A setting is one entry of the table of its heading.

mod load;
mod network;
mod policy;
#[cfg(test)]
mod tests;
mod value;

use self::{load::LOAD, network::NETWORK, policy::POLICY, value::is_off};
use super::settings::Settings;
use std::fmt;

/// One thing that can be set.
#[non_exhaustive]
pub struct Setting {
    /// Its name on the command line and in files.
    pub name: &'static str,
    /// What its value is, for the help.
    pub value: &'static str,
    /// What it is, for the help.
    pub help: &'static str,
    /// Under which heading it stands.
    pub heading: &'static str,
    /// What it is counted in, for axes.
    pub unit: &'static str,
    set: Set,
    get: Get,
}

type Set = fn(&mut Settings, &str) -> Result<(), String>;
type Get = fn(&Settings) -> String;

impl Setting {
    /// All settings in their order. Later ones are applied later: `p` changes the loss that `loss` has set, `probe` that
    /// of the preset.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        NETWORK.iter().chain(POLICY).chain(LOAD)
    }

    /// The setting of this name.
    ///
    /// # Errors
    /// What was meant perhaps, or all the names there are.
    pub fn named(name: &str) -> Result<&'static Self, String> {
        if let Some(setting) = Self::all().find(|setting| setting.name == name) {
            return Ok(setting);
        }
        let near = |setting: &&Self| strsim::damerau_levenshtein(setting.name, name) <= 2.min(name.len() / 2);
        let close = Self::all().filter(near);
        match close.min_by_key(|setting| strsim::damerau_levenshtein(setting.name, name)) {
            Some(setting) => Err(format!("did you mean `{}`?", setting.name)),
            None => {
                let names: Vec<&str> = Self::all().map(|setting| setting.name).collect();
                Err(format!("the settings are {}", names.join(", ")))
            }
        }
    }

    /// Sets it.
    ///
    /// # Errors
    /// What would be right.
    pub fn set(&self, settings: &mut Settings, text: &str) -> Result<(), String> {
        (self.set)(settings, text)
    }

    /// Whether this text could be set.
    ///
    /// # Errors
    /// What would be right.
    pub fn check(&self, text: &str) -> Result<(), String> {
        self.set(&mut Settings::default(), text)
    }

    /// Its value, as it can be set.
    #[must_use]
    pub fn get(&self, settings: &Settings) -> String {
        (self.get)(settings)
    }

    /// Whether it is one of the client's policy, rather than of network or load.
    pub(crate) fn is_policy(&self) -> bool {
        POLICY.iter().any(|known| known.name == self.name)
    }

    /// The settings that it sets as well.
    pub(crate) fn parts(&self) -> &'static [&'static str] {
        match self.name {
            "loss" => &["p", "r", "1-h", "1-k"],
            "preset" => &["probe"],
            _ => &[],
        }
    }

    /// Its name and value as people read them, with the unit where the value has none.
    pub(crate) fn shown(&self, settings: &Settings) -> String {
        let value = self.get(settings);
        match self.unit {
            "" | "s" => format!("{} {value}", self.name),
            _ if is_off(&value) => format!("{} {value}", self.name),
            unit => format!("{} {value} {unit}", self.name),
        }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("name", &self.name).finish_non_exhaustive()
    }
}

//! Every setting by its name: as a flag, as a key of a file, and as something to vary.
//!
//! A setting is one entry below.

use std::{fmt, ops::RangeInclusive, str::FromStr, time::Duration};

use clap::ValueEnum;
use tower_backoff::Jitter;

use super::{
    duration,
    settings::{Growth, Judged, Settings},
};
use crate::network::{GilbertElliott, Preset};

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
    set: fn(&mut Settings, &str) -> Result<(), String>,
    get: fn(&Settings) -> String,
}

/// All settings. Later ones are applied later: `p` changes the loss that `loss` has set, `probe` that of the preset.
pub const SETTINGS: &[Setting] = &[
    Setting {
        heading: NETWORK,
        unit: "%",
        ..setting(
            "loss",
            "P,R[,1-H[,1-K]]",
            "Loss of the server's packets in percent, as netem's `gemodel`",
            |settings, text| {
                settings.network.loss =
                    text.parse().map_err(|error: <GilbertElliott as FromStr>::Err| error.to_string())?;
                Ok(())
            },
            |settings| settings.network.loss.to_string(),
        )
    },
    Setting {
        heading: NETWORK,
        unit: "%",
        ..setting(
            "p",
            "PERCENT",
            "netem's p: from the good state to the bad one after a packet",
            |settings, text| put(&mut settings.network.loss.p, percent(text).map(|percent| percent / 100.0)),
            |settings| shown_percent(settings.network.loss.p * 100.0),
        )
    },
    Setting {
        heading: NETWORK,
        unit: "%",
        ..setting(
            "r",
            "PERCENT",
            "netem's r: from the bad state to the good one",
            |settings, text| put(&mut settings.network.loss.r, percent(text).map(|percent| percent / 100.0)),
            |settings| shown_percent(settings.network.loss.r * 100.0),
        )
    },
    Setting {
        heading: NETWORK,
        unit: "%",
        ..setting(
            "1-h",
            "PERCENT",
            "netem's 1-h: loss in the bad state",
            |settings, text| {
                put(&mut settings.network.loss.bad_loss, percent(text).map(|percent| percent / 100.0))
            },
            |settings| shown_percent(settings.network.loss.bad_loss * 100.0),
        )
    },
    Setting {
        heading: NETWORK,
        unit: "%",
        ..setting(
            "1-k",
            "PERCENT",
            "netem's 1-k: loss in the good state",
            |settings, text| {
                put(&mut settings.network.loss.good_loss, percent(text).map(|percent| percent / 100.0))
            },
            |settings| shown_percent(settings.network.loss.good_loss * 100.0),
        )
    },
    Setting {
        heading: NETWORK,
        ..setting(
            "preset",
            "NAME",
            "Where the network's other numbers come from: talk, no-probe",
            |settings, text| {
                settings.network.preset = Preset::from_str(text, false).map_err(|_| {
                    format!("the presets are {}, {}", Preset::Talk.name(), Preset::NoProbe.name())
                })?;
                settings.network.probe = settings.network.preset.knobs().probe;
                Ok(())
            },
            |settings| settings.network.preset.name().to_owned(),
        )
    },
    Setting {
        heading: NETWORK,
        unit: "packets/s",
        ..setting(
            "probe",
            "PER_SECOND",
            "Packets a second of other traffic through the same queue, or off",
            |settings, text| {
                settings.network.probe = if is_off(text) {
                    None
                } else {
                    Some(whole(text, 1..=1_000_000, " packets a second, or off")?)
                };
                Ok(())
            },
            |settings| settings.network.probe.map_or_else(off, |rate| rate.to_string()),
        )
    },
    Setting {
        heading: NETWORK,
        unit: "s",
        ..setting(
            "delay",
            "DURATION",
            "Delay of each direction, in whole milliseconds",
            |settings, text| {
                let delay = duration::read(text)?;
                if delay.subsec_nanos() % 1_000_000 != 0 || delay > Duration::from_secs(60) {
                    return Err("wanted are whole milliseconds, at most 60s".into());
                }
                settings.network.delay = delay;
                Ok(())
            },
            |settings| duration::show(settings.network.delay),
        )
    },
    Setting {
        heading: NETWORK,
        unit: "bytes",
        ..setting(
            "size",
            "BYTES",
            "Length of the document",
            |settings, text| {
                settings.network.size = whole(text, 2..=10_000_000, " bytes")? as usize;
                Ok(())
            },
            |settings| settings.network.size.to_string(),
        )
    },
    Setting {
        heading: NETWORK,
        unit: "%",
        ..setting(
            "lies",
            "PERCENT",
            "How many responses are empty, or cut short behind a matching length",
            |settings, text| put(&mut settings.network.lies, percent(text)),
            |settings| shown_percent(settings.network.lies),
        )
    },
    Setting {
        heading: POLICY,
        ..setting(
            "attempts",
            "COUNT",
            "Attempts per call at the most, the first included",
            |settings, text| {
                put(&mut settings.policy.attempts, whole(text, 1..=1_000, " attempts, the first included"))
            },
            |settings| settings.policy.attempts.to_string(),
        )
    },
    Setting {
        heading: POLICY,
        unit: "s",
        ..setting(
            "head",
            "DURATION",
            "Limit of an attempt until the response's head, or off",
            |settings, text| put(&mut settings.policy.head, limit(text)),
            |settings| settings.policy.head.map_or_else(off, duration::show),
        )
    },
    Setting {
        heading: POLICY,
        unit: "s",
        ..setting(
            "idle",
            "DURATION",
            "Limit of the silence within the body, or off",
            |settings, text| put(&mut settings.policy.idle, limit(text)),
            |settings| settings.policy.idle.map_or_else(off, duration::show),
        )
    },
    Setting {
        heading: POLICY,
        unit: "s",
        ..setting(
            "total",
            "DURATION",
            "Limit of a whole attempt with its body, or off",
            |settings, text| put(&mut settings.policy.total, limit(text)),
            |settings| settings.policy.total.map_or_else(off, duration::show),
        )
    },
    Setting {
        heading: POLICY,
        unit: "s",
        ..setting(
            "deadline",
            "DURATION",
            "Limit of the call with all its attempts, or off",
            |settings, text| put(&mut settings.policy.deadline, limit(text)),
            |settings| settings.policy.deadline.map_or_else(off, duration::show),
        )
    },
    Setting {
        heading: POLICY,
        ..setting(
            "backoff",
            "KIND",
            "How the waits grow: none, constant, linear, exponential, urllib3",
            |settings, text| put(&mut settings.policy.growth, named(&GROWTHS, text)),
            |settings| name_of(&GROWTHS, settings.policy.growth),
        )
    },
    Setting {
        heading: POLICY,
        unit: "s",
        ..setting(
            "first",
            "DURATION",
            "The first wait; the step of linear, the factor of urllib3",
            |settings, text| put(&mut settings.policy.first, duration::read(text)),
            |settings| duration::show(settings.policy.first),
        )
    },
    Setting {
        heading: POLICY,
        ..setting(
            "factor",
            "COUNT",
            "By what exponential waits grow",
            |settings, text| put(&mut settings.policy.factor, whole(text, 1..=1_000, "")),
            |settings| settings.policy.factor.to_string(),
        )
    },
    Setting {
        heading: POLICY,
        unit: "s",
        ..setting(
            "cap",
            "DURATION",
            "The longest wait, or off for the backoff's own of 2 minutes",
            |settings, text| put(&mut settings.policy.cap, limit(text)),
            |settings| settings.policy.cap.map_or_else(off, duration::show),
        )
    },
    Setting {
        heading: POLICY,
        ..setting(
            "jitter",
            "KIND",
            "How the waits are spread: none, full, equal, decorrelated, 20% (to each side), 1s (added)",
            |settings, text| put(&mut settings.policy.jitter, jitter(text)),
            |settings| shown_jitter(settings.policy.jitter),
        )
    },
    Setting {
        heading: POLICY,
        ..setting(
            "check",
            "WHAT",
            "What is judged inside the attempt: off (the head only), length (the body is whole), json",
            |settings, text| put(&mut settings.policy.check, named(&JUDGED, text)),
            |settings| name_of(&JUDGED, settings.policy.check),
        )
    },
    Setting {
        heading: LOAD,
        ..setting(
            "requests",
            "COUNT",
            "Calls per run",
            |settings, text| {
                settings.load.requests = whole(text, 1..=1_000_000, " calls")? as usize;
                Ok(())
            },
            |settings| settings.load.requests.to_string(),
        )
    },
    Setting {
        heading: LOAD,
        ..setting(
            "workers",
            "COUNT",
            "Calls at a time",
            |settings, text| {
                settings.load.workers = whole(text, 1..=1_000, " workers")? as usize;
                Ok(())
            },
            |settings| settings.load.workers.to_string(),
        )
    },
    Setting {
        heading: LOAD,
        ..setting(
            "seed",
            "SEED",
            "The first seed",
            |settings, text| put(&mut settings.load.seed, number(text, 0..=u64::MAX, "")),
            |settings| settings.load.seed.to_string(),
        )
    },
    Setting {
        heading: LOAD,
        ..setting(
            "seeds",
            "COUNT",
            "How many seeds",
            |settings, text| put(&mut settings.load.seeds, number(text, 1..=1_000_000, " seeds")),
            |settings| settings.load.seeds.to_string(),
        )
    },
];

const NETWORK: &str = "Network";
const POLICY: &str = "Policy";
const LOAD: &str = "Load";

const GROWTHS: [(&str, Growth); 5] = [
    ("none", Growth::None),
    ("constant", Growth::Constant),
    ("linear", Growth::Linear),
    ("exponential", Growth::Exponential),
    ("urllib3", Growth::Urllib3),
];

const JUDGED: [(&str, Judged); 3] =
    [("off", Judged::Head), ("length", Judged::Length), ("json", Judged::Json)];

const JITTERS: [(&str, Jitter); 4] = [
    ("none", Jitter::None),
    ("full", Jitter::Full),
    ("equal", Jitter::Equal),
    ("decorrelated", Jitter::Decorrelated),
];

const fn setting(
    name: &'static str,
    value: &'static str,
    help: &'static str,
    set: fn(&mut Settings, &str) -> Result<(), String>,
    get: fn(&Settings) -> String,
) -> Setting {
    Setting { name, value, help, heading: "", unit: "", set, get }
}

impl Setting {
    /// The setting of this name.
    ///
    /// # Errors
    /// What was meant perhaps, or all the names there are.
    pub fn named(name: &str) -> Result<&'static Self, String> {
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) {
            return Ok(setting);
        }
        let near = |setting: &&Self| strsim::damerau_levenshtein(setting.name, name) <= 2.min(name.len() / 2);
        let close = SETTINGS.iter().filter(near);
        match close.min_by_key(|setting| strsim::damerau_levenshtein(setting.name, name)) {
            Some(setting) => Err(format!("did you mean `{}`?", setting.name)),
            None => {
                let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
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

// ===== what the values look like =====

fn put<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

fn is_off(text: &str) -> bool {
    text.trim() == "off"
}

fn off() -> String {
    "off".into()
}

fn limit(text: &str) -> Result<Option<Duration>, String> {
    match duration::read(text) {
        _ if is_off(text) => Ok(None),
        Ok(limit) if limit.is_zero() => Err("wanted is more than nothing, or off".into()),
        Ok(limit) => Ok(Some(limit)),
        Err(wanted) => Err(wanted + ", or off"),
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let text = text.trim();
    match text.strip_suffix('%').unwrap_or(text).parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("wanted is a percentage, 0..100".into()),
    }
}

/// Rounded at nine digits, because 0.07 * 100 is not 7 in binary.
fn shown_percent(percent: f64) -> String {
    ((percent * 1e9).round() / 1e9).to_string()
}

fn whole(text: &str, range: RangeInclusive<u32>, of_what: &str) -> Result<u32, String> {
    let (least, most) = range.into_inner();
    let value = number(text, least.into()..=most.into(), of_what)?;
    u32::try_from(value).map_err(|error| error.to_string())
}

fn number(text: &str, range: RangeInclusive<u64>, of_what: &str) -> Result<u64, String> {
    match text.trim().parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("wanted are {}..{}{of_what}", range.start(), range.end())),
    }
}

fn named<T: Copy>(names: &[(&str, T)], text: &str) -> Result<T, String> {
    match names.iter().find(|(name, _)| *name == text.trim()) {
        Some((_, value)) => Ok(*value),
        None => {
            let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            Err(format!("wanted is one of {}", names.join(", ")))
        }
    }
}

fn name_of<T: PartialEq + Copy>(names: &[(&str, T)], value: T) -> String {
    names.iter().find(|(_, known)| *known == value).map_or_else(String::new, |(name, _)| (*name).to_owned())
}

fn jitter(text: &str) -> Result<Jitter, String> {
    if let Ok(jitter) = named(&JITTERS, text) {
        return Ok(jitter);
    }
    if let Some(percent) = text.trim().strip_suffix('%')
        && let Ok(percent) = whole(percent, 1..=100, "")
    {
        return Ok(Jitter::Proportional { percent });
    }
    duration::read(text).map(Jitter::Additive).map_err(|_| {
        "wanted is one of none, full, equal, decorrelated, a percentage such as 20%, or a duration such as 1s".into()
    })
}

fn shown_jitter(jitter: Jitter) -> String {
    match jitter {
        Jitter::Proportional { percent } => format!("{percent}%"),
        Jitter::Additive(extra) => duration::show(extra),
        named => name_of(&JITTERS, named),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_setting_is_set_and_read_back() {
        for (name, text, shown) in [
            ("loss", "10,50", "10,50,100,0"),
            ("p", "7", "7"),
            ("r", "12.5%", "12.5"),
            ("1-h", "90", "90"),
            ("1-k", "0.1", "0.1"),
            ("preset", "no-probe", "no-probe"),
            ("probe", "500", "500"),
            ("probe", "off", "off"),
            ("delay", "20ms", "20ms"),
            ("size", "100000", "100000"),
            ("lies", "0", "0"),
            ("attempts", "4", "4"),
            ("head", "2s", "2s"),
            ("idle", "off", "off"),
            ("total", "1m", "60s"),
            ("deadline", "2.5s", "2.5s"),
            ("backoff", "urllib3", "urllib3"),
            ("first", "25s", "25s"),
            ("factor", "3", "3"),
            ("cap", "off", "off"),
            ("jitter", "20%", "20%"),
            ("jitter", "1s", "1s"),
            ("jitter", "decorrelated", "decorrelated"),
            ("check", "length", "length"),
            ("requests", "10", "10"),
            ("workers", "2", "2"),
            ("seed", "18446744073709551615", "18446744073709551615"),
            ("seeds", "3", "3"),
        ] {
            let setting = Setting::named(name).unwrap();
            let mut settings = Settings::default();
            setting.set(&mut settings, text).unwrap();
            assert_eq!(setting.get(&settings), shown, "{name}");
            assert_ne!(settings, Settings::default(), "{name} changes something");
        }
    }

    #[test]
    fn what_a_setting_shows_can_be_set_and_changes_nothing() {
        let mut settings = Settings::default();
        for setting in SETTINGS {
            let shown = setting.get(&settings);
            setting.set(&mut settings, &shown).unwrap();
            assert_eq!(setting.get(&settings), shown, "{}", setting.name);
        }
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn a_preset_brings_its_probe_and_the_loss_its_parts() {
        let mut settings = Settings::default();
        Setting::named("preset").unwrap().set(&mut settings, "no-probe").unwrap();
        assert_eq!(settings.network.probe, None);
        Setting::named("loss").unwrap().set(&mut settings, "10,30,90,1").unwrap();
        Setting::named("p").unwrap().set(&mut settings, "20").unwrap();
        assert_eq!(settings.network.loss.to_string(), "20,30,90,1");
    }

    #[test]
    fn what_cannot_be_set_is_told_what_would_be_right() {
        for (name, text, wanted) in [
            ("loss", "120,20", "outside 0..100"),
            ("p", "101", "a percentage, 0..100"),
            ("r", "NaN", "a percentage, 0..100"),
            ("preset", "home", "the presets are talk, no-probe"),
            ("probe", "0", "1..1000000 packets a second, or off"),
            ("delay", "20", "with its unit, such as 5s"),
            ("delay", "1.5ms", "whole milliseconds"),
            ("delay", "2m", "at most 60s"),
            ("size", "1", "2..10000000 bytes"),
            ("size", "7kB", "2..10000000 bytes"),
            ("lies", "-1", "a percentage, 0..100"),
            ("attempts", "0", "1..1000 attempts, the first included"),
            ("head", "0s", "more than nothing, or off"),
            ("idle", "60", "such as 5s, 200ms or 1.5s, or off"),
            ("backoff", "exp", "none, constant, linear, exponential, urllib3"),
            ("factor", "1.5", "1..1000"),
            ("jitter", "half", "a percentage such as 20%"),
            ("jitter", "0%", "a percentage such as 20%"),
            ("check", "yes", "off, length, json"),
            ("requests", "0", "1..1000000 calls"),
            ("seed", "-1", "0..18446744073709551615"),
            ("seeds", "", "1..1000000 seeds"),
        ] {
            let said = Setting::named(name).unwrap().check(text).unwrap_err();
            assert!(said.contains(wanted), "{name} {text}: {said}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_set_is_shown_as_it_can_be_set(
            index in 0..SETTINGS.len(),
            text in "[ -~]{0,12}|[0-9]{1,3}(,[0-9]{1,3}){0,3}|[0-9]{1,9}(\\.[0-9]{1,9})?(ns|us|ms|s|m|h|d|%)?",
        ) {
            let mut settings = Settings::default();
            if SETTINGS[index].set(&mut settings, &text).is_ok() {
                let shown = SETTINGS[index].get(&settings);
                let mut again = Settings::default();
                prop_assert_eq!(SETTINGS[index].set(&mut again, &shown), Ok(()));
                prop_assert_eq!(SETTINGS[index].get(&again), shown);
            } else {
                prop_assert_eq!(settings, Settings::default(), "what is refused changes nothing");
            }
        }
    }

    #[test]
    fn an_unknown_name_is_told_the_nearest_one() {
        for (name, told) in [
            ("hed", "did you mean `head`?"),
            ("atempts", "did you mean `attempts`?"),
            ("Deadline", "did you mean `deadline`?"),
            ("x", "the settings are loss, p, r, 1-h"),
            ("timeout", "the settings are loss"),
            ("", "the settings are loss"),
        ] {
            let said = Setting::named(name).unwrap_err();
            assert!(said.contains(told), "{name}: {said}");
        }
    }
}

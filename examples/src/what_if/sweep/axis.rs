//! A setting and the values it takes: `attempts=1..8`, `head=2s,5s,10s`.

use crate::what_if::setting::Setting;

/// One direction of the map.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Axis {
    /// What is varied.
    pub setting: &'static Setting,
    /// Its values, as they are set.
    pub values: Vec<String>,
}

/// More would not fit on any page.
const MOST_VALUES: usize = 50;

impl Axis {
    /// Reads `NAME=VALUE,VALUE,..`, where a value may be a range `1..8` or, in steps, `10..50:10`.
    ///
    /// Values that have commas of their own are separated by `/`: `loss=50,20/10,50`.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, values) =
            text.split_once('=').ok_or("expected NAME=VALUES, such as attempts=1..8 or head=2s,5s,10s")?;
        let setting =
            Setting::named(name.trim()).map_err(|wanted| format!("unknown setting `{name}`; {wanted}"))?;
        let separator = if values.contains('/') || setting.name == "loss" { '/' } else { ',' };
        let mut axis = Self { setting, values: Vec::new() };
        for part in values.split(separator).map(str::trim) {
            match range(part)? {
                Some(values) => values.into_iter().try_for_each(|value| axis.add(value))?,
                None => axis.add(part.to_owned())?,
            }
        }
        Ok(axis)
    }

    fn add(&mut self, value: String) -> Result<(), String> {
        self.setting
            .check(&value)
            .map_err(|wanted| format!("`{}` is `{value}`; {wanted}", self.setting.name))?;
        if self.values.contains(&value) {
            return Err(format!("`{value}` is there twice"));
        }
        self.values.push(value);
        if self.values.len() > MOST_VALUES {
            return Err(format!("expected at most {MOST_VALUES} values"));
        }
        Ok(())
    }

    /// The axis' title, with its unit.
    pub(crate) fn title(&self) -> String {
        match self.setting.unit {
            // Durations bring their units themselves.
            "" | "s" => self.setting.name.to_owned(),
            unit => format!("{} ({unit})", self.setting.name),
        }
    }
}

/// `A..B` and `A..B:STEP`, both ends included.
fn range(text: &str) -> Result<Option<Vec<String>>, String> {
    let Some((from, to)) = text.split_once("..") else { return Ok(None) };
    let (to, step) = to.split_once(':').unwrap_or((to, "1"));
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let (Some(from), Some(to), Some(step)) = (number(from), number(to), number(step)) else {
        return Err(format!("`{text}` is no range of numbers; expected one such as 1..8 or 10..50:10"));
    };
    if from > to || step <= 0.0 {
        return Err(format!("`{text}` is an empty range; expected one such as 1..8 or 10..50:10"));
    }
    let count = ((to - from) / step + 1e-9).floor();
    if count >= MOST_VALUES as f64 {
        return Err(format!("`{text}` has {} values; expected at most {MOST_VALUES}", count + 1.0));
    }
    // Rounded at nine digits, because three steps of 0.1 are not 0.3 in binary.
    let value = |index: usize| (((from + step * index as f64) * 1e9).round() / 1e9).to_string();
    Ok(Some((0..=count as usize).map(value).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_and_ranges_are_read() {
        for (text, values) in [
            ("attempts=1..4", &["1", "2", "3", "4"][..]),
            ("attempts=1,2,4..8:2", &["1", "2", "4", "6", "8"]),
            ("p=0.1..0.35:0.1", &["0.1", "0.2", "0.3"]),
            ("head=2s,5s, 10s,off", &["2s", "5s", "10s", "off"]),
            ("loss=50,20/10,50", &["50,20", "10,50"]),
            ("loss=50,20", &["50,20"]),
            ("jitter=none/full", &["none", "full"]),
        ] {
            assert_eq!(Axis::parse(text).unwrap().values, values, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(
            text in "[ -~]{0,20}|(p|attempts|head|loss|seed)=[0-9.,:/e-]{0,12}|p=[0-9]{1,3}\\.\\.[0-9]{1,3}:[0-9.e-]{1,6}",
        ) {
            if let Ok(axis) = Axis::parse(&text) {
                prop_assert!((1..=MOST_VALUES).contains(&axis.values.len()), "{:?}", axis.values);
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_what_would_be_right() {
        for (text, wanted) in [
            ("attempts", "expected NAME=VALUES"),
            ("=1", "unknown setting ``; the settings are loss"),
            ("hed=2s", "unknown setting `hed`; did you mean `head`?"),
            ("attempts=", "`attempts` is ``; expected 1..1000"),
            ("attempts=0..3", "`attempts` is `0`; expected 1..1000"),
            ("attempts=8..1", "an empty range"),
            ("attempts=1..5:0", "an empty range"),
            ("attempts=1..5:-1", "an empty range"),
            ("attempts=1..1000", "has 1000 values; expected at most 50"),
            ("attempts=1..50,51", "expected at most 50 values"),
            ("attempts=1,1", "`1` is there twice"),
            ("head=1s..5s", "no range of numbers"),
            ("head=2,5", "with its unit"),
            ("p=1..NaN", "no range of numbers"),
        ] {
            let said = Axis::parse(text).unwrap_err();
            assert!(said.contains(wanted), "{text}: {said}");
        }
    }
}

//! What the values look like: how they are read, what would be right where they cannot be, and how they are shown.

use crate::what_if::duration;
use std::{ops::RangeInclusive, time::Duration};

pub(super) fn put<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

pub(super) fn is_off(text: &str) -> bool {
    text.trim() == "off"
}

pub(super) fn off() -> String {
    "off".into()
}

pub(super) fn limit(text: &str) -> Result<Option<Duration>, String> {
    match duration::read(text) {
        _ if is_off(text) => Ok(None),
        Ok(limit) if limit.is_zero() => Err("expected a positive duration, or off".into()),
        Ok(limit) => Ok(Some(limit)),
        Err(wanted) => Err(wanted + ", or off"),
    }
}

pub(super) fn shown_limit(limit: Option<Duration>) -> String {
    limit.map_or_else(off, duration::show)
}

pub(super) fn percent(text: &str) -> Result<f64, String> {
    let text = text.trim();
    match text.strip_suffix('%').unwrap_or(text).parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("expected a percentage, 0..100".into()),
    }
}

/// Rounded at nine digits, because 0.07 * 100 is not 7 in binary.
pub(super) fn shown_percent(percent: f64) -> String {
    ((percent * 1e9).round() / 1e9).to_string()
}

/// Typed in percent, kept as a probability.
pub(super) fn share(text: &str) -> Result<f64, String> {
    percent(text).map(|percent| percent / 100.0)
}

pub(super) fn shown_share(share: f64) -> String {
    shown_percent(share * 100.0)
}

pub(super) fn whole(text: &str, range: RangeInclusive<u32>, of_what: &str) -> Result<u32, String> {
    let (least, most) = range.into_inner();
    let value = number(text, least.into()..=most.into(), of_what)?;
    u32::try_from(value).map_err(|error| error.to_string())
}

pub(super) fn number(text: &str, range: RangeInclusive<u64>, of_what: &str) -> Result<u64, String> {
    match text.trim().parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("expected {}..{}{of_what}", range.start(), range.end())),
    }
}

pub(super) fn named<T: Copy>(names: &[(&str, T)], text: &str) -> Result<T, String> {
    match names.iter().find(|(name, _)| *name == text.trim()) {
        Some((_, value)) => Ok(*value),
        None => {
            let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            Err(format!("expected one of {}", names.join(", ")))
        }
    }
}

pub(super) fn name_of<T: PartialEq + Copy>(names: &[(&str, T)], value: T) -> String {
    names.iter().find(|(_, known)| *known == value).map_or_else(String::new, |(name, _)| (*name).to_owned())
}

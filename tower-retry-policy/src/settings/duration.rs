//! Durations as a number and its unit.

use super::{misfit::Misfit, tree::Tree};
use std::time::Duration;

/// Nobody waits for longer: what is longer is a typing error.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

const UNITS: [(&str, u128); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
    ("d", 86_400 * SECOND),
];
const SECOND: u128 = 1_000_000_000;

/// Any duration, zero included.
pub(super) fn any(tree: &Tree) -> Result<Duration, Misfit> {
    read(tree, "a duration with its unit", |_| true)
}

/// A limit: what is over before it begins is none.
pub(super) fn positive(tree: &Tree) -> Result<Duration, Misfit> {
    read(tree, "a positive duration with its unit", |duration| !duration.is_zero())
}

/// What a window of a budget is at least.
pub(super) fn at_least_10_ms(tree: &Tree) -> Result<Duration, Misfit> {
    read(tree, "a duration of 10ms or more with its unit", |duration| duration >= Duration::from_millis(10))
}

fn read(tree: &Tree, what: &str, passes: impl Fn(Duration) -> bool) -> Result<Duration, Misfit> {
    let duration = match tree {
        Tree::Text(text) => parse(text),
        _ => None,
    };
    duration
        .filter(|duration| *duration <= LONGEST && passes(*duration))
        .ok_or_else(|| Misfit::new(format!("{what}, such as \"1.5s\" or \"100ms\", of 365d at most"), tree))
}

/// A number without a sign, exact to the nanosecond, and one unit. humantime 2.4 reads whole numbers only.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let number = text.find(|char: char| !char.is_ascii_digit() && char != '.')?;
    let (number, unit) = (&text[..number], text[number..].trim_start());
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = fraction.parse::<u128>().ok()?.checked_mul(*unit)?;
    // less than a nanosecond is lost on nobody who means it
    let nanos = whole.checked_mul(*unit)?.checked_add(part / scale).filter(|_| part.is_multiple_of(scale))?;
    let seconds = u64::try_from(nanos / SECOND).ok()?;
    Some(Duration::new(seconds, u32::try_from(nanos % SECOND).ok()?))
}

/// As a text that is read back as the same duration.
pub(super) fn text(duration: Duration) -> Tree {
    let nanos = duration.as_nanos();
    let whole = |unit: u128| nanos >= 2 * unit && nanos.is_multiple_of(unit);
    let (unit, name) = match nanos {
        0 => (SECOND, "s"),
        _ if whole(86_400 * SECOND) => (86_400 * SECOND, "d"),
        _ if whole(3_600 * SECOND) => (3_600 * SECOND, "h"),
        _ if whole(60 * SECOND) => (60 * SECOND, "m"),
        _ if nanos >= SECOND => (SECOND, "s"),
        _ if nanos >= 1_000_000 => (1_000_000, "ms"),
        _ if nanos >= 1_000 => (1_000, "us"),
        _ => (1, "ns"),
    };
    let digits = unit.ilog10() as usize;
    let fraction = match nanos % unit {
        0 => String::new(),
        rest => format!(".{rest:0digits$}"),
    };
    Tree::Text(format!("{}{}{name}", nanos / unit, fraction.trim_end_matches('0')))
}

//! What the policy does: its limits, its backoff, its check.

use super::{
    Get, Set, Setting,
    value::{limit, name_of, named, put, shown_limit, whole},
};
use crate::what_if::{
    duration,
    settings::{Growth, Judged, Spending},
};
use tower_backoff::Jitter;

pub(super) const POLICY: &[Setting] = &[
    policy(
        "attempts",
        "COUNT",
        "",
        "Attempts per call at the most, the first included",
        |settings, text| {
            put(&mut settings.policy.attempts, whole(text, 1..=1_000, " attempts, the first included"))
        },
        |settings| settings.policy.attempts.to_string(),
    ),
    policy(
        "head",
        "DURATION",
        "s",
        "Limit of an attempt until the response's head, or off",
        |settings, text| put(&mut settings.policy.head, limit(text)),
        |settings| shown_limit(settings.policy.head),
    ),
    policy(
        "idle",
        "DURATION",
        "s",
        "Idle limit within the body, or off",
        |settings, text| put(&mut settings.policy.idle, limit(text)),
        |settings| shown_limit(settings.policy.idle),
    ),
    policy(
        "total",
        "DURATION",
        "s",
        "Limit of a whole attempt with its body, or off",
        |settings, text| put(&mut settings.policy.total, limit(text)),
        |settings| shown_limit(settings.policy.total),
    ),
    policy(
        "deadline",
        "DURATION",
        "s",
        "Limit of the call with all its attempts, or off",
        |settings, text| put(&mut settings.policy.deadline, limit(text)),
        |settings| shown_limit(settings.policy.deadline),
    ),
    policy(
        "backoff",
        "KIND",
        "",
        "How the waits grow: none, constant, linear, exponential, urllib3",
        |settings, text| put(&mut settings.policy.growth, named(&GROWTHS, text)),
        |settings| name_of(&GROWTHS, settings.policy.growth),
    ),
    policy(
        "first",
        "DURATION",
        "s",
        "The first wait; the step of linear, the factor of urllib3",
        |settings, text| put(&mut settings.policy.first, duration::read(text)),
        |settings| duration::show(settings.policy.first),
    ),
    policy(
        "factor",
        "COUNT",
        "",
        "The factor by which exponential waits grow",
        |settings, text| put(&mut settings.policy.factor, whole(text, 1..=1_000, "")),
        |settings| settings.policy.factor.to_string(),
    ),
    policy(
        "cap",
        "DURATION",
        "s",
        "The longest wait, or off for the backoff's own of 2 minutes",
        |settings, text| put(&mut settings.policy.cap, limit(text)),
        |settings| shown_limit(settings.policy.cap),
    ),
    policy(
        "jitter",
        "KIND",
        "",
        "How the waits are spread: none, full, equal, decorrelated, 20% (to each side), 1s (added)",
        |settings, text| put(&mut settings.policy.jitter, jitter(text)),
        |settings| shown_jitter(settings.policy.jitter),
    ),
    policy(
        "check",
        "WHAT",
        "",
        "What is judged inside the attempt: off (the head only), length (the body is whole), json",
        |settings, text| put(&mut settings.policy.check, named(&JUDGED, text)),
        |settings| name_of(&JUDGED, settings.policy.check),
    ),
    policy(
        "hedge",
        "DURATION",
        "s",
        "How long the newest attempt may run before another starts beside it, or off",
        |settings, text| put(&mut settings.policy.hedge, limit(text)),
        |settings| shown_limit(settings.policy.hedge),
    ),
    policy(
        "at-once",
        "COUNT",
        "",
        "Attempts that may run at once where they are hedged",
        |settings, text| {
            put(&mut settings.policy.at_once, whole(text, 2..=100, " attempts, the first included"))
        },
        |settings| settings.policy.at_once.to_string(),
    ),
    policy(
        "budget",
        "KIND",
        "",
        "What retries may cost in all: off, on (the library's: 20% and 10 a second), or a percentage of the requests alone",
        |settings, text| put(&mut settings.policy.budget, budget(text)),
        |settings| shown_budget(settings.policy.budget),
    ),
];

const fn policy(
    name: &'static str,
    value: &'static str,
    unit: &'static str,
    help: &'static str,
    set: Set,
    get: Get,
) -> Setting {
    Setting { name, value, unit, help, heading: "Policy", set, get }
}

const GROWTHS: [(&str, Growth); 5] = [
    ("none", Growth::None),
    ("constant", Growth::Constant),
    ("linear", Growth::Linear),
    ("exponential", Growth::Exponential),
    ("urllib3", Growth::Urllib3),
];

const BUDGETS: [(&str, Spending); 2] = [("off", Spending::Off), ("on", Spending::Standard)];

const JUDGED: [(&str, Judged); 3] =
    [("off", Judged::Head), ("length", Judged::Length), ("json", Judged::Json)];

const JITTERS: [(&str, Jitter); 4] = [
    ("none", Jitter::None),
    ("full", Jitter::Full),
    ("equal", Jitter::Equal),
    ("decorrelated", Jitter::Decorrelated),
];

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
        "expected one of none, full, equal, decorrelated, a percentage such as 20%, or a duration such as 1s".into()
    })
}

fn shown_jitter(jitter: Jitter) -> String {
    match jitter {
        Jitter::Proportional { percent } => format!("{percent}%"),
        Jitter::Additive(extra) => duration::show(extra),
        named => name_of(&JITTERS, named),
    }
}

fn budget(text: &str) -> Result<Spending, String> {
    if let Ok(named) = named(&BUDGETS, text) {
        return Ok(named);
    }
    match text.trim().strip_suffix('%').map(|percent| whole(percent, 1..=100, "")) {
        Some(Ok(percent)) => Ok(Spending::Share { percent }),
        _ => Err("expected off, on, or a percentage of the requests such as 20%".into()),
    }
}

fn shown_budget(budget: Spending) -> String {
    match budget {
        Spending::Share { percent } => format!("{percent}%"),
        named => name_of(&BUDGETS, named),
    }
}

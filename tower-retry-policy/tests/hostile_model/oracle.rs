//! What the documentation says of one attempt's end, in as few words as possible.

use crate::script::{Outcome, Rules, Script};
use std::time::Duration;
use tower_retry_policy::{Phase, RetryAfter, StopReason, budget::FailureKind};

/// What one outcome is under the rules.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Is {
    Good,
    /// neither good nor anything that the policy retries
    Wrong,
    Failed(Phase),
    /// the server says never
    Never,
}

pub(crate) fn field<'a>(outcome: &'a Outcome, name: &str) -> Option<&'a str> {
    let Outcome::Head { fields, .. } = outcome else { return None };
    fields.iter().find(|field| field.0 == name).map(|field| field.1.as_str())
}

fn digits(text: &str) -> Option<u64> {
    let text = text.trim();
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().unwrap_or(u64::MAX))
}

fn grpc_status(rules: &Rules, outcome: &Outcome) -> Option<u64> {
    if rules.grpc { field(outcome, "grpc-status").and_then(digits) } else { None }
}

pub(crate) fn is(rules: &Rules, outcome: &Outcome) -> Is {
    let status = match outcome {
        Outcome::Error(phase) => return Is::Failed(*phase),
        Outcome::Head { status, .. } => *status,
    };
    if let Some(code) = grpc_status(rules, outcome)
        && status == 200
    {
        if code == 0 {
            return Is::Good;
        }
        if pushback(rules, outcome) == Some(None) {
            return Is::Never;
        }
        return if [8, 14].contains(&code) { Is::Failed(Phase::Status) } else { Is::Wrong };
    }
    match status {
        421 | 425 => Is::Failed(Phase::Unprocessed),
        500 | 502 => Is::Failed(Phase::Status),
        413 | 429 | 503 if asked(rules, outcome).is_some() => Is::Failed(Phase::Status),
        200..400 => Is::Good,
        _ => Is::Wrong,
    }
}

/// gRPC's pushback: `Some(None)` is "never".
fn pushback(rules: &Rules, outcome: &Outcome) -> Option<Option<Duration>> {
    if !rules.grpc {
        return None;
    }
    field(outcome, "grpc-retry-pushback-ms").map(|text| digits(text).map(Duration::from_millis))
}

/// What the server asks for, and whether it is exact.
pub(crate) fn asked(rules: &Rules, outcome: &Outcome) -> Option<(Duration, bool)> {
    if rules.retry_after == RetryAfter::Ignore {
        return None;
    }
    if let Some(Some(wait)) = pushback(rules, outcome) {
        return Some((wait, true));
    }
    if let Some(seconds) = field(outcome, "retry-after").and_then(digits) {
        return Some((Duration::from_secs(seconds), false));
    }
    let exhausted = field(outcome, "x-ratelimit-remaining") == Some("0");
    let reset = field(outcome, "x-ratelimit-reset").and_then(digits)?;
    (rules.rate_limit && exhausted).then(|| (Duration::from_secs(reset), false))
}

/// Throttled is a 429, and what else says when to come back because there is too much.
pub(crate) fn kind(rules: &Rules, outcome: &Outcome) -> FailureKind {
    let Outcome::Head { status, .. } = outcome else { return FailureKind::Transient };
    let throttled = *status == 429 || [413, 503].contains(status) && asked(rules, outcome).is_some();
    if throttled { FailureKind::Throttled } else { FailureKind::Transient }
}

pub(crate) fn may_repeat(script: &Script, phase: Phase) -> bool {
    phase.is_unprocessed() || script.key || ["GET", "PUT", "DELETE"].contains(&script.method.as_str())
}

/// The waits that are right after an outcome.
#[derive(Debug)]
pub(crate) struct Waits {
    pub(crate) least: Duration,
    pub(crate) most: Duration,
    /// whether the server's wish made it, where that does not depend on the draw
    pub(crate) asked: Option<bool>,
    /// why there can be none
    pub(crate) stops: Vec<StopReason>,
    /// whether that depends on the draw
    pub(crate) perhaps: bool,
}

pub(crate) fn waits(rules: &Rules, outcome: &Outcome, retry: u32, left: Option<Duration>) -> Waits {
    let left = left.unwrap_or(Duration::MAX);
    let Some((wish, exact)) = asked(rules, outcome) else {
        let (least, most) = rules.backoff(retry);
        let (must, may) = (least >= left, most >= left);
        let stops = if may { vec![StopReason::Deadline] } else { Vec::new() };
        return Waits { least, most: most.min(left), asked: Some(false), stops, perhaps: !must };
    };
    let limit = match rules.retry_after {
        RetryAfter::Refuse(limit) | RetryAfter::Cap(limit) => limit,
        _ => Duration::MAX,
    };
    let asked = wish.min(limit);
    let too_long = matches!(rules.retry_after, RetryAfter::Refuse(_)) && wish > limit;
    let mut stops = Vec::from_iter(too_long.then_some(StopReason::RetryAfterTooLong(wish)));
    // a pushback is exact; else a backoff that wants longer has its way
    let (least, most) = if exact { (asked, asked) } else { rules.backoff(retry) };
    let (must, may) = (least.max(asked) >= left, most.max(asked) >= left);
    if may {
        stops.push(StopReason::Deadline);
    }
    let spread = if rules.jitter && !exact { asked / 10 } else { Duration::ZERO };
    let spread = spread.min(limit - asked).min(left.saturating_sub(asked) / 2);
    let is_asked = if most <= asked {
        Some(true)
    } else if least > asked {
        Some(false)
    } else {
        None
    };
    let (least, most) = (least.max(asked), most.min(left).max(asked + spread));
    Waits { least, most, asked: is_asked, stops, perhaps: !must && !too_long }
}

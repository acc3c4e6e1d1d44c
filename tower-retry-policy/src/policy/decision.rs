//! The pure core: facts in, decision out. No clock, no randomness, no runtime, no budget.

use super::config::Config;
use crate::{Phase, RetryWait, StopReason, hint::Hint};
use std::time::Duration;

/// What is known when an attempt has failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) phase: Phase,
    /// The failure says of itself that it would come again.
    pub(crate) permanent: bool,
    /// The same wrong content has come before.
    pub(crate) same_content: bool,
    /// It has been retried and given up on by an inner retry.
    pub(crate) exhausted_inner: bool,
    /// The user's own condition turned it down.
    pub(crate) turned_down: bool,
    /// The method or the owner of the request allows a repeat.
    pub(crate) repeatable: bool,
    /// The body can be sent once more, as far as anybody knows.
    pub(crate) body_replayable: bool,
    /// Retries made so far: in all, and after failures of this phase.
    pub(crate) retries: u32,
    pub(crate) retries_after_phase: u32,
    /// What the server asked for.
    pub(crate) hint: Hint,
    /// What the backoff says.
    pub(crate) backoff: Duration,
    /// The upward jitter for a wait that the server asked for, as a random number.
    pub(crate) random: u64,
    /// The time that is left until the deadline.
    pub(crate) left: Option<Duration>,
    /// What the server said to another attempt of the call forbids all that could follow.
    pub(crate) held: Option<StopReason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Retry(RetryWait),
    Stop(StopReason),
}

impl Decision {
    /// Whether this failure is one that the policy retries, even if it is not retried any more: then the budget
    /// hears of it. gRPC A6 counts those, and the server's no, whether or not attempts are left.
    pub(crate) fn counts_as_failure(self, facts: &Facts) -> bool {
        match self {
            Self::Retry(_) => true,
            Self::Stop(StopReason::Pushback | StopReason::Deadline | StopReason::RetryAfterTooLong(_)) => {
                true
            }
            // a limit of none at all means that such failures are not retried
            Self::Stop(StopReason::Attempts) => facts.retries > 0,
            Self::Stop(StopReason::PhaseAttempts(_)) => facts.retries_after_phase > 0,
            Self::Stop(_) => false,
        }
    }
}

/// Whether and when to try again. What depends on the failure alone is asked first, what depends on
/// configured limits next, what depends on time last; the budget is the caller's to ask after all of them, so
/// that no token is taken in vain.
pub(crate) fn decide(config: &Config, facts: &Facts) -> Decision {
    match refusal(config, facts) {
        Some(reason) => Decision::Stop(reason),
        None => wait(config, facts),
    }
}

fn refusal(config: &Config, facts: &Facts) -> Option<StopReason> {
    let phase_limit = config.by_phase[facts.phase.index()];
    let limits_nothing = config.total.is_none() && phase_limit.is_none();
    if facts.exhausted_inner && !config.retries_exhausted_inner {
        Some(StopReason::InnerExhausted)
    } else if facts.permanent {
        Some(StopReason::Permanent)
    } else if facts.same_content && !config.retries_same_content {
        Some(StopReason::SameContent)
    } else if facts.hint == Hint::Never {
        Some(StopReason::Pushback)
    } else if facts.turned_down || (facts.phase == Phase::Other && phase_limit.is_none_or(|limit| limit == 0))
    {
        Some(StopReason::NotRetryable)
    } else if !facts.phase.is_unprocessed() && !facts.repeatable {
        Some(StopReason::NotRepeatable)
    } else if !facts.body_replayable {
        Some(StopReason::BodyNotReplayable)
    } else if limits_nothing || config.total.is_some_and(|total| facts.retries >= total) {
        Some(StopReason::Attempts)
    } else if phase_limit.is_some_and(|limit| facts.retries_after_phase >= limit) {
        Some(StopReason::PhaseAttempts(facts.phase))
    } else {
        None
    }
}

fn wait(config: &Config, facts: &Facts) -> Decision {
    if let Some(reason) = facts.held {
        return Decision::Stop(reason);
    }
    let backoff = RetryWait { duration: facts.backoff, asked_by_server: false };
    let wait = match facts.hint {
        Hint::Exactly(asked) | Hint::NotBefore(asked) => match config.responses.retry_after.apply(asked) {
            Err(asked) => return Decision::Stop(StopReason::RetryAfterTooLong(asked)),
            Ok(Some(asked)) if facts.hint.is_exact() => RetryWait { duration: asked, asked_by_server: true },
            // never earlier than asked; a backoff that wants longer has its way
            Ok(Some(asked)) if asked >= facts.backoff => {
                RetryWait { duration: spread(config, facts, asked), asked_by_server: true }
            }
            Ok(_) => backoff,
        },
        Hint::None | Hint::Never => backoff,
    };
    // a wait that ends at the deadline leaves no time for an attempt
    match facts.left {
        Some(left) if wait.duration >= left => Decision::Stop(StopReason::Deadline),
        _ => Decision::Retry(wait),
    }
}

/// How a hint of the server binds every further attempt of a call, whatever becomes of the attempt that it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    Nothing,
    For(Duration),
    ForGood(StopReason),
}

/// What the server's hint means for the attempts beside the one that it answered.
pub(crate) fn hold(config: &Config, hint: Hint, left: Option<Duration>) -> Hold {
    let asked = match hint {
        Hint::None => return Hold::Nothing,
        Hint::Never => return Hold::ForGood(StopReason::Pushback),
        Hint::NotBefore(asked) | Hint::Exactly(asked) => asked,
    };
    match config.responses.retry_after.apply(asked) {
        Err(asked) => Hold::ForGood(StopReason::RetryAfterTooLong(asked)),
        Ok(None) => Hold::Nothing,
        Ok(Some(asked)) if left.is_some_and(|left| asked >= left) => Hold::ForGood(StopReason::Deadline),
        Ok(Some(asked)) => Hold::For(asked),
    }
}

/// Clients that were told the same second would come back in the same instant: a policy with jitter spreads
/// them over a tenth of the wait, upward only.
///
/// The range shrinks where a limit is near, rather than each draw being cut there: otherwise many would meet at the
/// limit. Half of what is left until the deadline stays for the attempt.
fn spread(config: &Config, facts: &Facts, asked: Duration) -> Duration {
    if !config.backoff.has_jitter() {
        return asked;
    }
    let below_limit = config.responses.retry_after.limit().saturating_sub(asked);
    let before_deadline = facts.left.map_or(Duration::MAX, |left| left.saturating_sub(asked) / 2);
    let range = (asked / 10).min(below_limit).min(before_deadline);
    // u64::MAX nanoseconds are 584 years: saturating there changes nothing and keeps the product in a u128
    let range = u64::try_from(range.as_nanos()).unwrap_or(u64::MAX);
    let extra = (u128::from(range) * u128::from(facts.random)) >> 64;
    asked.saturating_add(Duration::from_nanos(extra as u64))
}

/// What is known when an attempt could start beside those that run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HedgeFacts {
    /// The method or the owner of the request allows a repeat: in every phase, since this one's is not known.
    pub(crate) repeatable: bool,
    /// All of the request's body is there. A slow upload is not a slow server.
    pub(crate) body_complete: bool,
    /// Further attempts so far: in all, and those beside others; and the limit on the latter.
    pub(crate) retries: u32,
    pub(crate) hedges: u32,
    pub(crate) limit: u32,
    /// A failure has shown that none may follow.
    pub(crate) closed: bool,
    /// The time that is left until the deadline.
    pub(crate) left: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HedgeDecision {
    Start,
    /// Not now, but what stands in the way may go.
    Later,
    Never,
}

/// Whether an attempt may start beside those that run; the budget is the caller's to ask.
pub(crate) fn decide_hedge(config: &Config, facts: &HedgeFacts) -> HedgeDecision {
    let used_up = config.total.is_some_and(|total| facts.retries >= total) || facts.hedges >= facts.limit;
    let too_late = facts.left.is_some_and(|left| left.is_zero());
    if !facts.repeatable || facts.closed || used_up || too_late {
        HedgeDecision::Never
    } else if facts.body_complete {
        HedgeDecision::Start
    } else {
        HedgeDecision::Later
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RetryAfter, RetryPolicy};
    use Phase::{Body, Connect, Content, Other, Read, Status, Unprocessed};
    use tower_backoff::{Backoff, Jitter};

    const SECOND: Duration = Duration::from_secs(1);

    fn facts(phase: Phase) -> Facts {
        Facts {
            phase,
            permanent: false,
            same_content: false,
            exhausted_inner: false,
            turned_down: false,
            repeatable: true,
            body_replayable: true,
            retries: 0,
            retries_after_phase: 0,
            hint: Hint::None,
            backoff: SECOND,
            random: 0,
            left: None,
            held: None,
        }
    }

    fn decided(policy: &RetryPolicy, facts: &Facts) -> Decision {
        decide(&policy.config, facts)
    }

    fn retry(duration: Duration, asked_by_server: bool) -> Decision {
        Decision::Retry(RetryWait { duration, asked_by_server })
    }

    #[test]
    fn every_phase_with_and_without_permission() {
        let policy = RetryPolicy::urllib3(3);
        for phase in Phase::ALL {
            for repeatable in [true, false] {
                let expected = match phase {
                    Connect | Unprocessed => retry(SECOND, false),
                    Read | Status | Body | Content if repeatable => retry(SECOND, false),
                    Read | Status | Body | Content => Decision::Stop(StopReason::NotRepeatable),
                    Other => Decision::Stop(StopReason::NotRetryable),
                };
                assert_eq!(decided(&policy, &Facts { repeatable, ..facts(phase) }), expected, "{phase}");
            }
        }
    }

    #[test]
    fn a_body_that_is_gone_ends_the_call_in_every_phase() {
        let policy = RetryPolicy::urllib3(3);
        for phase in Phase::ALL.into_iter().filter(|phase| *phase != Other) {
            let facts = Facts { body_replayable: false, ..facts(phase) };
            assert_eq!(decided(&policy, &facts), Decision::Stop(StopReason::BodyNotReplayable), "{phase}");
        }
    }

    #[test]
    fn the_first_reason_to_stop_is_the_one_that_is_told() {
        let policy = RetryPolicy::urllib3(3).retries_after(Read, 1).retry_after(RetryAfter::Refuse(SECOND));
        let long = Hint::NotBefore(2 * SECOND);
        let past = Some(Duration::ZERO);
        #[rustfmt::skip]
        let mut table = vec![
            (StopReason::InnerExhausted, Facts { exhausted_inner: true, ..facts(Read) }),
            (StopReason::Permanent, Facts { permanent: true, ..facts(Read) }),
            (StopReason::SameContent, Facts { same_content: true, ..facts(Read) }),
            (StopReason::Pushback, Facts { hint: Hint::Never, ..facts(Read) }),
            (StopReason::NotRetryable, Facts { turned_down: true, ..facts(Read) }),
            (StopReason::NotRepeatable, Facts { repeatable: false, ..facts(Read) }),
            (StopReason::BodyNotReplayable, Facts { body_replayable: false, ..facts(Read) }),
            (StopReason::Attempts, Facts { retries: 3, ..facts(Read) }),
            (StopReason::PhaseAttempts(Read), Facts { retries_after_phase: 1, ..facts(Read) }),
            // the server's no to another attempt of the call
            (StopReason::Pushback, Facts { held: Some(StopReason::Pushback), ..facts(Read) }),
            (StopReason::RetryAfterTooLong(2 * SECOND), Facts { hint: long, ..facts(Read) }),
            (StopReason::Deadline, Facts { left: past, ..facts(Read) }),
        ];
        for (reason, facts) in &table {
            assert_eq!(decided(&policy, facts), Decision::Stop(*reason));
        }
        // all that come later at once change nothing
        let mut all = facts(Read);
        while let Some((reason, facts)) = table.pop() {
            all = Facts {
                exhausted_inner: all.exhausted_inner || facts.exhausted_inner,
                permanent: all.permanent || facts.permanent,
                turned_down: all.turned_down || facts.turned_down,
                repeatable: all.repeatable && facts.repeatable,
                body_replayable: all.body_replayable && facts.body_replayable,
                retries: all.retries.max(facts.retries),
                retries_after_phase: all.retries_after_phase.max(facts.retries_after_phase),
                same_content: all.same_content || facts.same_content,
                // a no outranks a wait, as it does in `Hints::read`
                hint: if all.hint == Hint::None || facts.hint == Hint::Never { facts.hint } else { all.hint },
                left: all.left.or(facts.left),
                held: all.held.or(facts.held),
                ..all
            };
            assert_eq!(decided(&policy, &all), Decision::Stop(reason));
        }
    }

    #[test]
    fn the_spread_stays_within_its_limits() {
        let nano = Duration::from_nanos(1);
        let policy = RetryPolicy::urllib3(3).backoff(Backoff::constant(SECOND).jitter(Jitter::Full));
        let (refuse, cap) = (RetryAfter::Refuse(60 * SECOND), RetryAfter::Cap(60 * SECOND));
        let table = [
            // rule, asked, left, the longest wait
            (cap, 10 * SECOND, None, 11 * SECOND),
            (cap, 58 * SECOND, None, 60 * SECOND),
            (cap, 60 * SECOND, None, 60 * SECOND),
            (cap, 600 * SECOND, None, 60 * SECOND),
            (refuse, 58 * SECOND, None, 60 * SECOND),
            (refuse, 60 * SECOND, None, 60 * SECOND),
            (cap, 10 * SECOND, Some(12 * SECOND), 11 * SECOND),
            (cap, 10 * SECOND, Some(11 * SECOND), 10 * SECOND + SECOND / 2),
            (cap, 10 * SECOND, Some(10 * SECOND + nano), 10 * SECOND),
        ];
        for (rule, asked, left, longest) in table {
            let policy = policy.clone().retry_after(rule);
            for random in [0, u64::MAX / 2, u64::MAX] {
                let facts = Facts {
                    hint: Hint::NotBefore(asked),
                    left,
                    random,
                    backoff: Duration::ZERO,
                    ..facts(Read)
                };
                let Decision::Retry(wait) = decided(&policy, &facts) else { panic!("given up: {facts:?}") };
                assert!(
                    wait.duration >= asked.min(60 * SECOND) && wait.duration <= longest,
                    "{wait:?} {facts:?}"
                );
                assert!(left.is_none_or(|left| wait.duration < left), "{wait:?} {facts:?}");
            }
        }
        let late = Facts { hint: Hint::NotBefore(10 * SECOND), left: Some(10 * SECOND), ..facts(Read) };
        assert_eq!(decided(&policy, &late), Decision::Stop(StopReason::Deadline));
    }

    #[test]
    fn a_pushback_obeys_the_limit() {
        let policy = RetryPolicy::urllib3(3);
        let hour = 3600 * SECOND;
        let pushed = Facts { hint: Hint::Exactly(hour), ..facts(Read) };
        let table = [
            (RetryAfter::Refuse(60 * SECOND), Decision::Stop(StopReason::RetryAfterTooLong(hour))),
            (RetryAfter::Refuse(hour), retry(hour, true)),
            (RetryAfter::Cap(60 * SECOND), retry(60 * SECOND, true)),
            (RetryAfter::Ignore, retry(SECOND, false)),
        ];
        for (rule, expected) in table {
            assert_eq!(decided(&policy.clone().retry_after(rule), &pushed), expected, "{rule:?}");
        }
    }

    #[test]
    fn waits() {
        let quiet = RetryPolicy::urllib3(3).retry_after(RetryAfter::Cap(60 * SECOND));
        let noisy = quiet.clone().backoff(Backoff::constant(SECOND).jitter(Jitter::Full));
        let longest = Duration::MAX;
        let table = [
            (&quiet, None, SECOND, None, retry(SECOND, false)),
            (&quiet, Some(SECOND * 5), SECOND, None, retry(SECOND * 5, true)),
            (&quiet, Some(SECOND), SECOND * 5, None, retry(SECOND * 5, false)),
            (&quiet, Some(longest), SECOND, None, retry(SECOND * 60, true)),
            (&noisy, Some(SECOND * 10), SECOND, None, retry(SECOND * 11 - Duration::from_nanos(1), true)),
            (&quiet, None, SECOND, Some(SECOND), Decision::Stop(StopReason::Deadline)),
            (&quiet, None, SECOND, Some(SECOND + Duration::from_nanos(1)), retry(SECOND, false)),
            (&quiet, None, longest, Some(longest), Decision::Stop(StopReason::Deadline)),
            (&quiet, None, longest, None, retry(longest, false)),
        ];
        for (policy, asked, backoff, left, expected) in table {
            let hint = asked.map_or(Hint::None, Hint::NotBefore);
            let facts = Facts { hint, backoff, left, random: u64::MAX, ..facts(Read) };
            assert_eq!(decided(policy, &facts), expected, "{facts:?}");
        }
        for policy in [&quiet, &noisy] {
            let pushed =
                Facts { hint: Hint::Exactly(SECOND), backoff: longest, random: u64::MAX, ..facts(Read) };
            assert_eq!(decided(policy, &pushed), retry(SECOND, true), "pushback is exact");
        }
        let endless = noisy.retry_after(RetryAfter::Cap(longest));
        let facts = Facts { hint: Hint::NotBefore(longest), random: u64::MAX, ..facts(Read) };
        assert_eq!(decided(&endless, &facts), retry(longest, true), "nothing overflows");
    }
}

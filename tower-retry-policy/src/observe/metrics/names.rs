//! The names, with their units and what they count.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(super) const ATTEMPTS: &str = "http.client.retry.attempts";
pub(super) const RETRIES: &str = "http.client.retry.retries";
pub(super) const HEDGES: &str = "http.client.retry.hedges";
pub(super) const HEDGES_WON: &str = "http.client.retry.hedges_won";
pub(super) const ABANDONED: &str = "http.client.retry.abandoned";
pub(super) const WAIT: &str = "http.client.retry.wait";
pub(super) const SUCCESSES: &str = "http.client.retry.successes_after_retry";
pub(super) const STOPS: &str = "http.client.retry.stops";
pub(super) const DURATION: &str = "http.client.retry.call_duration";
pub(super) const BALANCE: &str = "http.client.retry.budget_balance";
pub(super) const CONTINUATIONS: &str = "http.client.retry.continuations";
pub(super) const CONTINUATION_OFFSET: &str = "http.client.retry.continuation_offset";
pub(super) const BODIES_CONTINUED: &str = "http.client.retry.bodies_continued";
pub(super) const BODIES_ABANDONED: &str = "http.client.retry.bodies_abandoned";
pub(super) const BODY_STOPS: &str = "http.client.retry.body_stops";

pub(super) fn describe() {
    describe_counter!(ATTEMPTS, Unit::Count, "attempts of the calls that are over, first sends included");
    describe_counter!(RETRIES, Unit::Count, "retries decided on, by the phase of the failure before");
    describe_counter!(HEDGES, Unit::Count, "attempts that began beside others");
    describe_counter!(HEDGES_WON, Unit::Count, "calls answered while an earlier attempt still ran");
    describe_counter!(ABANDONED, Unit::Count, "calls dropped by their callers");
    describe_histogram!(WAIT, Unit::Seconds, "waits before retries and continuations");
    describe_counter!(SUCCESSES, Unit::Count, "calls that a retry saved");
    describe_counter!(STOPS, Unit::Count, "calls given up, by the reason");
    describe_histogram!(DURATION, Unit::Seconds, "calls with all their attempts and waits");
    describe_gauge!(BALANCE, Unit::Count, "retries that the budget would grant");
    describe_counter!(CONTINUATIONS, Unit::Count, "bodies to be read on, by the phase of the failure before");
    describe_histogram!(CONTINUATION_OFFSET, Unit::Bytes, "what the reader had of the body then");
    describe_counter!(BODIES_CONTINUED, Unit::Count, "bodies that broke off and are whole");
    describe_counter!(BODIES_ABANDONED, Unit::Count, "bodies that broke off and were dropped");
    describe_counter!(BODY_STOPS, Unit::Count, "bodies that broke off and failed, by the reason");
}

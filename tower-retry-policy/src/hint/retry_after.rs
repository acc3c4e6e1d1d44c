use http::{
    HeaderMap,
    header::{DATE, HeaderValue, RETRY_AFTER},
};
use std::time::{Duration, SystemTime};

/// What the policy does with a wait that a server asks for: `Retry-After` (RFC 9110 section 10.2.3), gRPC's
/// `grpc-retry-pushback-ms` where [`grpc`](crate::RetryPolicy::grpc) is set, and rate limit resets where
/// `rate_limit_reset` is.
///
/// Apart from [`Cap`](Self::Cap) and [`Ignore`](Self::Ignore), the wait is never shorter than what the server asked
/// for. Both forms of `Retry-After` are read: seconds, and a date in each of the three formats of RFC 9110 section
/// 5.6.7, compared with the response's own `Date` where there is one, so that a wrong local clock does no harm. What
/// cannot be read is as if it were absent.
///
/// Where the backoff has jitter, the wait is spread upward over a tenth of itself, so that clients that were told the
/// same second do not come back in the same instant. The spread never passes the limit given here, and takes at most
/// half of what would be left until the deadline. A pushback is exact.
///
/// ```
/// use std::time::Duration;
/// use tower_retry_policy::{RetryAfter, RetryPolicy};
///
/// let patient = RetryPolicy::standard().retry_after(RetryAfter::Cap(Duration::from_secs(300)));
/// # let _ = patient;
/// ```
#[doc(alias = "rate limit")]
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// Longer than this: stop at once, and let the outcome carry the delay that was asked for.
    ///
    /// The default, with 60 s: a call that somebody waits for is better told "in an hour" than kept for one
    /// (urllib3 slept for as long as it was told until a cap of six hours came in 2.8).
    Refuse(Duration),
    /// Longer than this: wait this long, at the risk of being refused again.
    Cap(Duration),
    /// Wait by the backoff alone. The field then decides nothing: a 413, 429 or 503 that is not
    /// [listed](crate::RetryPolicy::statuses) is not retried because of it.
    ///
    /// A gRPC server's pushback not to retry is obeyed all the same.
    Ignore,
}

impl RetryAfter {
    /// No wait is longer than this because a server asked for it.
    pub(crate) fn limit(self) -> Duration {
        match self {
            Self::Refuse(limit) | Self::Cap(limit) => limit,
            Self::Ignore => Duration::ZERO,
        }
    }

    /// The wait that the server's hint leads to, or the hint itself when it is refused.
    pub(crate) fn apply(self, asked: Duration) -> Result<Option<Duration>, Duration> {
        match self {
            Self::Refuse(limit) if asked > limit => Err(asked),
            Self::Refuse(_) => Ok(Some(asked)),
            Self::Cap(limit) => Ok(Some(asked.min(limit))),
            Self::Ignore => Ok(None),
        }
    }
}

/// The longest of the response's readable `Retry-After` fields: coming too early is the worse mistake.
pub(crate) fn asked_wait(headers: &HeaderMap, clock: impl Fn() -> SystemTime) -> Option<Duration> {
    headers.get_all(RETRY_AFTER).iter().filter_map(|value| parse(value, || sent_at(headers, &clock))).max()
}

/// When the response was sent, by the server's own clock if it says so.
fn sent_at(headers: &HeaderMap, clock: &impl Fn() -> SystemTime) -> SystemTime {
    headers.get(DATE).and_then(date).unwrap_or_else(clock)
}

fn parse(value: &HeaderValue, now: impl FnOnce() -> SystemTime) -> Option<Duration> {
    let text = value.to_str().ok()?.trim_matches([' ', '\t']);
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // more digits than a u64 holds can only mean "very long"
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    Some(date(value)?.duration_since(now()).unwrap_or(Duration::ZERO))
}

fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?.trim_matches([' ', '\t'])).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "Mon, 03 Jun 2019 12:00:00 GMT";

    fn asked(fields: &[(&'static str, &str)]) -> Option<Duration> {
        let headers = fields
            .iter()
            .map(|(name, value)| {
                (http::HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
            })
            .collect();
        asked_wait(&headers, || httpdate::parse_http_date(NOON).unwrap())
    }

    #[test]
    fn reads_seconds_and_dates_and_ignores_the_rest() {
        let seconds = |n| Some(Duration::from_secs(n));
        let table = [
            ("0", seconds(0)),
            ("120", seconds(120)),
            ("\t42 ", seconds(42)),
            ("99999999999999999999", seconds(u64::MAX)),
            ("Mon, 03 Jun 2019 12:30:12 GMT", seconds(1812)),
            ("Monday, 03-Jun-19 12:00:09 GMT", seconds(9)),
            ("Mon Jun  3 12:00:07 2019", seconds(7)),
            ("Mon, 03 Jun 2019 11:00:00 GMT", seconds(0)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            ("1e3", None),
            ("1 2", None),
            ("1s", None),
            ("soon", None),
            ("²", None),
            ("Fri, 32 Dec 1999 23:59:59 GMT", None),
        ];
        for (value, expected) in table {
            assert_eq!(asked(&[("retry-after", value)]), expected, "{value:?}");
        }
    }

    #[test]
    fn a_date_is_measured_from_the_servers_own_date() {
        let skewed =
            [("date", "Mon, 03 Jun 2019 10:00:00 GMT"), ("retry-after", "Mon, 03 Jun 2019 10:00:30 GMT")];
        assert_eq!(asked(&skewed), Some(Duration::from_secs(30)));
    }

    #[test]
    fn the_longest_of_several_fields_counts() {
        assert_eq!(asked(&[("retry-after", "5"), ("retry-after", "x"), ("retry-after", "9")]), {
            Some(Duration::from_secs(9))
        });
    }

    #[test]
    fn the_rule_refuses_caps_or_ignores() {
        let (short, limit, long) = (Duration::from_secs(1), Duration::from_secs(60), Duration::from_secs(61));
        let table = [
            (RetryAfter::Refuse(limit), short, Ok(Some(short))),
            (RetryAfter::Refuse(limit), limit, Ok(Some(limit))),
            (RetryAfter::Refuse(limit), long, Err(long)),
            (RetryAfter::Cap(limit), long, Ok(Some(limit))),
            (RetryAfter::Cap(limit), short, Ok(Some(short))),
            (RetryAfter::Ignore, long, Ok(None)),
        ];
        for (rule, asked, expected) in table {
            assert_eq!(rule.apply(asked), expected, "{rule:?} {asked:?}");
        }
    }
}

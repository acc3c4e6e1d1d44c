use http::{HeaderMap, HeaderValue};
use sfv::{BareItem, List, ListEntry, Parser};
use std::time::{Duration, SystemTime};

/// Seconds that can only be a date: as a wait they would be thirty years.
const FIRST_DATE: u64 = 1_000_000_000;

/// `RateLimit` (draft-ietf-httpapi-ratelimit-headers), else the `X-RateLimit-Reset` of older servers.
pub(super) fn asked_wait(headers: &HeaderMap, clock: impl Fn() -> SystemTime) -> Option<Duration> {
    let reset = headers.get_all("ratelimit").iter().filter_map(exhausted).max();
    reset.or_else(|| is_used_up(headers).then(|| older(headers.get("x-ratelimit-reset")?, clock))?)
}

/// Whether nothing is left by the older fields. Servers send the reset with every response, so alone it says nothing.
fn is_used_up(headers: &HeaderMap) -> bool {
    let mut fields = headers.get_all("x-ratelimit-remaining").iter().peekable();
    fields.peek().is_some() && fields.all(|field| number(field) == Some(0))
}

/// The longest reset of those quotas of a field that have nothing left. A malformed field is ignored, as the
/// draft demands, and a quota with something left asks for nothing.
fn exhausted(field: &HeaderValue) -> Option<Duration> {
    let list: List = Parser::new(field.as_bytes()).parse().ok()?;
    list.iter().filter_map(reset_of).max()
}

fn reset_of(entry: &ListEntry) -> Option<Duration> {
    let ListEntry::Item(item) = entry else { return None };
    let parameter = |name: &str| match item.params.iter().find(|(key, _)| key.as_str() == name)?.1 {
        BareItem::Integer(number) => u64::try_from(i64::from(*number)).ok(),
        _ => None,
    };
    (parameter("r")? == 0).then(|| parameter("t").map(Duration::from_secs))?
}

/// Seconds, or a point in time since 1970 (GitHub): which of them is told by the size.
fn older(field: &HeaderValue, clock: impl Fn() -> SystemTime) -> Option<Duration> {
    let number = number(field)?;
    if number < FIRST_DATE {
        return Some(Duration::from_secs(number));
    }
    let date = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(number))?;
    Some(date.duration_since(clock()).unwrap_or(Duration::ZERO))
}

fn number(field: &HeaderValue) -> Option<u64> {
    let text = field.to_str().ok()?.trim_matches([' ', '\t']);
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_are_read_where_nothing_is_left() {
        let now = || SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let table = [
            ("ratelimit", "\"default\";r=0;t=10", Some(10)),
            ("ratelimit", "\"a\";r=0;t=10, \"b\";r=0;t=30", Some(30)),
            ("ratelimit", "\"a\";r=0;t=10, \"b\";r=5;t=30", Some(10)),
            ("ratelimit", "\"dynamic\";r=15;t=40", None),
            ("ratelimit", "\"a\";r=0", None),
            ("ratelimit", "\"a\";r=0;t=-1", None),
            ("ratelimit", "garbage(((", None),
            ("ratelimit", "", None),
            ("x-ratelimit-reset", "12", Some(12)),
            ("x-ratelimit-reset", "1000000007", Some(7)),
            ("x-ratelimit-reset", "999999999999", Some(998_999_999_999)),
            ("x-ratelimit-reset", "18446744073709551615", None),
            ("x-ratelimit-reset", "99999999999999999999", None),
            ("x-ratelimit-reset", "soon", None),
            ("x-ratelimit-reset", "", None),
        ];
        for (name, value, expected) in table {
            let mut headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
            headers.insert("x-ratelimit-remaining", "0".parse().unwrap());
            assert_eq!(asked_wait(&headers, now), expected.map(Duration::from_secs), "{name}: {value}");
        }
    }

    #[test]
    fn an_older_reset_counts_only_where_nothing_remains() {
        let table: [(&[&str], bool); 8] = [
            (&["0"], true),
            (&[" 0 "], true),
            (&["0", "0"], true),
            (&[], false),
            (&["1"], false),
            (&["0", "1"], false),
            (&["none"], false),
            (&[""], false),
        ];
        for (remaining, counts) in table {
            let mut headers =
                HeaderMap::from_iter([("x-ratelimit-reset".parse().unwrap(), "12".parse().unwrap())]);
            for field in remaining {
                headers.append("x-ratelimit-remaining", field.parse().unwrap());
            }
            let asked = asked_wait(&headers, || SystemTime::UNIX_EPOCH);
            assert_eq!(asked, counts.then_some(Duration::from_secs(12)), "{remaining:?}");
        }
    }
}

use super::part::one;
use http::{HeaderMap, HeaderValue, header};
use httpdate::parse_http_date;
use std::time::{Duration, SystemTime};

/// A second within which a file changed twice has one date. RFC 9110 section 8.8.2.2 asks for one second between that and
/// the answer where one clock made both; a minute, as RFC 7232 had it, allows for two clocks.
const CLEARLY: Duration = Duration::from_secs(60);

/// `Last-Modified` where it is a strong validator: the answer is clearly later.
pub(super) fn strong(headers: &HeaderMap) -> Option<&HeaderValue> {
    let modified = one(headers, &header::LAST_MODIFIED)?;
    let answered = date(one(headers, &header::DATE)?)?;
    let later = answered.duration_since(date(modified)?).ok()?;
    (later >= CLEARLY).then_some(modified)
}

fn date(value: &HeaderValue) -> Option<SystemTime> {
    parse_http_date(value.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_strong(modified: &str, answered: &str) -> bool {
        let field = |value: &str| HeaderValue::try_from(value).unwrap();
        let headers =
            HeaderMap::from_iter([(header::LAST_MODIFIED, field(modified)), (header::DATE, field(answered))]);
        strong(&headers).is_some()
    }

    #[test]
    fn a_date_is_strong_a_minute_later() {
        let cases = [
            ("Sun, 06 Nov 1994 08:49:07 GMT", "Sun, 06 Nov 1994 08:50:06 GMT", false),
            ("Sun, 06 Nov 1994 08:49:07 GMT", "Sun, 06 Nov 1994 08:50:07 GMT", true),
            ("Tue, 29 Feb 2000 23:59:00 GMT", "Wed, 01 Mar 2000 00:00:00 GMT", true),
            ("Sun, 06 Nov 1994 08:50:07 GMT", "Sun, 06 Nov 1994 08:49:07 GMT", false),
            // RFC 9110 section 5.6.7: the older forms are read too
            ("Sunday, 06-Nov-94 08:49:07 GMT", "Sun Nov  6 08:50:07 1994", true),
            ("Sun, 06 Nov 1994 08:49:07 +00", "Sun, 06 Nov 1994 08:50:07 GMT", false),
            ("Sun, 06 Nov 1994 24:49:07 GMT", "Tue, 06 Dec 1994 08:50:07 GMT", false),
            ("", "Sun, 06 Nov 1994 08:50:07 GMT", false),
        ];
        for (modified, answered, expected) in cases {
            assert_eq!(is_strong(modified, answered), expected, "{modified}, {answered}");
        }
        assert_eq!(strong(&HeaderMap::new()), None);
    }
}

//! What says that a part belongs to what is there already.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{DATE, ETAG, LAST_MODIFIED},
};
use std::time::Duration;

/// So much later must an answer be than what it dates, for the date to be a strong validator: a second by one clock (RFC
/// 9110 section 8.8.2.2), and a minute by two.
const CLEARLY: Duration = Duration::from_secs(60);

/// The field that holds it and its value: a strong entity tag, or a date that is one as good as that.
pub(crate) fn strong(head: &HeaderMap) -> Option<(HeaderName, &HeaderValue)> {
    if head.contains_key(ETAG) {
        return one(head, ETAG).filter(|tag| is_strong(tag)).map(|tag| (ETAG, tag));
    }
    let modified = one(head, LAST_MODIFIED)?;
    let later = date(one(head, DATE)?)?.duration_since(date(modified)?).ok()?;
    (later >= CLEARLY).then_some((LAST_MODIFIED, modified))
}

/// The value of a field that occurs once.
pub(crate) fn one(head: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = head.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

fn is_strong(tag: &HeaderValue) -> bool {
    matches!(tag.as_bytes(), [b'"', inside @ .., b'"'] if !inside.contains(&b'"'))
}

fn date(value: &HeaderValue) -> Option<std::time::SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

//! What the requests for the rest must be.

use crate::{
    plan::{Kept, Plan},
    truth::{DATE, TAG},
};
use http::{Request, header};

/// Whether it asks for the end by its number, which is then the last one of `length`.
///
/// # Panics
///
/// If it is not the request for what follows `delivered`.
pub(crate) fn check<B>(
    plan: &Plan,
    first: &Request<()>,
    rest: &Request<B>,
    delivered: u64,
    length: Option<u64>,
) {
    assert!(plan.is_continued(), "this body is not to be continued");
    assert!(
        length.is_none_or(|length| delivered < length),
        "asked behind the end, at {delivered} of {length:?}"
    );
    assert_eq!(rest.method(), first.method());
    assert_eq!(rest.uri(), first.uri());
    assert!(rest.extensions().get::<Kept>().is_some(), "extensions are lost");

    let mut expected = first.headers().clone();
    for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
        expected.remove(name);
    }
    // so that no layer below asks for a coding, whose middle could not be unpacked
    if plan.accepts.is_none() && plan.coding.is_none() {
        expected.insert(header::ACCEPT_ENCODING, "identity".parse().unwrap());
    }
    if delivered > 0 {
        let last = length.map(|length| (length - 1).to_string()).unwrap_or_default();
        expected.insert(header::RANGE, format!("bytes={delivered}-{last}").parse().unwrap());
        let validator = if plan.by_date { DATE } else { TAG };
        expected.insert(header::IF_RANGE, validator.parse().unwrap());
    }
    let mut headers = rest.headers().clone();
    // a carrier's own
    headers.remove(header::HOST);
    assert_eq!(sorted(&headers), sorted(&expected), "after {delivered} of {length:?}");
}

fn sorted(headers: &http::HeaderMap) -> Vec<(&str, &[u8])> {
    let mut fields: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    fields.sort_unstable();
    fields
}

//! Which fields of which response the whole has.

use super::record::Record;
use http::{HeaderName, HeaderValue, StatusCode, header, response::Parts};

/// What concerns one connection (RFC 9110 section 7.6.1): that of the first response is gone.
const OF_A_CONNECTION: [HeaderName; 4] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::UPGRADE,
];

const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// Gives the last answer of several the head of the whole: that of the 200, unchanged (RFC 9110 section 15.3.7.3).
///
/// The one addition is a `Repr-Digest` that only the part states: it is of the whole by definition (RFC 9530 section 3).
pub(super) fn make_whole(parts: &mut Parts, record: &Record) {
    let last = std::mem::replace(&mut parts.headers, record.head.clone());
    parts.status = StatusCode::OK;
    let headers = &mut parts.headers;
    for name in &OF_A_CONNECTION {
        headers.remove(name);
    }
    // Without a length the framing of the 200 stays: it says that the whole is not ended by its connection.
    if let Some(complete) = record.content.length {
        headers.remove(header::TRANSFER_ENCODING);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(complete));
    }
    if !headers.contains_key(&REPR_DIGEST) {
        for digest in last.get_all(&REPR_DIGEST) {
            headers.append(REPR_DIGEST, digest.clone());
        }
    }
}

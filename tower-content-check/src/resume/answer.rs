use http::{HeaderMap, HeaderValue, StatusCode, header, response::Parts};

use super::{
    etag,
    record::{OF_THE_MESSAGE, Record},
};
use crate::{Rejection, declared::Declared, range::ContentRange};

/// What a response is to an attempt that asked for the rest.
#[derive(Debug)]
pub(super) enum Answer {
    /// The rest: so many bytes are to come.
    Rest(u64),
    /// The whole: what came before is of no use.
    Whole,
    /// Neither (a 503, say): what came before may still be of use.
    Other,
}

/// Judges the head of the response to a request for the rest of `record`.
pub(super) fn judge(record: &Record, status: StatusCode, headers: &HeaderMap) -> Result<Answer, Rejection> {
    match status {
        StatusCode::PARTIAL_CONTENT => rest(record, headers).map(Answer::Rest).map_err(Rejection::transient),
        StatusCode::OK => Ok(Answer::Whole),
        // If-Range makes the server send a changed content whole, so this one contradicts itself; starting over
        // may help where a client error would end the call.
        StatusCode::RANGE_NOT_SATISFIABLE => Err(Rejection::transient("the rest of the body cannot be had")),
        _ => Ok(Answer::Other),
    }
}

fn rest(record: &Record, headers: &HeaderMap) -> Result<u64, &'static str> {
    let range = headers
        .get(header::CONTENT_RANGE)
        .and_then(ContentRange::parse)
        .ok_or("the rest of the body came without its range")?;
    if range.first != record.len() {
        return Err("the rest of the body begins elsewhere");
    }
    let complete = match (record.complete, range.complete) {
        (Some(known), Some(stated)) if known != stated => {
            return Err("the body has another length than before");
        }
        (Some(known), _) => known,
        (None, Some(stated)) => stated,
        (None, None) => return Err("the rest of the body has no known end"),
    };
    if range.last + 1 != complete {
        return Err("the rest of the body does not go to its end");
    }
    if etag::strong(headers) != Some(&record.etag) {
        return Err("the rest of the body is of another version");
    }
    if headers.get(header::CONTENT_ENCODING) != record.coding.as_ref() {
        return Err("the rest of the body is encoded in another way");
    }
    // Not `Declared`: a chunked part is no contradiction, a wrong length is one.
    let lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    if lengths.into_iter().any(|length| length.as_bytes() != range.len().to_string().as_bytes()) {
        return Err("the rest of the body has another length than its range");
    }
    Ok(range.len())
}

/// Makes the head of the part that of the whole.
pub(super) fn complete_head(parts: &mut Parts, record: &Record, rest: u64) {
    let headers = &mut parts.headers;
    parts.status = StatusCode::OK;
    headers.remove(header::CONTENT_RANGE);
    headers.remove(header::TRANSFER_ENCODING);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(record.len() + rest));
    OF_THE_MESSAGE.iter().for_each(|name| {
        headers.remove(name);
    });
    headers.extend(record.of_the_message.clone());
}

/// A record of what a complete response brings, where the request can be resumed.
pub(super) fn begin(uri: &http::Uri, parts: &Parts, exact: Option<u64>) -> Option<Record> {
    if parts.status != StatusCode::OK {
        return None;
    }
    Record::begin(uri.clone(), &parts.headers, Declared::of(parts.version, &parts.headers, exact))
}

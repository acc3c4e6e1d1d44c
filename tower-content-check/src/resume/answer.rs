use super::{
    coding::{Accepts, may_be_unpacked},
    etag,
    record::Record,
    refusal::Refusal,
};
use crate::{
    declared::Declared,
    range::{ContentRange, unsatisfied},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, response::Parts};

/// What a response is to an attempt that asked for the rest.
#[derive(Debug)]
pub(super) enum Answer {
    /// The rest, or a piece of it.
    Part(Part),
    /// Nothing is missing: only the end had not come.
    Complete,
    /// The whole: what came before is of no use.
    Whole,
    /// None of these (a 503, say): what came before may still be of use.
    Other,
}

/// The bytes that a 206 announces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) len: u64,
    /// Length of the whole, where this response or an earlier one states it.
    pub(super) complete: Option<u64>,
}

/// Judges the head of the response to a request for the rest of `record`.
pub(super) fn judge(
    record: &Record,
    parts: &Parts,
    accepts: Accepts,
    exact: Option<u64>,
) -> Result<Answer, Refusal> {
    match parts.status {
        StatusCode::PARTIAL_CONTENT => part(record, parts, accepts, exact).map(Answer::Part),
        StatusCode::OK => Ok(Answer::Whole),
        StatusCode::RANGE_NOT_SATISFIABLE => not_satisfiable(record, &parts.headers),
        _ => Ok(Answer::Other),
    }
}

fn part(record: &Record, parts: &Parts, accepts: Accepts, exact: Option<u64>) -> Result<Part, Refusal> {
    let headers = &parts.headers;
    same_representation(record, headers)?;
    let range = one(headers, &header::CONTENT_RANGE)
        .and_then(ContentRange::parse)
        .ok_or_else(|| Refusal::contradiction("the rest of the body came without its range"))?;
    let complete = match (record.complete, range.complete) {
        (Some(known), Some(stated)) if known != stated => {
            return Err(Refusal::changed("the body has another length than before"));
        }
        (known, stated) => known.or(stated),
    };
    if range.first != record.len() {
        return Err(Refusal::contradiction("the rest of the body begins elsewhere"));
    }
    if complete.is_some_and(|complete| range.last >= complete) {
        return Err(Refusal::contradiction("the rest of the body goes beyond its end"));
    }
    // Not `Declared`: a chunked part is no contradiction, a wrong length is one.
    let lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    if lengths.into_iter().any(|length| length.as_bytes() != range.len().to_string().as_bytes()) {
        return Err(Refusal::contradiction("the rest of the body has another length than its range"));
    }
    // Nothing proves yet that the earlier bytes were those of the server, so these must not be unpacked either.
    let declared = Declared::of(parts.version, headers, exact);
    if record.complete.is_none() && !record.is_coded() && may_be_unpacked(accepts, headers, declared) {
        return Err(Refusal::changed(
            "the rest of the body may have been unpacked: place the resume layer below decompression",
        ));
    }
    Ok(Part { len: range.len(), complete })
}

/// `*/n` states the length of the whole (RFC 9110 section 15.5.17).
fn not_satisfiable(record: &Record, headers: &HeaderMap) -> Result<Answer, Refusal> {
    // The field is optional here; where it is stated it has to be the same.
    if headers.contains_key(header::ETAG) && etag::strong(headers) != Some(&record.etag) {
        return Err(Refusal::changed("the rest of the body is of another version"));
    }
    let complete = one(headers, &header::CONTENT_RANGE).and_then(unsatisfied);
    match (complete, record.complete) {
        // If-Range makes the server send a changed content whole, so this is the length of the one that came.
        (Some(complete), None) if complete == record.len() => Ok(Answer::Complete),
        (Some(complete), Some(known)) if complete != known => {
            Err(Refusal::changed("the body has another length than before"))
        }
        (Some(complete), None) if complete < record.len() => {
            Err(Refusal::changed("the body is shorter than before"))
        }
        _ => Err(Refusal::contradiction("the server refused the range")),
    }
}

/// Only parts with the same strong tag may be combined (RFC 9110 section 15.3.7.3). Other fields need not be repeated
/// (section 15.3.7); where they are, another value tells of a tag that does not say what it should.
fn same_representation(record: &Record, headers: &HeaderMap) -> Result<(), Refusal> {
    if etag::strong(headers) != Some(&record.etag) {
        return Err(Refusal::changed("the rest of the body is of another version"));
    }
    // Stricter than section 15.3.7: caches that pack on their way keep the tag, so silence proves nothing here.
    if !headers.get_all(header::CONTENT_ENCODING).iter().eq(record.head.get_all(header::CONTENT_ENCODING)) {
        return Err(Refusal::changed(match record.is_coded() {
            true => "the rest of the body is encoded in another way",
            false => {
                "the rest of the body is encoded, what came before is not: place the resume layer below decompression"
            }
        }));
    }
    let contradicts = |name: &HeaderName, same: fn(&HeaderValue, &HeaderValue) -> bool| match (
        record.head.get(name),
        headers.get(name),
    ) {
        (Some(before), Some(now)) => !same(before, now),
        _ => false,
    };
    if contradicts(&header::LAST_MODIFIED, HeaderValue::eq) {
        return Err(Refusal::changed("the rest of the body was modified at another time"));
    }
    if contradicts(&header::CONTENT_TYPE, same_type) {
        return Err(Refusal::contradiction("the rest of the body is of another media type"));
    }
    Ok(())
}

/// Parameters are not compared: `charset` is spelled in many ways.
fn same_type(one: &HeaderValue, other: &HeaderValue) -> bool {
    essence(one).eq_ignore_ascii_case(essence(other))
}

fn essence(media_type: &HeaderValue) -> &[u8] {
    media_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

/// The value of a field that must not occur twice.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

use super::{BreakKind, failure::Failure, splice::Of};
use crate::{
    declared::Declared,
    range::{Accepts, Fault, Representation, Says, Version},
};
use http::{StatusCode, header, response::Parts};

/// An answer that the body goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Message {
        of: Of,
        /// Bytes of it that have come before.
        skip: u64,
        /// New bytes that it announces.
        left: Option<u64>,
        /// Length of the whole, as far as it is known now.
        length: Option<u64>,
    },
    /// Nothing is missing: only the end had not come.
    End,
}

/// An answer that it does not go on with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Another answer may be another one.
    Break(BreakKind, Failure),
    /// The server refuses the range without a word; it does so for a moment, or for ever.
    Bare(Failure),
    Final(Failure),
}

/// Judges the head of the answer to the request for what follows `offset`; up to `skip` bytes may come again.
pub(super) fn judge(
    content: &Representation,
    offset: u64,
    skip: u64,
    parts: &Parts,
    accepts: Accepts,
    exact: Option<u64>,
) -> Result<Answer, Refusal> {
    match parts.status {
        StatusCode::PARTIAL_CONTENT => part(content, offset, skip, parts, accepts, exact),
        StatusCode::OK => whole(content, offset, skip, parts, exact),
        StatusCode::RANGE_NOT_SATISFIABLE => match content.unsatisfied(offset, &parts.headers) {
            Ok(()) => Ok(Answer::End),
            Err(fault) if fault.says == Says::Changed => Err(changed(fault.reason)),
            // With a length it contradicts itself, which another node may not.
            Err(fault) if parts.headers.contains_key(header::CONTENT_RANGE) => Err(refused(fault.reason)),
            Err(fault) => Err(Refusal::Bare(Failure::Refused(fault.reason))),
        },
        StatusCode::PRECONDITION_FAILED | StatusCode::NOT_MODIFIED => {
            Err(changed("the server says that the content changed"))
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Refusal::Final(Failure::Gone(parts.status))),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            Err(Refusal::Break(BreakKind::Status, Failure::Status(parts.status)))
        }
        status if status.is_server_error() => Err(Refusal::Break(BreakKind::Status, Failure::Status(status))),
        status => Err(Refusal::Final(Failure::Status(status))),
    }
}

fn part(
    content: &Representation,
    offset: u64,
    skip: u64,
    parts: &Parts,
    accepts: Accepts,
    exact: Option<u64>,
) -> Result<Answer, Refusal> {
    let part = content.part(offset, parts, accepts, exact).map_err(refusal)?;
    // Nobody could tell whether the whole ends with it.
    let Some(length) = part.complete else {
        return Err(refused("the rest of the body came without the length of the whole"));
    };
    if part.skip > skip {
        return Err(refused("the rest of the body begins too far back"));
    }
    Ok(Answer::Message { of: Of::Part, skip: part.skip, left: Some(part.len), length: Some(length) })
}

/// A 200 with the same validator is no other content: there are caches that send the whole once and parts the next time
/// (<https://github.com/distribution/distribution/issues/4667>), and servers that know no ranges beyond a size.
fn whole(
    content: &Representation,
    offset: u64,
    skip: u64,
    parts: &Parts,
    exact: Option<u64>,
) -> Result<Answer, Refusal> {
    if content.validator.version_of(&parts.headers) != Version::Same {
        return Err(changed("the content is of another version now"));
    }
    if !content.has_coding_of(&parts.headers) {
        return Err(refused("the whole was sent again in another coding"));
    }
    // There are servers that send a part and forget its status; where nothing says how long it is, it would pass.
    if parts.headers.contains_key(header::CONTENT_RANGE) {
        return Err(refused("the whole was sent again, and said to be a part"));
    }
    let declared = Declared::of(parts.version, &parts.headers, exact);
    let length = match (content.length, declared.length()) {
        (Some(known), Some(stated)) if known != stated => {
            return Err(changed("the body has another length than before"));
        }
        (known, stated) => known.or(stated),
    };
    let left = match length.map(|length| length.checked_sub(offset)) {
        Some(None) => return Err(changed("the body is shorter than before")),
        Some(left) => left,
        None => None,
    };
    if declared == Declared::Invalid {
        return Err(refused("the whole was sent again without a valid length"));
    }
    // Cut where nobody sees it, it would pass for the whole.
    if length.is_none() && declared == Declared::CloseDelimited {
        return Err(refused("the whole was sent again without an end that shows"));
    }
    if offset > skip {
        return Err(refused("the whole was sent again in place of its rest"));
    }
    Ok(Answer::Message { of: Of::Whole, skip: offset, left, length })
}

fn refusal(fault: Fault) -> Refusal {
    match fault.says {
        Says::Changed => changed(fault.reason),
        Says::Unlike | Says::Nothing => refused(fault.reason),
    }
}

fn changed(reason: &'static str) -> Refusal {
    Refusal::Final(Failure::Changed(reason))
}

fn refused(reason: &'static str) -> Refusal {
    Refusal::Break(BreakKind::Answer, Failure::Refused(reason))
}

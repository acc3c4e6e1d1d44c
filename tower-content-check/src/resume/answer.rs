use super::record::Record;
use crate::range::{Accepts, Fault, Part};
use http::{StatusCode, response::Parts};

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

/// Judges the head of the response to a request for the rest of `record`.
pub(super) fn judge(
    record: &Record,
    parts: &Parts,
    accepts: Accepts,
    exact: Option<u64>,
) -> Result<Answer, Fault> {
    let Record { content, .. } = record;
    match parts.status {
        StatusCode::PARTIAL_CONTENT => content.part(record.len(), parts, accepts, exact).map(Answer::Part),
        StatusCode::OK => Ok(Answer::Whole),
        StatusCode::RANGE_NOT_SATISFIABLE => {
            content.unsatisfied(record.len(), &parts.headers).map(|()| Answer::Complete)
        }
        _ => Ok(Answer::Other),
    }
}

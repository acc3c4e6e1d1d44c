//! Ranges of bytes: what was asked for and what came (RFC 9110 section 14).

mod asked;
mod content_range;

pub(crate) use self::{
    asked::AskedRange,
    content_range::{ContentRange, unsatisfied},
};

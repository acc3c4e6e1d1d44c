//! Ranges of bytes: what was asked for and what came, and whether that is a part of what came before (RFC 9110 section
//! 14).

mod asked;
mod coding;
mod content_range;
mod date;
mod etag;
mod fault;
mod part;
mod representation;
mod trailers;
mod validator;

pub use self::validator::strong_validator;
pub(crate) use self::{
    asked::AskedRange,
    coding::Accepts,
    content_range::ContentRange,
    fault::{Fault, Says},
    part::Part,
    representation::Representation,
    trailers::trailers_of_the_whole,
    validator::{Validator, Version},
};

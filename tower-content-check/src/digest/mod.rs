//! Hashes of content that are told in fields of the response, compared with the content.

mod algorithm;
mod announced;
#[cfg(feature = "checksum")]
mod base64;
mod comparison;
mod dictionary;
mod hash;

#[cfg(feature = "checksum")]
pub(crate) use self::base64::base64;
pub(crate) use self::{
    algorithm::Algorithm, announced::announces, comparison::Comparison, dictionary::digests, hash::Hash,
};

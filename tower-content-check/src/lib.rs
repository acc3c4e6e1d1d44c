#![doc = include_str!("../README.md")]
//!
//! # Where to begin
//!
//! [`ContentCheckLayer`] and the checks in [`mod@check`]; [`ContentCheckError`]; [`resume`] and [`continuation`] for bodies that
//! break off.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod check;
pub mod continuation;
#[cfg(feature = "json")]
pub mod json;

mod body;
mod declared;
#[cfg(feature = "digest")]
mod digest;
mod digits;
mod draining;
mod end;
mod error;
mod fingerprint;
mod frames;
mod future;
mod head;
mod judging;
mod kept;
mod layer;
mod one_line;
#[cfg(feature = "text")]
mod partial;
mod range;
mod rejection;
pub mod resume;
mod service;
mod settings;
mod stream_end;
mod turn;
mod verdict;

pub use self::{
    body::CheckedBody, check::Check, end::End, error::ContentCheckError, future::ResponseFuture, head::Head,
    layer::ContentCheckLayer, rejection::Rejection, service::ContentCheck, verdict::Verdict,
};

/// Any error, as tower boxes them.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backoff;
mod delays;
mod draws;
mod jitter;
mod kind;
mod nanos;
#[cfg(feature = "tower")]
mod session;
#[cfg(feature = "tower")]
mod sleep;

#[cfg(feature = "tower")]
pub use self::session::{BackoffMaker, BackoffSession};
#[cfg(feature = "tower")]
pub use self::sleep::Sleep;
pub use self::{backoff::Backoff, delays::Delays, draws::Draws, jitter::Jitter, kind::Kind};

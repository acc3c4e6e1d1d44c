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

pub use self::backoff::Backoff;
pub use self::delays::Delays;
pub use self::draws::Draws;
pub use self::jitter::Jitter;
#[cfg(feature = "tower")]
pub use self::session::{BackoffMaker, BackoffSession};
#[cfg(feature = "tower")]
pub use self::sleep::Sleep;

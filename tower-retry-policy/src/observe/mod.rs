//! Who hears of retries and of the end of calls: the trait, and what is made of it for `tracing` and `metrics`.

#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "tracing")]
pub mod tracing;

mod observer;

pub use self::observer::{CallEnd, HedgeStart, Observer};

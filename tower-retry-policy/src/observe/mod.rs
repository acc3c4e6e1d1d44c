//! Who hears of retries and of the end of calls: the trait, and what is made of it for `tracing` and `metrics`.

#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "tracing")]
pub mod tracing;

mod continuation;
mod observer;
mod stream_end;

pub use self::{
    continuation::Continuation,
    observer::{CallEnd, HedgeStart, Observer},
    stream_end::StreamEnd,
};

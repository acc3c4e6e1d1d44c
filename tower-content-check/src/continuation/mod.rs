//! Bodies that continue themselves.

mod answer;
mod asking;
mod body;
mod break_off;
mod call;
mod count;
mod error;
mod failure;
mod flow;
mod future;
mod handle;
mod judging;
mod layer;
mod policy;
mod service;
mod settings;
mod splice;
mod story;
mod switch;

pub use self::{
    body::ContinuedBody,
    break_off::{Break, BreakKind},
    error::ContinueError,
    future::ResponseFuture,
    handle::Continuations,
    layer::ContinueLayer,
    policy::{ByClosure, ContinuePolicy, ContinueStream},
    service::Continue,
    story::BreakRecord,
    switch::DoNotContinue,
};

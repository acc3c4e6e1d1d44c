//! Bodies that continue themselves.

mod break_off;
mod policy;

pub use self::{
    break_off::{Break, BreakKind},
    policy::{ByClosure, ContinuePolicy, ContinueStream},
};

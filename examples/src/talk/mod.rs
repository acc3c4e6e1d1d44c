//! The talk's experiment, stage by stage: the default command.

pub mod capture;
pub mod experiment;
pub mod page;
pub mod plot;
pub mod reason;
pub mod report;
mod run;
pub mod sampler;
pub mod sampling;
pub mod stages;

pub use self::run::{Talk, forgetting, successes};

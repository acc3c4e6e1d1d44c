//! stub

pub mod attempt_timeout;
pub mod deadline;

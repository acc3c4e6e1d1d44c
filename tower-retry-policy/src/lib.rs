//! stub

pub mod attempt_timeout;
pub mod budget;
pub mod deadline;

//! A guide: how to put a stack together.
//!
//! - [`server_side`]: which layers help within an axum router, and which do not

#[doc = include_str!("server_side.md")]
pub mod server_side {}

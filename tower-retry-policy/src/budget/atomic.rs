//! The atomics of the budgets, in one place so that a model of their concurrency can put others here.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering};

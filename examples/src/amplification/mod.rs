//! Rare failures, amplified: what is left of a small probability of failure over many parts and repetitions.
//!
//! The talk begins with it: where each of n parts fails with probability f and all of them are needed k times over,
//! everything goes well with probability `S(k) = (1-f)^(nk)`. With r retries a part fails for good with `f^(r+1)`, which
//! makes it `(1 - f^(r+1))^(nk)`, at the cost of further attempts. Each row is computed in closed form and simulated.

mod arguments;
mod chain;
mod report;
mod trials;

pub use self::{
    arguments::Amplification,
    chain::Chain,
    report::amplification,
    trials::{Measured, simulate},
};

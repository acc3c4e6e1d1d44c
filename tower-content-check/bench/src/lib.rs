//! What the benchmarks share: the clock, the rounds, and the material.

pub mod material;
mod rounds;

pub use self::rounds::{Contender, compare};

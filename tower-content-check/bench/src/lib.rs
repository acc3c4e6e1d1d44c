//! What the benchmarks share: the clock, the rounds, and the material.

mod counts;
mod exchange;
pub mod material;
mod rounds;

pub use self::{
    counts::Child,
    exchange::{Answer, Frames, drain, poll_now},
    rounds::{Contender, compare, wanted},
};

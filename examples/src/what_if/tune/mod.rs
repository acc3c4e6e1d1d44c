//! `tune`: the policy with the lowest p99 among those that succeed often enough and cost little enough.
//!
//! Random candidates run on a few seeds, the better half of them on twice as many, and so on (successive halving:
//! Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", 2016); then
//! the same among neighbours of the best, three times over. All candidates see the same seeds, so that they differ by their
//! settings and not by their luck. What comes out best is verified on seeds that the search has not seen, and so is the policy
//! that was given: the answer is never worse than that.

mod arguments;
mod front;
mod goal;
mod over_kernel;
mod report;
mod search;
mod space;
mod verify;

pub use self::{
    arguments::TuneQuestion,
    goal::Goal,
    report::tune,
    search::{Candidate, search},
    space::Space,
    verify::{Verified, verify},
};

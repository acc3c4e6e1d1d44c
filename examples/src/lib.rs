//! The talk "Do You Want to Retry?" (Anton Marchukov, PyCon CZ 2016) in virtual time: two TCP stacks, packet loss,
//! and every stage of its experiment.
//!
//! - [`sim`]: the two hosts and the wire between them, hyper's server and hyper-util's client on it, one run of all that
//!   - [`sim::Simulation`]: the same for a client of your own, from a test of yours
//! - [`talk`]: the experiment's stages, its calls, its runs over many seeds, the capture of one, the plots and the page
//! - [`download`]: on the same network, a file that breaks off: begun anew, resumed, and continued while it is read
//! - [`kernel`]: the talk's stages over the TCP of this machine's kernel, beside the simulation
//! - [`what_if`]: questions about one's own network and policy
//! - [`input`]: what the command lines have in common
//! - [`output`]: tables, plots, files, progress
//!
//! Beside it, without a network:
//! - [`amplification`]: what rare failures add up to
//! - [`storm`]: what a fleet's retries do to a server after an outage
//! - [`hedging`]: what hedging does for the slowest calls of a good network, and to a server that stands still
//! - [`jitter`]: AWS's experiment of competing writers
//!
//! # As a dev-dependency
//!
//! Without the feature `cli`, which is on by default, the package has [`sim::Simulation`] and [`sim::network`] alone, and none of
//! the dependencies of its command line: `network-lab = { path = "..", default-features = false }`. `examples/YOUR_CLIENT.md` is
//! the page about it.

#![cfg_attr(
    not(feature = "cli"),
    allow(
        dead_code,
        unused_imports,
        reason = "the experiments look into the network, and are behind this feature"
    )
)]

#[cfg(feature = "cli")]
pub mod amplification;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod download;
#[cfg(feature = "cli")]
pub mod hedging;
#[cfg(feature = "cli")]
pub mod input;
#[cfg(feature = "cli")]
pub mod jitter;
#[cfg(feature = "cli")]
pub mod kernel;
#[cfg(feature = "cli")]
pub mod output;
pub mod sim;
#[cfg(feature = "cli")]
pub mod storm;
#[cfg(feature = "cli")]
pub mod talk;
#[cfg(feature = "cli")]
pub mod what_if;

/// The code on the lab's page, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Page;

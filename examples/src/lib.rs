//! The talk "Do You Want to Retry?" (Anton Marchukov, PyCon CZ 2016) in virtual time: two TCP stacks, packet loss,
//! and every stage of its experiment.
//!
//! - [`network`]: the two hosts and the wire between them
//! - [`server`] and [`client`]: hyper's server and hyper-util's client on it
//! - [`stages`]: the experiment's stages, one short file each
//! - [`world`], [`sampler`], [`seeds`], [`experiment`]: one run, its calls, many runs, all of it
//! - [`capture`]: one run packet by packet, for Wireshark and for the plots
//! - [`plot`]: SVG plots of one run and of all of them
//! - [`page`]: all of it on one page
//! - [`report`]: the table and the files
//! - [`talk`]: the default command, which makes them
//! - [`download`]: on the same network, a file that breaks off, with and without range resumption
//! - [`what_if`]: questions about one's own network and policy
//! - [`sampling`]: the program `sampler`, here or over the real network
//!
//! Beside it, without a network:
//! - [`amplification`]: what rare failures add up to
//! - [`storm`]: what a fleet's retries do to a server after an outage
//! - [`tail`]: what hedging does for the slowest calls of a good network, and to a server that stands still
//! - [`jitter`]: AWS's experiment of competing writers

pub mod amplification;
pub mod capture;
pub mod cli;
pub mod client;
pub mod document;
pub mod download;
pub mod experiment;
pub mod interrupt;
pub mod jitter;
pub mod network;
pub mod page;
pub mod place;
pub mod plot;
pub mod progress;
pub mod random;
pub mod report;
pub mod requests;
pub mod sampler;
pub mod sampling;
pub mod seeds;
pub mod server;
pub mod stages;
pub mod storm;
pub mod tail;
pub mod talk;
mod transport;
pub mod what_if;
pub mod world;

/// The examples of the project's README, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

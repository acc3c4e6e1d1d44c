//! Systems without namespaces.

use super::{Carried, Missing, Setup};
use crate::sim::{network::Tap, place::RealNetwork, world::Settings};
use std::{
    future::Future,
    io::{self, ErrorKind},
};

/// Refuses.
///
/// # Errors
/// Always.
pub fn prepare() -> Result<(), Missing> {
    Err(missing())
}

/// Refuses.
///
/// # Errors
/// Always.
pub fn possible(_setup: Setup) -> Result<(), Missing> {
    Err(missing())
}

/// Refuses.
///
/// # Errors
/// Always.
pub fn run<F: Future>(
    _settings: Settings,
    _setup: Setup,
    _tap: Option<Tap>,
    _visit: impl FnOnce(RealNetwork) -> F,
) -> Result<(F::Output, Carried), Missing> {
    Err(missing())
}

fn missing() -> Missing {
    Missing::new("namespaces and TUN devices are Linux's")(io::Error::from(ErrorKind::Unsupported))
}

//! Linux.

use super::{
    Carried, Missing, Probing, Setup,
    forwarder::{End, Wire},
    namespace, real_probe,
    server_side::ServerSide,
    tun,
};
use crate::sim::{
    network::{CLIENT, Tap},
    place::RealNetwork,
    server::URL,
    world::Settings,
};
use http::Uri;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::{future::Future, io, thread};

const RUNTIME: &str = "no thread or runtime for the client";

/// Takes the process off the machine's network, which it then cannot reach any more, and lets it open as many files as it
/// may. Before there is any further thread.
///
/// # Errors
/// If the kernel refuses.
pub fn prepare() -> Result<(), Missing> {
    namespace::leave()?;
    // A call that was given up leaves its connection open at the server for a while.
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
    Ok(())
}

/// Makes a network and takes it down again.
///
/// # Errors
/// What is missing.
pub fn possible(setup: Setup) -> Result<(), Missing> {
    thread::spawn(move || run(Settings::new(1), setup, None, |_| async {}).map(|_| ()))
        .join()
        .map_err(|_| io::Error::other("the trial broke off"))
        .map_err(Missing::new(RUNTIME))?
}

/// Builds the network of these settings, runs `visit` on it to its end in real time, and takes it down. Tells what was
/// put on the wire, too; a tap takes down what passes the client's end of it, of a real probe one packet in a hundred.
///
/// This thread leaves the network that it is on. After [`prepare`].
///
/// # Errors
/// What is missing.
pub fn run<F: Future>(
    settings: Settings,
    setup: Setup,
    tap: Option<Tap>,
    visit: impl FnOnce(RealNetwork) -> F,
) -> Result<(F::Output, Carried), Missing> {
    namespace::enter()?;
    setup.tcp.set_in_namespace()?;
    let client = End::client(tun::open(CLIENT)?, &settings, tap.clone());
    let _target = (setup.probing == Probing::Real).then(real_probe::target).transpose()?;
    let (server, device) = ServerSide::start(settings, setup)?;
    let wire = Wire::start(client, End::server(device, &settings, setup.probing, tap))?;
    let network = RealNetwork::new(Uri::from_static(URL), settings.seed);
    let result = network.run(visit).map_err(Missing::new(RUNTIME))?;
    drop(server);
    Ok((result, wire.end()))
}

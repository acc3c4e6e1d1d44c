//! The server's thread: its namespace, and the server in it.

use super::{Missing, Probing, Program, Setup, namespace, nginx::Nginx, real_probe, tun};
use crate::sim::{
    network::SERVER,
    server::{PORT, Server},
    world::Settings,
};
use std::{
    io,
    sync::mpsc,
    thread::{self, JoinHandle},
};
use tokio::{net::TcpListener, runtime, sync::oneshot};
use tun_rs::SyncDevice;

const RUNTIME: &str = "no thread, runtime or socket for the server";

/// A server that runs; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct ServerSide {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ServerSide {
    /// Starts it; it listens when this returns, behind the device that it returns.
    pub(super) fn start(settings: Settings, setup: Setup) -> Result<(Self, SyncDevice), Missing> {
        let (made, making) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let work = move || {
            if let Err(missing) = serve(settings, setup, &made, stopped) {
                // It is on its way to where it listens, and this is what is waited for.
                let _ = made.send(Err(missing));
            }
        };
        let thread = thread::Builder::new().spawn(work).map_err(Missing::new(RUNTIME))?;
        let side = Self { stop: Some(stop), thread: Some(thread) };
        let device = making.recv().map_err(io::Error::other).map_err(Missing::new(RUNTIME))??;
        Ok((side, device))
    }
}

impl Drop for ServerSide {
    fn drop(&mut self) {
        if let (Some(stop), Some(thread)) = (self.stop.take(), self.thread.take()) {
            // It may have ended already, by an error or a panic that has been printed.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

fn serve(
    settings: Settings,
    setup: Setup,
    made: &mpsc::Sender<Result<SyncDevice, Missing>>,
    stopped: oneshot::Receiver<()>,
) -> Result<(), Missing> {
    namespace::enter()?;
    setup.tcp.set_in_namespace()?;
    let device = tun::open(SERVER)?;
    let runtime =
        runtime::Builder::new_current_thread().enable_all().build().map_err(Missing::new(RUNTIME))?;
    runtime.block_on(async move {
        let nginx = match setup.server {
            Program::Nginx => {
                setup.tcp.set_on_route(&device)?;
                Some(Nginx::start(&settings).await?)
            }
            Program::Hyper => {
                let listener = TcpListener::bind((SERVER, PORT)).await.map_err(Missing::new(RUNTIME))?;
                setup.tcp.set_on(&listener)?;
                let server = Server::new(settings.seed, settings.size, settings.lies);
                server.start_over_tcp(listener, settings.knobs.keep_alive);
                None
            }
        };
        if let (Probing::Real, Some(rate)) = (setup.probing, settings.knobs.probe) {
            tokio::spawn(real_probe::sender(rate)?);
        }
        if made.send(Ok(device)).is_ok() {
            // Sent or dropped: the run is over.
            let _ = stopped.await;
        }
        drop(nginx);
        Ok(())
    })
}

//! Connections: how they begin, and that all of them end.

use crate::{
    connection::{self, Client},
    log::Log,
};
use axum::Router;
use std::{
    io::{Error, ErrorKind},
    pin::pin,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Serving,
    /// No new connections; those that are there end when their calls have ended.
    Ending,
}

/// What clients are allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    /// For a head, and for reading on.
    pub(crate) idle: Duration,
    /// For the calls under way, when the program is asked to end.
    pub(crate) grace: Duration,
}

/// What a process that has no descriptors left waits for before it accepts again: a connection has to end first.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until the phase is [`Phase::Ending`], and then for as long as the grace lasts. Returns how many connections it had to
/// cut.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    mut phase: watch::Receiver<Phase>,
    allowed: Allowed,
    log: Log,
) -> usize {
    let mut connections = JoinSet::new();
    let mut complained = false;
    let ending = phase.clone();
    let mut asked = pin!(ending_of(&mut phase));
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    complained = false;
                    let client = Client::new(address.ip());
                    let (router, phase) = (router.clone(), ending.clone());
                    connections.spawn(connection::serve(stream, client, router, phase, allowed.idle));
                }
                Err(error) if is_of_the_client(&error) => {}
                Err(error) => {
                    if !complained {
                        log.complain(format!("cannot accept: {error}"));
                    }
                    complained = true;
                    sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {} // one has ended
            () = &mut asked => break,
        }
    }
    drop(listener);
    let _ = timeout(allowed.grace, async { while connections.join_next().await.is_some() {} }).await;
    let cut = connections.len();
    connections.shutdown().await;
    cut
}

/// When the phase is [`Phase::Ending`].
pub(crate) async fn ending_of(phase: &mut watch::Receiver<Phase>) {
    let _ = phase.wait_for(|phase| *phase == Phase::Ending).await;
}

/// It had left before it was accepted.
fn is_of_the_client(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}

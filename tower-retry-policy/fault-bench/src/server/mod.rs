//! A server on loopback that plays a fault's script and keeps account of what it saw.

mod http1;
mod http2;
pub(crate) mod tls;

use crate::{
    account::{Account, Arrival},
    fault::{At, Fault},
    request::WARM,
};
use std::{future::pending, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
    time::timeout,
};

/// Between two bytes of a slow answer.
const DRIP: Duration = Duration::from_millis(120);

/// For what was sent to arrive, before a reset throws away what has not.
const BEFORE_RESET: Duration = Duration::from_millis(20);

/// Listens for as long as it lives.
pub(crate) struct Server {
    authority: String,
    tls: bool,
    account: Account,
    _task: JoinSet<()>,
}

/// How the server is spoken to, and how often the fault happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mode {
    pub(crate) http2: bool,
    pub(crate) tls: bool,
    /// The fault meets the first request only.
    pub(crate) once: bool,
}

/// What one connection needs to play its part.
#[derive(Clone)]
struct Part {
    fault: &'static Fault,
    mode: Mode,
    account: Account,
    connection: usize,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

// ===== impl Server =====

impl Server {
    pub(crate) async fn start(fault: &'static Fault, mode: Mode) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let authority = socket.local_addr().unwrap().to_string();
        let account = Account::default();
        let mut task = JoinSet::new();
        match fault.at {
            At::Refused => {
                task.spawn(async move {
                    // bound, so that nobody else gets the port, and not listened at
                    let _bound = socket;
                    pending::<()>().await;
                });
            }
            At::SilentConnect => {
                let full = fill(socket.listen(0).unwrap()).await;
                account.fell_silent();
                task.spawn(async move {
                    let _full = full;
                    pending::<()>().await;
                });
            }
            At::Tls(_) | At::Answer { .. } => {
                let part = Part { fault, mode, account: account.clone(), connection: 0 };
                task.spawn(accept(socket.listen(1024).unwrap(), part));
            }
        }
        let tls = mode.tls || matches!(fault.at, At::Tls(_));
        Self { authority, tls, account, _task: task }
    }

    pub(crate) fn base(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.authority)
    }

    pub(crate) fn speaks_tls(&self) -> bool {
        self.tls
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }
}

/// Connects until the kernel no longer answers: its queue of connections that nobody has accepted is full.
async fn fill(listener: TcpListener) -> (TcpListener, Vec<TcpStream>) {
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(connected) = timeout(Duration::from_millis(100), TcpStream::connect(address)).await {
        queue.push(connected.unwrap());
    }
    (listener, queue)
}

async fn accept(listener: TcpListener, part: Part) {
    let mut connections = JoinSet::new();
    for connection in 0.. {
        let Ok((stream, _)) = listener.accept().await else { return };
        let part = Part { connection, ..part.clone() };
        connections.spawn(part.serve(stream));
    }
}

// ===== impl Part =====

impl Part {
    async fn serve(self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        if let At::Tls(handshake) = self.fault.at {
            return handshake.fail(stream, &self.account).await;
        }
        if self.fault.resets() {
            // a socket with this setting resets its connection when it is dropped
            let _ = stream.set_zero_linger();
        }
        let stream: Box<dyn Stream> = if self.mode.tls {
            match tls::acceptor().accept(stream).await {
                Ok(stream) => Box::new(stream),
                Err(_) => return,
            }
        } else {
            Box::new(stream)
        };
        if self.mode.http2 { http2::serve(self, stream).await } else { http1::serve(self, stream).await }
    }

    /// Writes a request down, and says whether the fault meets it.
    fn meets(&self, id: &str, warmed: bool) -> bool {
        let before = self.account.arrivals(id).len();
        let meets = id != WARM && (warmed || !self.fault.pooled) && (before == 0 || !self.mode.once);
        let refused = meets && self.fault.refused;
        self.account.arrived(Arrival { id: id.to_owned(), connection: self.connection, refused });
        meets
    }

    /// Whether the script is played in answer to this request; what races with the call follows the answer before it.
    fn plays(&self, id: &str, meets: bool) -> bool {
        if self.fault.race { id == WARM } else { meets }
    }
}

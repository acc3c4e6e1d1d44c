//! A server whose connections die when it is told so, without a word to the client.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Barrier,
    task::JoinSet,
};

pub(crate) struct Server {
    pub(crate) uri: String,
    state: Arc<State>,
    _task: JoinSet<()>,
}

struct State {
    /// So many requests are answered together at first, each on a connection of its own.
    together: Barrier,
    requests: AtomicUsize,
    connections: AtomicUsize,
    dead: AtomicBool,
}

impl Server {
    pub(crate) async fn new(together: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let uri = format!("http://{}/", listener.local_addr().unwrap());
        let state = Arc::new(State {
            together: Barrier::new(together),
            requests: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            dead: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                connections.spawn(serve(connection, Arc::clone(&shared)));
            }
        });
        Self { uri, state, _task: task }
    }

    /// From now on a request on a connection of before is answered with a reset.
    pub(crate) fn forget_connections(&self) {
        self.state.dead.store(true, Ordering::SeqCst);
    }

    pub(crate) fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut connection: TcpStream, state: Arc<State>) {
    state.connections.fetch_add(1, Ordering::SeqCst);
    let old = !state.dead.load(Ordering::SeqCst);
    let mut head = Vec::new();
    while connection.read_buf(&mut head).await.is_ok_and(|read| read > 0) {
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        head.clear();
        state.requests.fetch_add(1, Ordering::SeqCst);
        if state.dead.load(Ordering::SeqCst) {
            if old {
                connection.set_zero_linger().unwrap();
                return;
            }
        } else {
            state.together.wait().await;
        }
        if connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.is_err() {
            return;
        }
    }
}

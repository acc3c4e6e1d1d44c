//! A server on loopback that misbehaves as it is told, on every connection alike.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What is done with a connection once a whole request has been read from it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    /// Send this and close.
    Close(&'static str),
    /// Send this and reset.
    Reset(&'static str),
    /// Send this and say nothing more.
    Silence(&'static str),
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(then: Then) -> Self {
        Self::serving(move |connection, seen| serve(connection, then, seen)).await
    }

    /// Gives each connection, with the counter of requests, to `serve`.
    pub(crate) async fn serving<F, T>(serve: F) -> Self
    where
        F: Fn(TcpStream, Arc<AtomicUsize>) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&count)));
            }
        });
        Self { address, seen, task }
    }

    /// An address of loopback that refuses connections.
    pub(crate) async fn refusing() -> SocketAddr {
        TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap()
    }

    /// How many requests were read to their end.
    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut connection: TcpStream, then: Then, seen: Arc<AtomicUsize>) {
    let mut request = Vec::new();
    // requests of these tests have no body, so the head's empty line ends them
    while !request.ends_with(b"\r\n\r\n") {
        match connection.read_buf(&mut request).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    seen.fetch_add(1, Ordering::SeqCst);
    let (Then::Close(text) | Then::Reset(text) | Then::Silence(text)) = then;
    let _ = connection.write_all(text.as_bytes()).await;
    match then {
        Then::Close(_) => drop(connection),
        Then::Reset(_) => {
            // what was sent must arrive before the reset throws it away
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let _ = connection.set_zero_linger();
        }
        Then::Silence(_) => std::future::pending().await,
    }
}

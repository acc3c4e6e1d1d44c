//! Both sides of the gateway by hand: bytes to it as no library would send them, and an upstream that answers with such.

use std::{future::Future, io::ErrorKind, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

/// Far above what any answer here takes.
const LONG: Duration = Duration::from_secs(10);

/// How a connection ended for its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
    Open,
}

/// A client's connection.
pub(crate) struct Raw {
    stream: TcpStream,
}

impl Raw {
    pub(crate) async fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream }
    }

    /// Whether it could be sent: the other side may have left.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// All that comes until the other side ends, and how it does so.
    pub(crate) async fn rest(&mut self) -> (String, End) {
        self.rest_within(LONG).await
    }

    pub(crate) async fn rest_within(&mut self, limit: Duration) -> (String, End) {
        let mut came = Vec::new();
        let until = Instant::now() + limit;
        let end = loop {
            match timeout_at(until, self.stream.read_buf(&mut came)).await {
                Err(_) => break End::Open,
                Ok(Ok(0)) => break End::Closed,
                Ok(Ok(_)) => {}
                Ok(Err(error)) if error.kind() == ErrorKind::ConnectionReset => break End::Reset,
                Ok(Err(error)) => panic!("{error}"),
            }
        };
        (String::from_utf8_lossy(&came).into_owned(), end)
    }

    /// What comes until it holds `last`.
    pub(crate) async fn until(&mut self, last: &str) -> String {
        let mut came = Vec::new();
        loop {
            let read =
                timeout(LONG, self.stream.read_buf(&mut came)).await.expect("an answer in time").unwrap();
            let text = String::from_utf8_lossy(&came).into_owned();
            if text.contains(last) {
                return text;
            }
            assert!(read > 0, "closed before {last:?}: {text:?}");
        }
    }
}

/// All that comes back for these bytes.
pub(crate) async fn exchange(address: &str, bytes: impl AsRef<[u8]>) -> (String, End) {
    let mut raw = Raw::connect(address).await;
    raw.send(bytes).await;
    raw.rest().await
}

/// An upstream that does with each connection what it is told to.
pub(crate) struct Scripted {
    address: SocketAddr,
    _task: JoinSet<()>,
}

impl Scripted {
    pub(crate) async fn start<F: Future<Output = ()> + Send + 'static>(
        script: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(script(connection));
            }
        });
        Self { address, _task: task }
    }

    /// One that answers each connection's first head so, and then does nothing more: no byte, no end.
    pub(crate) async fn saying(answer: &'static str) -> Self {
        Self::start(move |mut connection| async move {
            head(&mut connection).await;
            connection.write_all(answer.as_bytes()).await.unwrap();
            std::future::pending::<()>().await;
        })
        .await
    }

    pub(crate) fn argument(&self) -> String {
        format!("up=http://{}", self.address)
    }
}

/// The head of a request, and what came with it.
pub(crate) async fn head(connection: &mut TcpStream) -> String {
    let mut came = Vec::new();
    while !came.windows(4).any(|four| four == b"\r\n\r\n") {
        if connection.read_buf(&mut came).await.unwrap_or(0) == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&came).into_owned()
}

//! A server on loopback that misbehaves first, for the tests of the first steps.
//!
//! Each connection carries one request, so that nothing of an earlier call is in the way of the next.

mod received;

pub use received::Received;

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What the server does with a request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Answer {
    /// 200 with this JSON.
    Whole(&'static str),
    /// The head of a good answer, the first half of this JSON, and the end of the connection.
    Cut(&'static str),
    /// A status, with content that a client could take for a good answer's: its number in a list.
    Status(u16),
    /// The connection is reset when the request has been read.
    Reset,
    /// Nothing, until the client leaves.
    Silence,
}

/// A server that runs as long as the test's runtime.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    first: VecDeque<Answer>,
    then: Answer,
    received: Vec<Received>,
}

impl Server {
    /// Answers the first requests as told, in the order in which they have been read, and all others by `then`.
    ///
    /// # Errors
    ///
    /// Those of the listener.
    pub async fn start(first: impl IntoIterator<Item = Answer>, then: Answer) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = State { first: first.into_iter().collect(), then, received: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                // a client that leaves in the middle has made no request
                tokio::spawn(serve(connection, Arc::clone(&shared)));
            }
        });
        Ok(Self { address, state })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests that have come whole, in their order.
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).received.clone()
    }
}

async fn serve(mut connection: TcpStream, state: Arc<Mutex<State>>) -> io::Result<()> {
    let received = Received::read(&mut connection).await?;
    let answer = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.received.push(received);
        state.first.pop_front().unwrap_or(state.then)
    };
    match answer {
        Answer::Whole(content) => connection.write_all(&response(200, content, content.len())).await?,
        Answer::Cut(content) => {
            connection.write_all(&response(200, &content[..content.len() / 2], content.len())).await?;
        }
        Answer::Status(status) => {
            let content = format!("[{status}]");
            connection.write_all(&response(status, &content, content.len())).await?;
        }
        Answer::Reset => return connection.set_zero_linger(),
        Answer::Silence => while connection.read(&mut [0; 1024]).await? > 0 {},
    }
    connection.shutdown().await
}

fn response(status: u16, content: &str, length: usize) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} \r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{content}"
    )
    .into_bytes()
}

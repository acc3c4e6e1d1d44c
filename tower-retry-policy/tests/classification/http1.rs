//! HTTP/1: a text, and what becomes of the connection after it.

use crate::server::Seen;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Http1 {
    pub(crate) text: &'static str,
    pub(crate) then: Then,
}

/// What is done with a connection once everything has been said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Close,
    Reset,
    /// Say nothing more.
    Wait,
    /// Wait for the next request.
    Listen,
}

impl Http1 {
    pub(crate) async fn serve(self, mut connection: TcpStream, seen: Seen) {
        let mut request = Vec::new();
        // requests of these tests have no body, so the head's empty line ends them
        while !request.ends_with(b"\r\n\r\n") {
            match connection.read_buf(&mut request).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        seen.one_more();
        let _ = connection.write_all(self.text.as_bytes()).await;
        self.then.end(connection).await;
    }
}

impl Then {
    pub(crate) async fn end(self, mut connection: TcpStream) {
        match self {
            Self::Close | Self::Listen => {
                let _ = connection.shutdown().await;
                // read to its end: closing with unread bytes would reset the connection and lose what was said
                let _ = tokio::io::copy(&mut connection, &mut tokio::io::sink()).await;
            }
            Self::Reset => {
                // what was sent must arrive before the reset throws it away
                tokio::time::sleep(Duration::from_millis(50)).await;
                let _ = connection.set_zero_linger();
            }
            Self::Wait => std::future::pending().await,
        }
    }
}

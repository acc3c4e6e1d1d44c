use crate::{
    fault::Fault,
    server::{Board, Gone, content},
};
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// False at the end of the connection.
    async fn fill(&mut self) -> bool {
        matches!(self.stream.read_buf(&mut self.read).await, Ok(1..))
    }

    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|part| part == end) {
                return Some(self.read.drain(..at + end.len()).collect());
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    async fn exactly(&mut self, bytes: usize) -> Option<Vec<u8>> {
        while self.read.len() < bytes {
            if !self.fill().await {
                return None;
            }
        }
        Some(self.read.drain(..bytes).collect())
    }

    /// The whole body, and whether there were trailers.
    async fn body(&mut self, head: &str) -> Option<(Vec<u8>, bool)> {
        if let Some((_, rest)) = head.split_once("content-length: ") {
            let length = rest.split_once("\r\n")?.0.parse().unwrap();
            return Some((self.exactly(length).await?, false));
        }
        if !head.contains("transfer-encoding: chunked") {
            return Some((Vec::new(), false));
        }
        let mut body = Vec::new();
        loop {
            let line = String::from_utf8(self.until(b"\r\n").await?).unwrap();
            let length = usize::from_str_radix(line.trim(), 16).unwrap();
            if length == 0 {
                let mut trailers = false;
                while self.until(b"\r\n").await? != b"\r\n" {
                    trailers = true;
                }
                return Some((body, trailers));
            }
            body.extend(self.exactly(length).await?);
            self.exactly(2).await?;
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    async fn answer(&mut self, status: u16, fields: &str, number: usize, part: usize) -> io::Result<()> {
        let content = content(number);
        let head = format!(
            "HTTP/1.1 {status} X\r\n{fields}x-number: {number}\r\ncontent-length: {}\r\n\r\n",
            content.len()
        );
        self.write(head.as_bytes()).await?;
        self.write(&content[..content.len() / part]).await
    }
}

pub(crate) async fn serve(stream: TcpStream, board: Arc<Board>, number: usize) {
    let mut connection = Connection { stream, read: Vec::new() };
    while let Some(head) = connection.until(b"\r\n\r\n").await {
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let (request, fault) = board.begin(number);
        if !one(&mut connection, &board, &head, request, fault).await {
            return;
        }
    }
}

/// Whether the connection goes on.
async fn one(connection: &mut Connection, board: &Board, head: &str, request: usize, fault: Fault) -> bool {
    match fault {
        Fault::Closes => {
            board.ended(request);
            return false;
        }
        Fault::Resets => {
            connection.stream.set_zero_linger().unwrap();
            board.ended(request);
            return false;
        }
        _ => {}
    }
    let Some((upload, trailers)) = connection.body(head).await else {
        board.gone(request, Gone::Closed);
        return false;
    };
    board.change(request, |seen| (seen.upload, seen.whole_upload, seen.trailers) = (upload, true, trailers));
    let sent = match fault {
        Fault::Answers => connection.answer(200, "", request, 1).await,
        Fault::Status(status) => connection.answer(status, "", request, 1).await,
        Fault::Busy => connection.answer(503, "retry-after: 0\r\n", request, 1).await,
        Fault::EarlyHints => connection.write(b"HTTP/1.1 103 X\r\nlink: </a>\r\n\r\n").await,
        Fault::SilentBody | Fault::SlowBody | Fault::CutBody => connection.answer(200, "", request, 2).await,
        Fault::ResetsBody => {
            let sent = connection.answer(200, "", request, 2).await;
            connection.stream.set_zero_linger().unwrap();
            sent
        }
        _ => Ok(()),
    };
    if sent.is_err() {
        board.gone(request, Gone::Closed);
        return false;
    }
    match fault {
        Fault::Answers | Fault::Status(_) | Fault::Busy => {
            board.ended(request);
            true
        }
        Fault::CutBody | Fault::ResetsBody => {
            board.ended(request);
            false
        }
        Fault::Late | Fault::SlowBody | Fault::WhenWhole(_) => {
            let mut seen = board.subscribe();
            let due = tokio::select! {
                due = seen.wait_for(|seen| fault.is_due(request, seen)) => due.is_ok(),
                _ = connection.fill() => false,
            };
            let sent = due
                && if fault == Fault::SlowBody {
                    let content = content(request);
                    connection.write(&content[content.len() / 2..]).await.is_ok()
                } else {
                    connection.answer(200, "", request, 1).await.is_ok()
                };
            if sent {
                board.ended(request);
            } else {
                board.gone(request, Gone::Closed);
            }
            sent
        }
        _ => {
            assert!(!connection.fill().await, "a second request on a connection whose first is not answered");
            board.gone(request, Gone::Closed);
            false
        }
    }
}

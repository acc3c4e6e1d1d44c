//! One request as it came.

use std::io;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpStream,
};

/// A request as it came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Received {
    /// Request line and fields.
    pub head: String,
    /// The content, without the framing of its transfer.
    pub content: Vec<u8>,
}

impl Received {
    /// The value of a field, by its name in lower case.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub(crate) async fn read(connection: &mut TcpStream) -> io::Result<Self> {
        let mut reader = BufReader::new(connection);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let mut received = Self { head, content: Vec::new() };
        if received.field("transfer-encoding").is_some() {
            while received.piece(&mut reader).await? {}
        } else {
            let length = received.field("content-length").and_then(|length| length.parse().ok());
            received.content.resize(length.unwrap_or(0), 0);
            reader.read_exact(&mut received.content).await?;
        }
        Ok(received)
    }

    /// Reads a chunk: its length in hexadecimal, a line break, the bytes, a line break. The last one is empty.
    async fn piece(&mut self, reader: &mut BufReader<&mut TcpStream>) -> io::Result<bool> {
        let mut length = String::new();
        reader.read_line(&mut length).await?;
        let length = usize::from_str_radix(length.trim_end(), 16).map_err(io::Error::other)?;
        let start = self.content.len();
        self.content.resize(start + length + 2, 0);
        reader.read_exact(&mut self.content[start..]).await?;
        self.content.truncate(start + length);
        Ok(length > 0)
    }
}

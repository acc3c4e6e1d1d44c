//! HTTP/1: a text, and what becomes of the connection after it.

use super::{BEFORE_RESET, DRIP, Part, Stream};
use crate::{
    fault::{Act, At, filled},
    request::{ID, WARM},
};
use std::future::pending;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::sleep,
};

const GOOD: &[Act] = &[Act::Say("HTTP/1.1 200 OK\r\ncontent-length: 24\r\n\r\n{whole}")];

/// A request's head, and the reader behind it.
struct Request {
    id: String,
    length: Length,
}

#[derive(Clone, Copy)]
enum Length {
    Known(usize),
    Chunked,
}

pub(super) async fn serve(part: Part, mut stream: Box<dyn Stream>) {
    let mut unread = Vec::new();
    let mut warmed = false;
    while let Some(request) = read_head(&mut stream, &mut unread).await {
        let meets = part.meets(&request.id, warmed);
        warmed |= request.id == WARM;
        let early = meets && part.fault.early;
        if !early && read_body(&mut stream, &mut unread, request.length).await.is_none() {
            return;
        }
        let At::Answer { http1, .. } = part.fault.at else { return };
        for act in if part.plays(&request.id, meets) { http1 } else { GOOD } {
            let written = match act {
                Act::Say(text) => stream.write_all(filled(text, &request.id).as_bytes()).await,
                Act::Slowly(text) => drip(&mut stream, &filled(text, &request.id)).await,
                Act::Close => {
                    let _ = stream.shutdown().await;
                    // read to its end: closing with unread bytes would reset the connection and lose what was said
                    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
                    return;
                }
                Act::Reset => {
                    sleep(BEFORE_RESET).await;
                    return;
                }
                Act::Silent => {
                    part.account.fell_silent();
                    return pending().await;
                }
            };
            if written.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
        if early && read_body(&mut stream, &mut unread, request.length).await.is_none() {
            return;
        }
    }
}

async fn drip(stream: &mut Box<dyn Stream>, text: &str) -> std::io::Result<()> {
    for byte in text.as_bytes() {
        sleep(DRIP).await;
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
    }
    Ok(())
}

async fn read_head(stream: &mut Box<dyn Stream>, unread: &mut Vec<u8>) -> Option<Request> {
    const END: &[u8] = b"\r\n\r\n";
    let end = read_until(stream, unread, END).await?;
    let head: Vec<u8> = unread.drain(..end).collect();
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let field = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(of, _)| *of == name).map(|(_, value)| value.trim().to_owned())
    };
    let length = match field("content-length") {
        Some(length) => Length::Known(length.parse().ok()?),
        None if field("transfer-encoding").is_some() => Length::Chunked,
        None => Length::Known(0),
    };
    Some(Request { id: field(ID)?, length })
}

async fn read_body(stream: &mut Box<dyn Stream>, unread: &mut Vec<u8>, length: Length) -> Option<()> {
    let end = match length {
        Length::Known(length) => {
            while unread.len() < length {
                more(stream, unread).await?;
            }
            length
        }
        Length::Chunked => read_until(stream, unread, b"0\r\n\r\n").await?,
    };
    unread.drain(..end);
    Some(())
}

/// Where the first of these marks ends.
async fn read_until(stream: &mut Box<dyn Stream>, unread: &mut Vec<u8>, mark: &[u8]) -> Option<usize> {
    loop {
        if let Some(at) = unread.windows(mark.len()).position(|window| window == mark) {
            return Some(at + mark.len());
        }
        more(stream, unread).await?;
    }
}

async fn more(stream: &mut Box<dyn Stream>, unread: &mut Vec<u8>) -> Option<()> {
    match stream.read_buf(unread).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(()),
    }
}

use crate::{
    client::{self, Row},
    server::Server,
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tower_retry_policy::Phase::{Read, Unprocessed};

/// Frames to send once the head of a request has come (RFC 9113 section 6); then the connection is closed.
type Frames = Vec<Vec<u8>>;

const NO_ERROR: u32 = 0x0;
const PROTOCOL_ERROR: u32 = 0x1;
const INTERNAL_ERROR: u32 = 0x2;
const REFUSED_STREAM: u32 = 0x7;
const ENHANCE_YOUR_CALM: u32 = 0xb;

#[tokio::test]
async fn what_the_server_says_and_what_the_policy_sees() {
    #[rustfmt::skip]
    let table: [Row<Frames>; 9] = [
        // after the head of stream 1                                    outcome          GETs  POSTs seen
        ("answers",                      vec![answer()],                 Err(200),        1, 1),
        ("refuses the stream",           vec![reset(REFUSED_STREAM)],    Ok(Unprocessed), 3, 3),
        ("resets the stream",            vec![reset(INTERNAL_ERROR)],    Ok(Read),        3, 1),
        ("goes away, stream not seen",   vec![go_away(0, NO_ERROR)],     Ok(Unprocessed), 3, 3),
        ("goes away, stream answered",   vec![go_away(1, NO_ERROR), answer()], Err(200),  1, 1),
        // the stream may have been processed, and the connection ends without its answer
        ("goes away, stream lost",       vec![go_away(1, NO_ERROR)],     Ok(Read),        3, 1),
        ("goes away with an error",      vec![go_away(1, ENHANCE_YOUR_CALM)], Ok(Read),   3, 1),
        ("fails with our stream unseen", vec![go_away(0, PROTOCOL_ERROR)], Ok(Read),      3, 1),
        ("closes",                       vec![],                         Ok(Read),        3, 1),
    ];
    for (name, frames, expected, gets, posts) in table {
        for (method, times) in [("GET", gets), ("POST", posts)] {
            let frames = frames.clone();
            let server =
                Server::serving(move |connection, seen| serve(connection, frames.clone(), seen)).await;
            let outcome = client::outcome(&client::stack(true), method, server.address).await;
            assert_eq!(outcome, expected, "{method}: {name}");
            assert_eq!(server.seen(), times, "{method}: {name}");
        }
    }
}

async fn serve(mut connection: TcpStream, frames: Frames, seen: Arc<AtomicUsize>) {
    const PREFACE: usize = 24;
    const HEADERS: u8 = 0x1;
    let mut preface = [0; PREFACE];
    if connection.read_exact(&mut preface).await.is_err() {
        return;
    }
    let _ = connection.write_all(&frame(0x4, 0, 0, &[])).await; // SETTINGS
    loop {
        let mut head = [0; 9];
        if connection.read_exact(&mut head).await.is_err() {
            return;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        if connection.read_exact(&mut payload).await.is_err() {
            return;
        }
        if head[3] == HEADERS {
            break;
        }
    }
    seen.fetch_add(1, Ordering::SeqCst);
    for frame in frames {
        let _ = connection.write_all(&frame).await;
    }
    let _ = connection.shutdown().await;
    // drained to its end: closing with unread bytes would reset the connection and lose what was said
    let _ = tokio::io::copy(&mut connection, &mut tokio::io::sink()).await;
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

fn reset(reason: u32) -> Vec<u8> {
    frame(0x3, 0, 1, &reason.to_be_bytes())
}

fn go_away(last_stream: u32, reason: u32) -> Vec<u8> {
    let payload = [last_stream.to_be_bytes(), reason.to_be_bytes()].concat();
    frame(0x7, 0, 0, &payload)
}

/// `:status: 200` is entry 8 of HPACK's static table; END_STREAM and END_HEADERS.
fn answer() -> Vec<u8> {
    frame(0x1, 0x5, 1, &[0x88])
}

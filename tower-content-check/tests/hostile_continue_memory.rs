//! A long body over connections that die every 16 MiB: what it costs in memory and in bytes sent.
//!
//! `CONTINUE_MEBIBYTES` sets the length; 2048 goes beyond what 31 bits count.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
#![cfg(target_os = "linux")]

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use std::{
    env, fs,
    future::{Ready, ready},
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::{Layer, ServiceExt};
use tower_content_check::continuation::{Break, Continuations, ContinueLayer};

const MIB: u64 = 1 << 20;
/// A connection carries so much.
const LIFE: u64 = 16 * MIB;
/// What is repeated, no divisor of the rest.
const PERIOD: usize = 65_521;

fn pattern() -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let once: Vec<u8> = (0..PERIOD).map(|_| next()).collect();
    // so that a frame that begins anywhere can be cut from it
    once.iter().chain(&once).copied().collect()
}

fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

async fn serve(mut connection: TcpStream, length: u64, pattern: Arc<Vec<u8>>, sent: Arc<AtomicU64>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    let range = request.lines().find_map(|line| line.strip_prefix("range: bytes="));
    let begin = range.map_or(0, |range| {
        let (first, last) = range.split_once('-').unwrap();
        assert_eq!(last.parse::<u64>().unwrap(), length - 1);
        assert!(request.contains("if-range: \"v1\""), "{request}");
        first.parse::<u64>().unwrap()
    });
    let status = match range {
        Some(_) => format!("206 Partial Content\r\ncontent-range: bytes {begin}-{}/{length}", length - 1),
        None => "200 OK".to_owned(),
    };
    let head = format!("HTTP/1.1 {status}\r\netag: \"v1\"\r\ncontent-length: {}\r\n\r\n", length - begin);
    connection.write_all(head.as_bytes()).await.unwrap();
    let end = length.min(begin + LIFE);
    let mut at = begin;
    while at < end {
        let from = usize::try_from(at % PERIOD as u64).unwrap();
        let len = usize::try_from((end - at).min(PERIOD as u64)).unwrap();
        if connection.write_all(&pattern[from..from + len]).await.is_err() {
            return;
        }
        at += len as u64;
        sent.fetch_add(len as u64, Ordering::Relaxed);
    }
}

async fn server(length: u64) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, sent) = (listener.local_addr().unwrap(), Arc::new(AtomicU64::new(0)));
    let (count, pattern) = (sent.clone(), Arc::new(pattern()));
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, length, pattern.clone(), count.clone()));
        }
    });
    (address, sent)
}

#[tokio::test]
async fn a_long_body_over_short_connections_takes_no_memory_and_no_byte_twice() {
    let length = MIB * env::var("CONTINUE_MEBIBYTES").map_or(256, |number| number.parse::<u64>().unwrap());
    let (address, sent) = server(length).await;
    let policy = |_: &Break<'_>| -> Option<Ready<()>> { Some(ready(())) };
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let service = ContinueLayer::new(policy).layer(client);
    let request = Request::get(format!("http://{address}/")).header(header::ACCEPT_ENCODING, "identity");
    let response = service.oneshot(request.body(Empty::new()).unwrap()).await.unwrap();
    let handle = Continuations::of(&response).unwrap().clone();

    let pattern = pattern();
    let (mut body, mut at, mut before, mut most) = (pin!(response.into_body()), 0, None, 0);
    while let Some(frame) = body.frame().await {
        let mut data = frame.unwrap().into_data().unwrap();
        while !data.is_empty() {
            let from = usize::try_from(at % PERIOD as u64).unwrap();
            let part = data.split_to(data.len().min(PERIOD));
            assert!(part == pattern[from..from + part.len()], "wrong bytes behind {at}");
            at += part.len() as u64;
        }
        // once buffers have their sizes
        if at > MIB {
            let now = resident();
            most = most.max(now - now.min(*before.get_or_insert(now)));
        }
    }
    let sent = sent.load(Ordering::Relaxed);
    println!(
        "{at} bytes by {} continuations: {} KiB of memory, {sent} bytes sent",
        handle.count(),
        most / 1024
    );
    assert_eq!(at, length);
    assert_eq!(u64::from(handle.count()), length.div_ceil(LIFE) - 1);
    assert!(most < 8 * MIB, "{most} bytes more than at the beginning");
    assert!(sent <= length + length / 100, "{sent} bytes sent for {length}");
}

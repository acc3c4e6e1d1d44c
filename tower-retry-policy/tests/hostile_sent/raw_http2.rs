//! A server that speaks HTTP/2 frame by frame: the first stream that it sees is answered by a script, later ones with 200.

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
};

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:status: 200` in HPACK's static table.
const OK: u8 = 0x88;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

pub(crate) fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

pub(crate) fn go_away(last: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

/// A head without a body.
pub(crate) fn answer(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &[OK])
}

/// A head to which a body is to come.
pub(crate) fn head(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &[OK])
}

/// What is done to the first stream.
#[derive(Clone)]
pub(crate) struct Script {
    /// Whether the whole request is read before.
    pub(crate) after_upload: bool,
    pub(crate) frames: fn(u32, &Case) -> Vec<u8>,
    pub(crate) case: Case,
    pub(crate) then_close: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) code: u32,
    pub(crate) last: u32,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, Arc::clone(&count), script.clone()));
            }
        });
        Self { address, seen, task }
    }

    /// How many requests have come, on all connections.
    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<AtomicUsize>, script: Script) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.ok()?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.ok()?;
    // the scripted stream, before and after the script
    let (mut first, mut done) = (None, None);
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let (kind, flags) = (head[3], head[4]);
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut payload).await.ok()?;
        let ended = flags & END_STREAM != 0;
        match kind {
            SETTINGS if flags & ACK == 0 => stream.write_all(&frame(SETTINGS, ACK, 0, &[])).await.ok()?,
            PING if flags & ACK == 0 => stream.write_all(&frame(PING, ACK, 0, &payload)).await.ok()?,
            HEADERS | DATA => {
                if kind == HEADERS && seen.fetch_add(1, Ordering::SeqCst) == 0 {
                    first = Some(id);
                }
                let is_scripted = first == Some(id);
                if is_scripted && (ended || (kind == HEADERS && !script.after_upload)) {
                    (first, done) = (None, Some(id));
                    stream.write_all(&(script.frames)(id, &script.case)).await.ok()?;
                    if script.then_close {
                        stream.shutdown().await.ok()?;
                        // without a reset, so that all frames arrive
                        let _ = stream.read_to_end(&mut Vec::new()).await;
                        return None;
                    }
                } else if ended && !is_scripted && done != Some(id) {
                    stream.write_all(&answer(id)).await.ok()?;
                }
            }
            _ => {}
        }
    }
}

//! A server that misbehaves by a script, and writes down what it was asked and when its clients let go.

use crate::{fault::Fault, http1, http2};
use bytes::Bytes;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::timeout,
};

/// How a request that was not answered to its end was let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    Closed,
    /// RST_STREAM with this code.
    Reset(u32),
}

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) fault: Fault,
    /// The answer was sent, or what stands for it.
    pub(crate) ended: bool,
    pub(crate) gone: Option<Gone>,
    /// Others that had begun and not ended.
    pub(crate) beside: usize,
    pub(crate) upload: Vec<u8>,
    pub(crate) whole_upload: bool,
    pub(crate) trailers: bool,
    pub(crate) connection: usize,
}

/// What the connections share.
#[derive(Debug)]
pub(crate) struct Board {
    script: Vec<Fault>,
    last: Fault,
    /// Grants the streams from this request on their windows only bit by bit.
    pub(crate) hold_windows_from: usize,
    pub(crate) max_streams: Option<u32>,
    seen: watch::Sender<Vec<Seen>>,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) board: Arc<Board>,
    task: AbortHandle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

impl Board {
    /// A head was read: the number of the request, and what is to be done with it.
    pub(crate) fn begin(&self, connection: usize) -> (usize, Fault) {
        let mut begun = (0, self.last);
        self.seen.send_modify(|seen| {
            let fault = self.script.get(seen.len()).copied().unwrap_or(self.last);
            let beside = seen.iter().filter(|seen| !seen.ended && seen.gone.is_none()).count();
            begun = (seen.len(), fault);
            seen.push(Seen {
                fault,
                ended: false,
                gone: None,
                beside,
                upload: Vec::new(),
                whole_upload: false,
                trailers: false,
                connection,
            });
        });
        begun
    }

    pub(crate) fn change(&self, number: usize, change: impl FnOnce(&mut Seen)) {
        self.seen.send_modify(|seen| change(&mut seen[number]));
    }

    pub(crate) fn ended(&self, number: usize) {
        self.change(number, |seen| seen.ended = true);
    }

    pub(crate) fn gone(&self, number: usize, how: Gone) {
        self.change(number, |seen| _ = seen.gone.get_or_insert(how));
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Vec<Seen>> {
        self.seen.subscribe()
    }

    /// When this holds of what was seen; a panic after some seconds.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&[Seen]) -> bool) {
        let mut seen = self.seen.subscribe();
        let waited = timeout(Duration::from_secs(5), seen.wait_for(|seen| holds(seen))).await.is_ok();
        assert!(waited, "not within 5 s: {what}: {:?}", self.brief());
    }

    fn brief(&self) -> Vec<(Fault, bool, Option<Gone>)> {
        self.seen().iter().map(|seen| (seen.fault, seen.ended, seen.gone)).collect()
    }
}

impl Server {
    /// Does with the requests what the script says, and with those after it the last.
    pub(crate) async fn start(version: Version, script: &[Fault], last: Fault) -> Self {
        Self::start_as(version, script, last, usize::MAX, None).await
    }

    /// Holds the windows of all streams from this on.
    pub(crate) async fn start_holding(last: Fault, from: usize) -> Self {
        Self::start_as(Version::Http2, &[], last, from, None).await
    }

    /// Lets so many streams of a connection run at once.
    pub(crate) async fn start_narrow(script: &[Fault], most: u32) -> Self {
        Self::start_as(Version::Http2, script, Fault::Answers, usize::MAX, Some(most)).await
    }

    async fn start_as(
        version: Version,
        script: &[Fault],
        last: Fault,
        from: usize,
        max_streams: Option<u32>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let board = Arc::new(Board {
            script: script.to_vec(),
            last,
            hold_windows_from: from,
            max_streams,
            seen: watch::Sender::default(),
        });
        let shared = board.clone();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                match version {
                    Version::Http1 => connections.spawn(http1::serve(stream, shared.clone(), number)),
                    Version::Http2 => connections.spawn(http2::serve(stream, shared.clone(), number)),
                };
            }
        });
        Self { address, board, task: task.abort_handle() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the request of this number is answered.
pub(crate) fn content(number: usize) -> Bytes {
    let line = format!("answer {number}\n");
    line.repeat(100).into()
}

#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<Vec<String>>);

impl Failures {
    pub(crate) fn check(&self, result: Result<(), String>) {
        self.0.lock().unwrap().extend(result.err());
    }

    pub(crate) fn none(&self) {
        let failures = self.0.lock().unwrap();
        assert!(failures.is_empty(), "{} broken:\n{}", failures.len(), failures.join("\n"));
    }
}

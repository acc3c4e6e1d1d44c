//! An upstream on loopback that misbehaves as its paths say.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, channel::Channel, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    collections::HashMap,
    future::poll_fn,
    io::Error,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
};

type Body = UnsyncBoxBody<Bytes, Error>;

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    _task: JoinSet<()>,
}

/// What came, and what is to fail.
pub(crate) struct Seen {
    /// How often each path was asked for.
    paths: Mutex<HashMap<String, u32>>,
    /// How often each POST with this `x-id` arrived.
    pub(crate) posts: Mutex<HashMap<String, u32>>,
    random: Mutex<fastrand::Rng>,
    pub(crate) calls: Mutex<[u32; 4]>,
    pub(crate) go_on: Notify,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Good,
    Busy,
    Reset,
    Cut,
}

const FATES: [Fate; 4] = [Fate::Good, Fate::Busy, Fate::Reset, Fate::Cut];
pub(crate) const GOOD: &str = "something that is worth fetching\n";

impl Upstream {
    pub(crate) async fn start(seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen {
            paths: Mutex::default(),
            posts: Mutex::default(),
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            calls: Mutex::default(),
            go_on: Notify::new(),
        });
        let shared = Arc::clone(&seen);
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&shared)));
            }
        });
        Self { address, seen, _task: task }
    }

    pub(crate) fn argument(&self) -> String {
        format!("up=http://{}", self.address)
    }
}

async fn serve(connection: TcpStream, seen: Arc<Seen>) {
    connection.set_nodelay(true).unwrap();
    let reset = Arc::new(AtomicBool::new(false));
    let resets = Arc::clone(&reset);
    let service = service_fn(move |request| {
        let (seen, resets) = (Arc::clone(&seen), Arc::clone(&resets));
        Box::pin(async move { seen.answer(request, &resets).await })
            as Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>
    });
    let mut served = http1::Builder::new().serve_connection(TokioIo::new(connection), service);
    let _ = poll_fn(|cx| served.poll_without_shutdown(cx)).await;
    if reset.load(Ordering::SeqCst) {
        // a reset rather than an orderly end
        served.into_parts().io.into_inner().set_zero_linger().unwrap();
    }
}

impl Seen {
    /// Paths are `/WHAT/N/...`: the first N requests of that very path fail so, and all later ones are good.
    async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        resets: &AtomicBool,
    ) -> Result<Response<Body>, Error> {
        let path = request.uri().path().to_owned();
        let mut words = path.split('/').skip(1);
        let what = words.next().unwrap_or_default();
        let times: u32 = words.next().and_then(|times| times.parse().ok()).unwrap_or(u32::MAX);
        let fails = {
            let mut paths = self.paths.lock().unwrap();
            let asked = paths.entry(path.clone()).or_default();
            *asked += 1;
            *asked <= times
        };
        match what {
            "good" => Ok(good("")),
            "busy" => self.fate(if fails { Fate::Busy } else { Fate::Good }, request, resets).await,
            "reset" => self.fate(if fails { Fate::Reset } else { Fate::Good }, request, resets).await,
            "cut" => self.fate(if fails { Fate::Cut } else { Fate::Good }, request, resets).await,
            "load" => {
                let fate = self.draw();
                self.fate(fate, request, resets).await
            }
            // reads about half of the upload
            "half" if fails => {
                let mut body = request.into_body();
                let mut left = 20_000_usize;
                while left > 0 {
                    let Some(frame) = body.frame().await else { break };
                    left = left.saturating_sub(
                        frame.map_err(Error::other)?.into_data().map_or(0, |data| data.len()),
                    );
                }
                resets.store(true, Ordering::SeqCst);
                Err(Error::other("reset in the upload"))
            }
            "half" | "sum" => {
                let content = request.into_body().collect().await.map_err(Error::other)?.to_bytes();
                let sum = content.iter().map(|byte| u64::from(*byte)).sum::<u64>();
                Ok(Response::new(text(format!("{} bytes, sum {sum}\n", content.len()))))
            }
            "silent" => std::future::pending().await,
            "slow" => {
                self.go_on.notify_one();
                tokio::time::sleep(Duration::from_millis(400)).await;
                Ok(good(""))
            }
            "fields" => Ok(fields(&request)),
            "later" => Ok(Response::builder()
                .status(503)
                .header("retry-after", times)
                .body(text(String::new()))
                .unwrap()),
            "dies" => Ok(dies(&request, times as usize, "\"1\"")),
            // another version each time
            "changes" => {
                let version = self.paths.lock().unwrap()[&path];
                Ok(dies(&request, times as usize, &format!("\"{version}\"")))
            }
            "stream" => Ok(self.stream(None)),
            "download" => Ok(self.stream(Some(2 * 1024 * 1024))),
            _ => Ok(Response::builder().status(404).body(text("no such thing\n".to_owned())).unwrap()),
        }
    }

    /// Three in ten fail: one is refused, one is reset without a head, one breaks off.
    fn draw(&self) -> Fate {
        let mut random = self.random.lock().unwrap();
        FATES[[0, 0, 0, 0, 0, 0, 0, 1, 2, 3][random.usize(..10)]]
    }

    async fn fate(
        &self,
        fate: Fate,
        request: Request<Incoming>,
        resets: &AtomicBool,
    ) -> Result<Response<Body>, Error> {
        // from here on it has arrived
        if let Some(id) = request.headers().get("x-id") {
            *self.posts.lock().unwrap().entry(id.to_str().unwrap().to_owned()).or_default() += 1;
        }
        self.calls.lock().unwrap()[fate as usize] += 1;
        let length = request.into_body().collect().await.map_err(Error::other)?.to_bytes().len();
        let note = if length == 0 { String::new() } else { format!("{length} bytes came\n") };
        match fate {
            Fate::Good => Ok(good(&note)),
            Fate::Busy => Ok(Response::builder().status(503).body(text("busy\n".to_owned())).unwrap()),
            Fate::Reset => {
                resets.store(true, Ordering::SeqCst);
                Err(Error::other("reset without a head"))
            }
            Fate::Cut => {
                let (mut sender, body) = Channel::<Bytes, Error>::new(1);
                tokio::spawn(async move {
                    let _ = sender.send_data(Bytes::from_static(&GOOD.as_bytes()[..9])).await;
                    sender.abort(Error::other("cut"));
                });
                Ok(Response::builder()
                    .header("content-length", GOOD.len())
                    .body(body.boxed_unsync())
                    .unwrap())
            }
        }
    }

    /// One piece at once, and the rest when somebody says so. With a length it breaks off instead.
    fn stream(self: &Arc<Self>, declared: Option<u64>) -> Response<Body> {
        let (mut sender, body) = Channel::<Bytes, Error>::new(1);
        let seen = Arc::clone(self);
        tokio::spawn(async move {
            let _ = sender.send_data(Bytes::from_static(b"first\n")).await;
            seen.go_on.notified().await;
            if declared.is_some() {
                return sender.abort(Error::other("cut"));
            }
            let _ = sender.send_data(Bytes::from_static(b"last\n")).await;
        });
        let mut response = Response::new(body.boxed_unsync());
        if let Some(length) = declared {
            response.headers_mut().insert("content-length", length.into());
        }
        response
    }
}

/// A file of 3 MB over connections that die every so many bytes.
fn dies(request: &Request<Incoming>, lasts: usize, tag: &str) -> Response<Body> {
    let content = file();
    let is_this = request.headers().get("if-range").is_none_or(|asked| asked == tag);
    let range = request.headers().get("range").filter(|_| is_this).map(|range| {
        let (first, last) = range.to_str().unwrap().strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        (first.parse::<usize>().unwrap(), last.parse::<usize>().unwrap_or(content.len() - 1))
    });
    let (first, last) = range.unwrap_or((0, content.len() - 1));
    let part = content.slice(first..=last);
    let mut response = Response::builder().header("etag", tag).header("content-length", part.len());
    if range.is_some() {
        let content_range = format!("bytes {first}-{last}/{}", content.len());
        response = response.status(206).header("content-range", content_range);
    }
    let (mut sender, body) = Channel::<Bytes, Error>::new(1);
    tokio::spawn(async move {
        for piece in part[..part.len().min(lasts)].chunks(16 * 1024) {
            if sender.send_data(Bytes::copy_from_slice(piece)).await.is_err() {
                return;
            }
        }
        if part.len() > lasts {
            // until it was read: what hyper has not sent is lost otherwise
            tokio::time::sleep(Duration::from_millis(10)).await;
            sender.abort(Error::other("dies"));
        }
    });
    response.body(body.boxed_unsync()).unwrap()
}

/// No part of it can stand for another.
pub(crate) fn file() -> Bytes {
    static FILE: LazyLock<Bytes> = LazyLock::new(|| {
        let mut random = fastrand::Rng::with_seed(7);
        std::iter::repeat_with(|| random.u8(..)).take(3_000_000).collect()
    });
    FILE.clone()
}

/// With fields that end at the gateway, and one that does not.
fn good(note: &str) -> Response<Body> {
    Response::builder()
        .header("connection", "x-of-this-connection")
        .header("keep-alive", "timeout=5")
        .header("x-of-this-connection", "1")
        .header("x-of-the-answer", "2")
        .body(text(format!("{GOOD}{note}")))
        .unwrap()
}

/// The request's fields, as they came.
fn fields(request: &Request<Incoming>) -> Response<Body> {
    let mut lines: Vec<String> = request
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap_or("?")))
        .collect();
    lines.sort();
    let line = format!("{} {} {:?}\n", request.method(), request.uri(), request.version());
    Response::new(text(line + &lines.concat()))
}

fn text(text: String) -> Body {
    Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync()
}

//! Recorded uploads whose source is short, long, fails or has trailers, to a server that breaks off anywhere.

use crate::{
    client::{HANG, Kind, client, policy},
    loops::{Loop, over_our_loop},
    random::Random,
};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{
    collections::VecDeque,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use tokio::net::TcpListener;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_retry_policy::ReplayBodyLayer;

const RETRIES: usize = 3;

/// What the caller's stream brings, and what it has announced.
struct Source {
    frames: VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
    fails: bool,
    announced: Option<u64>,
    passed: u64,
    pauses: Random,
}

impl Body for Source {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.pauses.below(2) == 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(data) = self.frames.pop_front() {
            self.passed += data.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if self.fails {
            return Poll::Ready(Some(Err("the source broke".into())));
        }
        Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }

    fn size_hint(&self) -> SizeHint {
        self.announced
            .map_or_else(SizeHint::new, |length| SizeHint::with_exact(length.saturating_sub(self.passed)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Status(u16),
    /// The connection over HTTP/1, the stream over HTTP/2.
    Breaks,
    /// REFUSED_STREAM; over HTTP/1 the connection closes.
    Refuses,
}

/// How many frames an attempt reads (all of them without a number), and how it ends.
type Step = (Option<u64>, End);

#[derive(Default)]
struct Log {
    /// How the attempts ended, as far as a handler saw them.
    ends: Vec<End>,
    wholes: Vec<(Vec<u8>, Option<HeaderMap>)>,
}

async fn handle(
    request: Request<Incoming>,
    steps: Arc<Vec<Step>>,
    log: Arc<Mutex<Log>>,
) -> Result<Response<Full<Bytes>>, BoxError> {
    let (reads, end) = {
        let mut log = log.lock().unwrap();
        let step = steps.get(log.ends.len()).copied().unwrap_or((None, End::Status(200)));
        log.ends.push(step.1);
        step
    };
    let mut body = request.into_body();
    match reads {
        Some(frames) => {
            for _ in 0..frames {
                body.frame().await.transpose()?;
            }
        }
        None => {
            let whole = body.collect().await?;
            let trailers = whole.trailers().cloned();
            log.lock().unwrap().wholes.push((whole.to_bytes().to_vec(), trailers));
        }
    }
    match end {
        End::Status(status) => Ok(Response::builder().status(status).body(Full::default())?),
        End::Breaks => Err("broken on purpose".into()),
        End::Refuses => Err(h2::Error::from(h2::Reason::REFUSED_STREAM).into()),
    }
}

async fn start(steps: Vec<Step>, log: Arc<Mutex<Log>>, http2: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let steps = Arc::new(steps);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (steps, log) = (Arc::clone(&steps), Arc::clone(&log));
            let service = service_fn(move |request| handle(request, Arc::clone(&steps), Arc::clone(&log)));
            tokio::spawn(async move {
                let stream = TokioIo::new(stream);
                let _ = if http2 {
                    hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                        .serve_connection(stream, service)
                        .await
                } else {
                    hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await
                };
            });
        }
    });
    address
}

async fn case(which: Loop, seed: u64, kind: Kind) {
    let mut random = Random(seed);
    let http2 = !Kind::HTTP1.contains(&kind);
    let frames: VecDeque<Bytes> = (0..random.below(6))
        .map(|n| Bytes::from(vec![b'a' + n as u8; [1, 7, 3000, 20_000][random.below(4) as usize]]))
        .collect();
    let content: Vec<u8> = frames.iter().flatten().copied().collect();
    let ends: Vec<u64> = frames
        .iter()
        .scan(0, |end, frame| {
            *end += frame.len() as u64;
            Some(*end)
        })
        .collect();
    let length = content.len() as u64;
    let announced = match random.below(6) {
        0 | 1 => None,
        2 | 3 => Some(length),
        4 => Some(length + 1 + random.below(10)),
        _ => Some(length.saturating_sub(1 + random.below(10))),
    };
    let fails = random.below(5) == 0;
    let trailers = (random.below(3) == 0)
        .then(|| HeaderMap::from_iter([("x-end".parse().unwrap(), "yes".parse().unwrap())]));
    // hyper asks no further when what was announced has come, so an error behind that is heard by nobody
    let is_good =
        announced.is_none_or(|announced| announced == length) && (!fails || announced == Some(length));
    // what was announced, too, is whole where a frame ends with it: then nobody knows that there is more
    let whole_part = announced.filter(|announced| *announced == 0 || ends.contains(announced));
    let steps: Vec<Step> = (0..RETRIES)
        .map(|_| {
            let reads = (random.below(3) != 0).then(|| random.below(5));
            let ends = [End::Status(503), End::Status(421), End::Status(425), End::Breaks, End::Refuses];
            (reads, ends[random.below(5) as usize])
        })
        .collect();
    let is_post = random.below(2) == 0;
    let limit = if random.below(4) == 0 { 5000 } else { 1 << 20 };
    let story = format!(
        "seed {seed}, {kind:?}, post {is_post}, {length} bytes, announced {announced:?}, fails {fails}, trailers {}, limit {limit}, {steps:?}",
        trailers.is_some()
    );
    let log = Arc::new(Mutex::new(Log::default()));
    let address = start(steps, Arc::clone(&log), http2).await;
    let source =
        Source { frames, trailers: trailers.clone(), fails, announced, passed: 0, pauses: Random(seed + 1) };
    let service = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new().limit(limit))
        .layer(which.retry(policy().statuses([503].map(|code| StatusCode::from_u16(code).unwrap()))))
        .service(client(kind, address));
    let request = Request::builder()
        .method(if is_post { Method::POST } else { Method::PUT })
        .uri(format!("http://{address}/"))
        .header("trailer", "x-end")
        .body(source)
        .unwrap();
    let outcome = tokio::time::timeout(HANG, service.oneshot(request)).await;
    let outcome = outcome.unwrap_or_else(|_| panic!("hangs: {story}"));
    let status = outcome.as_ref().map(Response::status).map_err(ToString::to_string);
    let log = log.lock().unwrap();
    let story = format!("{story}: {status:?}, server saw {:?}", log.ends);

    for (whole, seen) in &log.wholes {
        let expected =
            if is_good { Some(length) } else { whole_part }.map(|length| &content[..length as usize]);
        assert!(expected == Some(&whole[..]), "{} bytes came as whole: {story}", whole.len());
        if (http2 && is_good) || announced.is_none() {
            assert_eq!(*seen, trailers, "trailers: {story}");
        }
    }
    if is_post {
        let said_nothing = |end: &End| match end {
            End::Refuses => !http2,
            End::Status(421 | 425) => false,
            End::Breaks | End::Status(_) => true,
        };
        let before_last = &log.ends[..log.ends.len().saturating_sub(1)];
        assert!(!before_last.iter().any(said_nothing), "a POST was sent twice: {story}");
    }
    if is_good && !fails && !is_post && length <= limit as u64 {
        assert_eq!(status, Ok(StatusCode::OK), "{story}");
        assert!(!log.wholes.is_empty(), "{story}");
    }
}

over_our_loop!(
    #[tokio::test]
    no_attempt_brings_another_body_than_the_source_gave,
);

async fn no_attempt_brings_another_body_than_the_source_gave(which: Loop) {
    for seed in 0..60 {
        for kind in [Kind::HyperHttp1, Kind::HyperHttp2, Kind::ReqwestHttp1, Kind::ReqwestHttp2] {
            case(which, seed, kind).await;
        }
    }
}

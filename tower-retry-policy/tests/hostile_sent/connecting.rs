//! Connections that come late, fail, or never come, under calls that share them, wait for them and leave; on paused time.

use crate::{
    loops::{Loop, over_our_loop},
    random::Random,
};
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connected, Connection},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncWriteExt, DuplexStream},
    task::JoinSet,
    time::sleep,
};
use tower::{ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{AttemptTimeoutLayer, ConnectTimeoutLayer, RetryPolicy};

struct Pipe(TokioIo<DuplexStream>);

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl hyper::rt::Write for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// How often each request was seen by the handler.
type Seen = Arc<Mutex<HashMap<String, usize>>>;

#[derive(Clone)]
struct Handler {
    seen: Seen,
    random: Arc<Mutex<Random>>,
    slowest: u64,
    closes: bool,
}

impl Handler {
    fn draw(&self, n: u64) -> u64 {
        self.random.lock().unwrap().below(n)
    }

    async fn serve(self, pipe: DuplexStream, http2: bool) {
        let handle = service_fn(move |request: Request<hyper::body::Incoming>| {
            let handler = self.clone();
            async move {
                *handler.seen.lock().unwrap().entry(request.uri().path().to_owned()).or_default() += 1;
                let upload = request.into_body().collect().await?.to_bytes();
                let wait = handler.draw(handler.slowest + 1);
                sleep(Duration::from_millis(wait)).await;
                let mut response = Response::new(Full::new(upload));
                if handler.closes && !http2 && handler.draw(2) == 0 {
                    response.headers_mut().insert("connection", "close".parse().unwrap());
                }
                Ok::<_, hyper::Error>(response)
            }
        });
        let pipe = TokioIo::new(pipe);
        let _ = if http2 {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(pipe, handle)
                .await
        } else {
            hyper::server::conn::http1::Builder::new().serve_connection(pipe, handle).await
        };
    }
}

/// What comes of the next attempt to connect.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    After(Duration),
    Fails(Duration),
    Never,
}

fn connector(
    next: impl FnMut() -> Outcome + Send + 'static,
    connected: impl Fn(DuplexStream) + Send + Sync + 'static,
) -> impl tower::Service<Uri, Response = Pipe, Error = io::Error, Future: Send + Unpin>
+ Clone
+ Send
+ Sync
+ 'static {
    let (next, connected) = (Arc::new(Mutex::new(next)), Arc::new(connected));
    tower::service_fn(move |_: Uri| {
        let outcome = (next.lock().unwrap())();
        let connected = Arc::clone(&connected);
        Box::pin(async move {
            match outcome {
                Outcome::After(delay) => {
                    sleep(delay).await;
                    let (ours, theirs) = tokio::io::duplex(64 * 1024);
                    connected(theirs);
                    Ok(Pipe(TokioIo::new(ours)))
                }
                Outcome::Fails(delay) => {
                    sleep(delay).await;
                    Err(io::ErrorKind::ConnectionRefused.into())
                }
                Outcome::Never => std::future::pending().await,
            }
        }) as Pin<Box<dyn Future<Output = io::Result<Pipe>> + Send>>
    })
}

const LIMIT: Duration = Duration::from_millis(100);

fn policy() -> RetryPolicy {
    let wait = Backoff::constant(Duration::from_millis(10));
    RetryPolicy::standard().retries(60).backoff(wait).without_budget()
}

/// Calls at once, of which some leave; each of the others is answered, and each is handled once at the most.
async fn fleet(which: Loop, seed: u64, http2: bool, calls: u64) {
    let seen = Seen::default();
    let random = Arc::new(Mutex::new(Random(seed)));
    let handler = Handler { seen: Arc::clone(&seen), random: Arc::clone(&random), slowest: 40, closes: true };
    let outcomes = Arc::clone(&random);
    let connector = connector(
        move || {
            let mut random = outcomes.lock().unwrap();
            // often right at the limit, and at its two sides
            let delay = Duration::from_millis([0, 1, 30, 99, 100, 100, 101, 150][random.below(8) as usize]);
            match random.below(8) {
                0..=4 => Outcome::After(delay),
                5..=6 => Outcome::Fails(delay),
                _ => Outcome::Never,
            }
        },
        move |pipe| drop(tokio::spawn(handler.clone().serve(pipe, http2))),
    );
    let client = Client::builder(TokioExecutor::new())
        .http2_only(http2)
        .pool_timer(TokioTimer::new())
        .retry_canceled_requests(seed.is_multiple_of(2))
        .build::<_, Full<Bytes>>(connector);
    let service = ServiceBuilder::new()
        .layer(which.retry(policy()))
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(60)))
        .layer(ConnectTimeoutLayer::new(LIMIT))
        .service(client);
    let mut running = JoinSet::new();
    for id in 0..calls {
        let (service, starts, leaves) = {
            let mut random = random.lock().unwrap();
            let leaves = (random.below(4) == 0).then(|| Duration::from_millis(random.below(150)));
            (service.clone(), Duration::from_millis(random.below(120)), leaves)
        };
        running.spawn(async move {
            sleep(starts).await;
            let body = Full::from(format!("order {id}"));
            let call = service.oneshot(Request::post(format!("http://shop/{id}")).body(body).unwrap());
            if let Some(leaves) = leaves {
                let _ = tokio::time::timeout(leaves, call).await;
                return;
            }
            let answer = call.await.unwrap_or_else(|error| panic!("seed {seed}, call {id}: {error}"));
            let echo = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(echo, format!("order {id}"), "seed {seed}");
        });
    }
    let all = tokio::time::timeout(Duration::from_secs(300), running.join_all()).await;
    all.unwrap_or_else(|_| panic!("seed {seed}: a call hangs"));
    for (path, times) in seen.lock().unwrap().iter() {
        assert_eq!(*times, 1, "seed {seed}, http2 {http2}: {path}");
    }
}

over_our_loop!(
    #[tokio::test(start_paused = true)]
    whoever_leaves_a_shared_connect_harms_nobody_over_http1,
    whoever_leaves_a_shared_connect_harms_nobody_over_http2,
    the_limit_holds_for_the_connection_that_follows_a_dead_one,
);

async fn whoever_leaves_a_shared_connect_harms_nobody_over_http1(which: Loop) {
    for seed in 0..120 {
        fleet(which, seed, false, 12).await;
    }
}

async fn whoever_leaves_a_shared_connect_harms_nobody_over_http2(which: Loop) {
    for seed in 0..120 {
        fleet(which, 1000 + seed, true, 12).await;
    }
}

/// What met a dead connection of the pool before it was begun is to be sent over one that has to be made. By itself
/// hyper-util would do so within the same attempt, of which the limit has ended with the first connection.
async fn the_limit_holds_for_the_connection_that_follows_a_dead_one(which: Loop) {
    let seen = Seen::default();
    let random = Arc::new(Mutex::new(Random(1)));
    let handler = Handler { seen: Arc::clone(&seen), random, slowest: 0, closes: false };
    let by_hand = Arc::new(Mutex::new(None));
    let first = Arc::clone(&by_hand);
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let mut outcomes = [Outcome::After(Duration::ZERO), Outcome::Never].into_iter();
    let connector = connector(
        move || {
            *count.lock().unwrap() += 1;
            outcomes.next().unwrap_or(Outcome::After(Duration::ZERO))
        },
        move |pipe| {
            let mut first = first.lock().unwrap();
            if first.is_none() {
                *first = Some(Some(pipe));
            } else {
                drop(tokio::spawn(handler.clone().serve(pipe, false)));
            }
        },
    );
    let client = Client::builder(TokioExecutor::new())
        .retry_canceled_requests(false)
        .build::<_, Full<Bytes>>(connector);
    let service = ServiceBuilder::new()
        .layer(which.retry(policy()))
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(60)))
        .layer(ConnectTimeoutLayer::new(LIMIT))
        .service(client);
    let warm =
        tokio::spawn(service.clone().oneshot(Request::get("http://shop/").body(Full::default()).unwrap()));
    sleep(Duration::from_millis(1)).await;
    let mut pipe = by_hand.lock().unwrap().as_mut().unwrap().take().unwrap();
    pipe.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    warm.await.unwrap().unwrap();
    sleep(Duration::from_millis(1)).await;

    let began = tokio::time::Instant::now();
    // nothing runs in between: the client's task for the connection learns of its end when the request waits for it
    drop(pipe);
    let answer = service.oneshot(Request::post("http://shop/order").body(Full::from("one")).unwrap()).await;
    let took = began.elapsed();
    let said = answer.map(|response| response.status()).map_err(|error| error.to_string());
    assert!(said.is_ok(), "after {took:?}: {said:?}");
    assert_eq!(*asked.lock().unwrap(), 3, "the second connection is never made");
    assert!(took < 2 * LIMIT, "{took:?}");
    assert_eq!(seen.lock().unwrap().get("/order"), Some(&1));
}

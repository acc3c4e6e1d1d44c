//! Which of the two services an attempt goes to, and what becomes of the readiness of the other.

use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use std::{
    collections::VecDeque,
    future::{Ready, ready},
    io::{Error, ErrorKind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{FreshConnectionLayer, RetryLayer, RetryPolicy};

type Body = Empty<bytes::Bytes>;

#[derive(Clone, Copy, Debug)]
enum Turn {
    Breaks,
    Status(u16),
}

type Log = Arc<Mutex<(VecDeque<Turn>, Vec<&'static str>)>>;

/// One of the two. It has to be made ready before each call, and what it holds for that is counted.
struct Client {
    name: &'static str,
    log: Log,
    held: Arc<AtomicUsize>,
    ready: bool,
}

impl Client {
    fn new(name: &'static str, log: &Log) -> Self {
        Self { name, log: Arc::clone(log), held: Arc::default(), ready: false }
    }

    fn release(&mut self) {
        if std::mem::take(&mut self.ready) {
            self.held.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Self { name: self.name, log: Arc::clone(&self.log), held: Arc::clone(&self.held), ready: false }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.release();
    }
}

impl Service<Request<Body>> for Client {
    type Response = Response<()>;
    type Error = BoxError;
    type Future = Ready<Result<Response<()>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if !std::mem::replace(&mut self.ready, true) {
            self.held.fetch_add(1, Ordering::SeqCst);
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        assert!(self.ready, "{} was not made ready", self.name);
        self.release();
        let mut log = self.log.lock().unwrap();
        log.1.push(self.name);
        ready(match log.0.pop_front().unwrap_or(Turn::Status(200)) {
            Turn::Breaks => Err(Error::from(ErrorKind::ConnectionReset).into()),
            Turn::Status(code) => Ok(status(code)),
        })
    }
}

fn status(code: u16) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}

#[tokio::test(start_paused = true)]
async fn attempts_after_a_broken_connection_get_a_new_one() {
    use Turn::{Breaks, Status};
    let table: [(&[Turn], &[&str]); 9] = [
        (&[], &["pool"]),
        (&[Breaks], &["pool", "fresh"]),
        (&[Breaks, Breaks, Breaks], &["pool", "fresh", "fresh", "fresh"]),
        (&[Status(503), Status(503)], &["pool", "pool", "pool"]),
        (&[Status(425), Status(425)], &["pool", "pool", "pool"]),
        // RFC 9110 section 15.5.20: "over a different connection"
        (&[Status(421)], &["pool", "fresh"]),
        (&[Status(421), Status(503)], &["pool", "fresh", "fresh"]),
        (&[Status(503), Breaks, Status(503)], &["pool", "pool", "fresh", "fresh"]),
        (&[Breaks, Status(425), Status(503)], &["pool", "fresh", "fresh", "fresh"]),
    ];
    for (turns, expected) in table {
        let log: Log = Arc::new(Mutex::new((turns.iter().copied().collect(), Vec::new())));
        let (pool, fresh) = (Client::new("pool", &log), Client::new("fresh", &log));
        let held = [Arc::clone(&pool.held), Arc::clone(&fresh.held)];
        let sum = move || held.iter().map(|held| held.load(Ordering::SeqCst)).sum::<usize>();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (while_waiting, counted) = (Arc::clone(&seen), sum.clone());
        let policy = RetryPolicy::standard().retries(4).backoff(Backoff::none()).without_budget().retry_if(
            move |_| {
                while_waiting.lock().unwrap().push(counted());
                true
            },
        );
        let service = ServiceBuilder::new()
            .layer(RetryLayer::new(policy))
            .layer(FreshConnectionLayer::new(fresh))
            .service(pool);
        // the same service again: no call reaches another
        for round in [expected, &["pool"]] {
            let request = Request::get("http://test/").body(Body::new()).unwrap();
            assert_eq!(service.clone().oneshot(request).await.unwrap().status(), 200);
            assert_eq!(std::mem::take(&mut log.lock().unwrap().1), round, "{turns:?}");
        }
        assert!(seen.lock().unwrap().iter().all(|held| *held == 0), "held while waiting: {turns:?}");
        drop(service);
        assert_eq!(sum(), 0);
    }
}

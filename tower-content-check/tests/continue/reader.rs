//! Readers that are slow, go away, or come back.

use crate::world::{
    FILE, Patient, Reply, ServedBody, Server, Step, at_once, chain, data, first, get, open, part, read,
    reset, rest,
};
use http_body_util::BodyExt;
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};
use tower::{Layer, Service, ServiceExt};
use tower_content_check::continuation::{Break, ContinueLayer};

const AWAY: Duration = Duration::from_secs(600);

#[tokio::test(start_paused = true)]
async fn case_39_a_reader_that_is_away_costs_nothing() {
    let policy = Patient::new(1);
    let server = Server::new([first([data("01"), data("23"), data("456789")])]);
    let mut body = Box::pin(open(&ContinueLayer::new(policy.clone()), &server, get()).await.into_body());
    for expected in ["01", "23", "456789"] {
        sleep(AWAY).await;
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), expected);
    }
    assert!(body.frame().await.is_none());
    assert!(policy.heard().is_empty());
    assert_eq!(server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn case_40_a_server_that_closed_meanwhile_is_asked_once() {
    let server = Server::new([first([data("0123"), reset()]), rest(4)]);
    let mut body = Box::pin(open(&ContinueLayer::new(at_once(1)), &server, get()).await.into_body());
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "0123");
    sleep(AWAY).await;
    assert_eq!(server.requests(), 1, "nothing is done while nobody reads");
    let begun = Instant::now();
    assert_eq!(read(body).await.whole(), "456789");
    assert_eq!((server.requests(), begun.elapsed()), (2, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn case_41_a_server_that_died_meanwhile_is_found_by_its_silence() {
    // The limit below counts while it is polled.
    let dies = [
        data("0123"),
        Step::Sleep(Duration::from_secs(5)),
        Step::Fail(io::ErrorKind::TimedOut, "no byte for 5 s"),
    ];
    let server = Server::new([first(dies), rest(4)]);
    let mut body = Box::pin(open(&ContinueLayer::new(at_once(1)), &server, get()).await.into_body());
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "0123");
    sleep(AWAY).await;
    let begun = Instant::now();
    assert_eq!(read(body).await.whole(), "456789");
    assert_eq!(begun.elapsed(), Duration::from_secs(5));
}

/// Never ready but for the first call.
#[derive(Clone)]
struct Once {
    inner: Server,
    /// Given out when readiness is asked for, and held like a permit.
    permit: Arc<()>,
    waits: Option<Arc<()>>,
}

impl Service<http::Request<()>> for Once {
    type Response = <Server as Service<http::Request<()>>>::Response;
    type Error = io::Error;
    type Future = <Server as Service<http::Request<()>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.inner.requests() == 0 {
            return self.inner.poll_ready(cx);
        }
        self.waits.get_or_insert_with(|| self.permit.clone());
        Poll::Pending
    }

    fn call(&mut self, request: http::Request<()>) -> Self::Future {
        self.inner.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn case_42_a_body_that_is_dropped_leaves_nothing() {
    let begin = || first([data("0123"), reset()]);
    // how it is held up, and how many hold on to the server then besides the script: the body's own copy, a head or body
    let cases: [(&str, Vec<Reply>, usize); 4] = [
        ("reading", vec![first([data("0123"), Step::Hang])], 2),
        ("waiting", vec![begin()], 1),
        ("calling", vec![begin(), Reply::Never], 2),
        ("reading the rest", vec![begin(), part(4, 9, [Step::Hang])], 2),
    ];
    for (stage, replies, held) in cases {
        let requests = replies.len();
        let server = Server::new(replies);
        let policy = Patient::new(if stage == "waiting" { 1 } else { 9 });
        let mut body: Pin<Box<ServedBody<_, _>>> =
            Box::pin(open(&ContinueLayer::new(policy), &server, get()).await.into_body());
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "0123");
        let long = Duration::from_millis(if stage == "waiting" { 900 } else { 5000 });
        timeout(long, body.frame()).await.unwrap_err();
        assert_eq!(Arc::strong_count(&server.alive), 1 + held, "{stage}: the broken body is gone already");
        drop(body);
        assert!(server.is_let_go(), "{stage}");
        sleep(AWAY).await;
        assert_eq!(server.requests(), requests, "{stage}");
    }
    // in the wait for readiness
    let server = Server::new([begin()]);
    let permit = Arc::new(());
    let once = Once { inner: server.clone(), permit: permit.clone(), waits: None };
    let response = ContinueLayer::new(at_once(1)).layer(once).oneshot(get()).await.unwrap();
    let mut body = Box::pin(response.into_body());
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "0123");
    timeout(AWAY, body.frame()).await.unwrap_err();
    assert!(Arc::strong_count(&permit) > 1);
    drop(body);
    assert_eq!(Arc::strong_count(&permit), 1);
    assert!(server.is_let_go());
}

#[tokio::test(start_paused = true)]
async fn what_broke_is_let_go_before_the_policy_is_asked() {
    let server = Server::new([first([data("0123"), reset()]), part(4, 9, [data("4"), reset()]), rest(5)]);
    let alive = Arc::downgrade(&server.alive);
    let layer = ContinueLayer::new(move |_: &Break<'_>| {
        // the script, and the copy of the service that the body has
        (alive.strong_count() == 2).then(|| std::future::ready(()))
    });
    let body = open(&layer, &server, get()).await.into_body();
    assert_eq!(read(body).await.whole(), FILE);
}

#[tokio::test(start_paused = true)]
async fn case_43_nothing_comes_behind_an_end_or_an_error() {
    // `read` polls once more, each time.
    let server = Server::new([first([data(FILE)])]);
    let body = open(&ContinueLayer::new(at_once(1)), &server, get()).await.into_body();
    assert_eq!(read(body).await.whole(), FILE);
    let server = Server::new([first([data("0"), reset()]), part(1, 9, [reset()])]);
    let layer = ContinueLayer::new(at_once(1));
    let mut body = Box::pin(open(&layer, &server, get()).await.into_body());
    assert!(body.frame().await.unwrap().is_ok());
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!(chain(&*error)[1], "reset by peer");
    for _ in 0..3 {
        assert!(body.frame().await.is_none());
    }
    assert!(server.is_let_go(), "although the body is still here");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_reads_what_is_always_there_lets_others_run() {
    // a whole that is skipped, in frames of a byte
    let long: String = "x".repeat(2000);
    let fields = [crate::world::TAG, ("content-length", "2000")];
    let bytes = |count: usize| (0..count).map(|_| data("x"));
    let server = Server::new([
        crate::world::answer(200, &fields, [data(&long[..1500]), reset()]),
        crate::world::answer(200, &fields, bytes(2000)),
    ]);
    let mut body = Box::pin(open(&ContinueLayer::new(at_once(1)), &server, get()).await.into_body());
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), 1500);
    let mut frame = std::pin::pin!(body.frame());
    let mut turns = 0;
    std::future::poll_fn(|cx| {
        turns += 1;
        frame.as_mut().poll(cx).map(|_| ())
    })
    .await;
    assert!(turns > 10, "{turns}");
}

//! What proves nothing: the operating system's word on a connection in use, a later step's connect error, surplus bytes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod loops;

use self::loops::{Loop, over_each_loop};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
};
use std::{
    error::Error as StdError,
    io::{Error, ErrorKind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf},
    net::{TcpListener, TcpSocket},
    sync::oneshot,
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{Phase, PhasedError, RetryError, RetryPolicy};

type Body = Full<Bytes>;

/// Every error that Linux gives to a socket for what it heard of the route, and more.
const KINDS: [ErrorKind; 6] = [
    ErrorKind::ConnectionRefused,
    ErrorKind::HostUnreachable,
    ErrorKind::NetworkUnreachable,
    ErrorKind::NetworkDown,
    ErrorKind::AddrNotAvailable,
    ErrorKind::ConnectionReset,
];

async fn connect_error() -> BoxError {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let uri = format!("http://{}/", socket.local_addr().unwrap()).parse().unwrap();
    let error = Client::builder(TokioExecutor::new()).build_http::<Body>().get(uri).await.unwrap_err();
    assert_eq!(Phase::of(&error), Phase::Connect);
    error.into()
}

#[test]
fn an_errno_alone_is_never_a_connect_error() {
    for kind in KINDS {
        assert_eq!(Phase::of(&Error::from(kind)), Phase::Read, "{kind}");
        assert_eq!(Phase::of(&Error::new(kind, "with a text")), Phase::Read, "{kind}");
    }
    // EHOSTUNREACH, ENETUNREACH, ECONNREFUSED, ENETDOWN as Linux numbers them
    #[cfg(target_os = "linux")]
    for errno in [113, 101, 111, 100] {
        assert_eq!(Phase::of(&Error::from_raw_os_error(errno)), Phase::Read, "{errno}");
    }
}

/// The reading half of a connection that ends with an error when told to.
struct Ending(oneshot::Receiver<Error>);

impl AsyncRead for Ending {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match ready!(Pin::new(&mut self.get_mut().0).poll(cx)) {
            Ok(error) => Poll::Ready(Err(error)),
            Err(_) => Poll::Pending,
        }
    }
}

/// How hyper reports a connection that took the request and then ended with this error.
async fn ended_by(error: Error, http2: bool) -> hyper::Error {
    let (end, ending) = oneshot::channel();
    let io = TokioIo::new(tokio::io::join(Ending(ending), tokio::io::sink()));
    let request = Request::post("http://test/").body(Body::from("once")).unwrap();
    let sent = if http2 {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        tokio::spawn(async move { sender.send_request(request).await })
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        tokio::spawn(async move { sender.send_request(request).await })
    };
    // all that can be written is
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    end.send(error).unwrap();
    sent.await.unwrap().unwrap_err()
}

#[tokio::test]
async fn an_error_of_a_connection_in_use_is_never_a_connect_error() {
    for http2 in [false, true] {
        let mut errors: Vec<Error> = KINDS.into_iter().map(Error::from).collect();
        // a transport through something that could not connect, or that even says so
        errors.push(Error::other(connect_error().await));
        errors.push(Error::other(PhasedError::new(Phase::Connect, "no tunnel")));
        for error in errors {
            let text = format!("{error:?}, http2: {http2}");
            let error = ended_by(error, http2).await;
            assert_eq!(Phase::of(&error), Phase::Read, "{text}: {error:?}");
        }
    }
}

#[tokio::test]
async fn damaged_tls_records_may_be_tried_again_and_a_refusal_may_not() {
    for http2 in [false, true] {
        for (text, expected) in [
            ("received fatal alert: CertificateRequired", Phase::Other),
            ("received fatal alert: AccessDenied", Phase::Other),
            ("received fatal alert: BadRecordMac", Phase::Read),
            ("received fatal alert: InternalError", Phase::Read),
            ("cannot decrypt peer's message", Phase::Read),
        ] {
            let error = ended_by(Error::new(ErrorKind::InvalidData, text), http2).await;
            assert_eq!(Phase::of(&error), expected, "{text}, http2: {http2}: {error:?}");
        }
    }
}

/// Two steps: the first runs, the second cannot connect.
async fn runs_of_the_first_step(which: Loop, phased: bool) -> usize {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = runs.clone();
    let composite = service_fn(move |_: Request<Body>| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            let error = connect_error().await;
            Err::<Response<Body>, BoxError>(if phased {
                PhasedError::new(Phase::Read, error).into()
            } else {
                error
            })
        }
    });
    let service = ServiceBuilder::new().layer(which.retry(RetryPolicy::urllib3(2))).service(composite);
    let request = Request::post("http://test/").body(Body::default()).unwrap();
    let error = service.oneshot(request).await.unwrap_err();
    if phased {
        let last = RetryError::find(&*error).unwrap().history().attempts().last().unwrap().error().unwrap();
        assert_eq!(last.to_string(), "failed in phase read");
        let below = last.source().and_then(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>());
        assert!(below.is_some_and(hyper_util::client::legacy::Error::is_connect), "the chain is unbroken");
    }
    runs.load(Ordering::SeqCst)
}

over_each_loop!(
    #[tokio::test]
    an_owner_says_how_far_a_call_of_several_steps_got,
    what_else_is_known_below_a_fixed_phase_holds,
);

over_each_loop!(
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    surplus_bytes_on_a_pooled_connection_fail_no_get,
);

async fn an_owner_says_how_far_a_call_of_several_steps_got(which: Loop) {
    assert_eq!(runs_of_the_first_step(which, true).await, 1);
    // what the policy sees without its word is the whole call's connect error
    assert_eq!(runs_of_the_first_step(which, false).await, 3);
}

async fn what_else_is_known_below_a_fixed_phase_holds(which: Loop) {
    let error = PhasedError::new(Phase::Connect, Error::from(ErrorKind::TimedOut));
    let chain = std::iter::successors(Some(&error as &dyn StdError), |error| (*error).source());
    let messages: Vec<_> = chain.map(ToString::to_string).collect();
    assert_eq!(messages, ["failed in phase connect", "timed out"]);
    assert_eq!((error.phase(), Phase::of(&error)), (Phase::Connect, Phase::Connect));
    assert!(error.into_inner().is::<Error>());

    // an inner retry that gave up stays final
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = runs.clone();
    let inner = ServiceBuilder::new().layer(which.retry(RetryPolicy::urllib3(1))).service_fn(
        move |_: Request<Body>| {
            counter.fetch_add(1, Ordering::SeqCst);
            async { Err::<Response<Body>, BoxError>(Error::from(ErrorKind::ConnectionReset).into()) }
        },
    );
    let outer = ServiceBuilder::new()
        .layer(which.retry(RetryPolicy::urllib3(3)))
        .map_err(|error| BoxError::from(PhasedError::new(Phase::Read, error)))
        .service(inner);
    outer.oneshot(Request::get("http://test/").body(Body::default()).unwrap()).await.unwrap_err();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

/// Answers each request and sends bytes that nobody asked for, with the answer or after it.
async fn babbling() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut connections = 0;
        while let Ok((mut connection, _)) = listener.accept().await {
            connections += 1;
            let at_once = connections % 2 == 0;
            tokio::spawn(async move {
                let mut request = Vec::new();
                while connection.read_buf(&mut request).await.is_ok_and(|read| read > 0) {
                    if !request.ends_with(b"\r\n\r\n") {
                        continue;
                    }
                    request.clear();
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood";
                    if at_once {
                        let _ = connection.write_all(&[answer, &b"\0surplus"[..]].concat()).await;
                    } else {
                        let _ = connection.write_all(answer).await;
                        tokio::task::yield_now().await;
                        let _ = connection.write_all(b"\0surplus").await;
                    }
                }
            });
        }
    });
    authority
}

async fn surplus_bytes_on_a_pooled_connection_fail_no_get(which: Loop) {
    const GETS: usize = 400;
    let uri = format!("http://{}/", babbling().await);
    for again in [false, true] {
        let mut builder = Client::builder(TokioExecutor::new());
        let client = builder.retry_canceled_requests(again).build_http::<Body>();
        let policy = RetryPolicy::standard().backoff(Backoff::none()).without_budget();
        let client = client.map_err(BoxError::from);
        let service = ServiceBuilder::new().layer(which.retry(policy)).service(client);
        for number in 0..GETS {
            let request = Request::get(&uri).body(Body::default()).unwrap();
            let response =
                service.clone().oneshot(request).await.unwrap_or_else(|error| panic!("{number}: {error}"));
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "good");
        }
    }
}

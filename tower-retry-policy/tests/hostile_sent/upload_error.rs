//! An upload that fails while it is sent, with an error that elsewhere would mean "not sent".

use crate::{
    client::{HANG, Kind, client, install_provider, policy},
    loops::{Loop, over_our_loop},
    raw_http2::{Case, Script, Server, reset},
};
use bytes::Bytes;
use http::{Method, Request};
use http_body::{Body, Frame};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{io::AsyncReadExt, net::TcpListener, sync::Semaphore};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_retry_policy::{AttemptTimeoutLayer, Phase, PhasedError, RetryError, RetryLayer};

/// A source that a proxy or a composite service would have: the first frame, then an error of its own.
#[derive(Clone)]
struct Failing {
    error: Arc<dyn Fn() -> BoxError + Send + Sync>,
    sent: bool,
    reached: Arc<Semaphore>,
}

impl Body for Failing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if !self.sent {
            self.sent = true;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"the first part")))));
        }
        // until the server has seen something
        match self.reached.try_acquire() {
            Ok(permit) => {
                drop(permit);
                Poll::Ready(Some(Err((self.error)())))
            }
            Err(_) => {
                let (waker, reached) = (cx.waker().clone(), Arc::clone(&self.reached));
                tokio::spawn(async move {
                    let _permit = reached.acquire().await;
                    waker.wake();
                });
                Poll::Pending
            }
        }
    }
}

async fn refused_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

async fn hyper_connect() -> BoxError {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    client
        .request(Request::get(refused_port().await).body(Full::default()).unwrap())
        .await
        .unwrap_err()
        .into()
}

async fn reqwest_connect() -> BoxError {
    install_provider();
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(refused_port().await)
        .send()
        .await
        .unwrap_err()
        .into()
}

async fn tonic_connect() -> BoxError {
    let channel = tonic::transport::Endpoint::from_shared(refused_port().await).unwrap().connect_lazy();
    channel.oneshot(Request::new(tonic::body::Body::empty())).await.unwrap_err().into()
}

async fn refused_stream() -> BoxError {
    let script = Script {
        after_upload: false,
        frames: |id, _| reset(id, 7),
        case: Case::default(),
        then_close: false,
    };
    let server = Server::start(script).await;
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Full<Bytes>>();
    let request = Request::post(format!("http://{}/", server.address)).body(Full::from("x")).unwrap();
    client.request(request).await.unwrap_err().into()
}

async fn inner_retry() -> BoxError {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let client = client.map_err(|error: hyper_util::client::legacy::Error| -> BoxError { error.into() });
    let service = ServiceBuilder::new().layer(RetryLayer::new(policy())).service(client);
    service.oneshot(Request::get(refused_port().await).body(Full::default()).unwrap()).await.unwrap_err()
}

fn inner_retry_blocking() -> BoxError {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(inner_retry())
}

pub(crate) type Make = fn() -> Pin<Box<dyn Future<Output = BoxError> + Send>>;

/// Errors that mean "not sent" where a client says so of its own request.
pub(crate) const UNSENT_ELSEWHERE: [(&str, Make); 8] = [
    ("hyper-util: connect", || Box::pin(hyper_connect())),
    ("reqwest: connect", || Box::pin(reqwest_connect())),
    ("tonic: connect", || Box::pin(tonic_connect())),
    ("h2: refused stream", || Box::pin(refused_stream())),
    ("an inner retry's end", || {
        Box::pin(async { tokio::task::spawn_blocking(inner_retry_blocking).await.unwrap() })
    }),
    ("phased: connect", || Box::pin(async { PhasedError::new(Phase::Connect, "source").into() })),
    ("phased: unprocessed", || Box::pin(async { PhasedError::new(Phase::Unprocessed, "source").into() })),
    ("io: refused", || {
        Box::pin(async { std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into() })
    }),
];

/// A server that counts the connections on which something came, and never answers.
async fn silent_server(reached: Arc<Semaphore>) -> (std::net::SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (count, reached) = (Arc::clone(&count), Arc::clone(&reached));
            tokio::spawn(async move {
                let (mut all, mut buffer, mut counted) = (Vec::new(), [0; 4096], false);
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    all.extend_from_slice(&buffer[..read]);
                    let began = all.windows(14).any(|window| window == b"the first part");
                    if began && !counted {
                        counted = true;
                        count.fetch_add(1, Ordering::SeqCst);
                        reached.add_permits(1);
                    }
                }
            });
        }
    });
    (address, seen)
}

over_our_loop!(
    #[tokio::test]
    an_upload_that_failed_under_way_was_sent_whatever_its_error_means_elsewhere,
);

async fn an_upload_that_failed_under_way_was_sent_whatever_its_error_means_elsewhere(which: Loop) {
    for kind in [Kind::HyperHttp1, Kind::HyperHttp2, Kind::ReqwestHttp1, Kind::ReqwestHttp2, Kind::Tonic] {
        for (name, make) in UNSENT_ELSEWHERE {
            let reached = Arc::new(Semaphore::new(0));
            let (address, seen) = silent_server(Arc::clone(&reached)).await;
            let error = std::sync::Mutex::new(Some(make().await));
            let error = move || error.lock().unwrap().take().unwrap_or_else(|| "source".into());
            let body = Failing { error: Arc::new(error), sent: false, reached };
            let inner = client(kind, address);
            // each attempt has a body of its own, as of a type that is `Clone`
            let service = ServiceBuilder::new()
                .layer(which.retry(policy()))
                .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(2)))
                .service(inner);
            let request =
                Request::builder().method(Method::POST).uri(format!("http://{address}/")).body(body).unwrap();
            let outcome = tokio::time::timeout(HANG, service.oneshot(request)).await.expect("a call hangs");
            let error = outcome.expect_err("nothing answers");
            let attempts = RetryError::find(&*error).unwrap().history().attempts_made();
            assert_eq!(attempts, 1, "{kind:?}, {name}: {error}");
            assert_eq!(seen.load(Ordering::SeqCst), 1, "{kind:?}, {name}: {error}");
        }
    }
}

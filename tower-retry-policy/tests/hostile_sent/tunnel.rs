//! A proxy that refuses the tunnel: nothing of the request has left.

use crate::{
    client::{HANG, install_provider, policy},
    loops::{Loop, over_our_loop},
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, proxy::Tunnel},
    },
    rt::TokioExecutor,
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tower::{BoxError, ServiceBuilder, ServiceExt, util::BoxCloneService};
use tower_retry_policy::RetryPolicy;

type Service = BoxCloneService<Request<Full<Bytes>>, Response<()>, BoxError>;

/// What the proxy says to every CONNECT, and how often it was asked.
async fn proxy(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await?);
                }
                assert!(request.starts_with(b"CONNECT"), "not a tunnel");
                count.fetch_add(1, Ordering::SeqCst);
                stream.write_all(answer.as_bytes()).await?;
                stream.shutdown().await?;
                stream.read_to_end(&mut request).await
            });
        }
    });
    (format!("http://{address}"), asked)
}

fn over_hyper_util(proxy: &str) -> Service {
    let tunnel = Tunnel::new(proxy.parse().unwrap(), HttpConnector::new());
    let client = Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(tunnel);
    BoxCloneService::new(client.map_response(|response| response.map(drop)).map_err(Into::into))
}

fn over_reqwest(proxy: &str) -> Service {
    install_provider();
    let client = reqwest::Client::builder()
        .proxy(reqwest::Proxy::all(proxy).unwrap())
        .retry(reqwest::retry::never())
        .tls_certs_only([])
        .build()
        .unwrap();
    BoxCloneService::new(
        client
            .map_request(|request: Request<Full<Bytes>>| {
                reqwest::Request::try_from(request.map(reqwest::Body::wrap)).unwrap()
            })
            .map_response(|response: reqwest::Response| Response::from(response).map(drop))
            .map_err(Into::into),
    )
}

async fn asked(
    which: Loop,
    make: fn(&str) -> Service,
    answer: &'static str,
    policy: RetryPolicy,
) -> (usize, String) {
    let (address, asked) = proxy(answer).await;
    let service = ServiceBuilder::new().layer(which.retry(policy)).service(make(&address));
    let request = Request::post("https://shop.example/orders").body(Full::from("one of each")).unwrap();
    let outcome = tokio::time::timeout(HANG, service.oneshot(request)).await.expect("a call hangs");
    (asked.load(Ordering::SeqCst), outcome.unwrap_err().to_string())
}

over_our_loop!(
    #[tokio::test]
    a_refused_tunnel_is_asked_for_again_unless_a_password_is_wanted,
);

async fn a_refused_tunnel_is_asked_for_again_unless_a_password_is_wanted(which: Loop) {
    const ANSWERS: [(&str, usize); 10] = [
        ("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", 4),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", 4),
        ("HTTP/1.0 504 Gateway Timeout\r\n\r\n", 4),
        ("HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\n\r\n", 4),
        ("HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n", 1),
        ("HTTP/1.0 407 Who are you\r\n\r\n", 1),
        ("HTTP/1.1 407\r\n\r\n", 1),
        ("", 4),
        ("HTTP/1.1 2", 4),
        ("garbage\r\n\r\n", 4),
    ];
    for (answer, expected) in ANSWERS {
        for (name, make) in
            [("hyper-util", over_hyper_util as fn(&str) -> Service), ("reqwest", over_reqwest)]
        {
            let (asked, said) = asked(which, make, answer, policy()).await;
            assert_eq!(asked, expected, "{name}, {answer:?}: {said}");
        }
    }
}

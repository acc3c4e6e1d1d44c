//! What the JSON check costs where it is used: a real client and server over loopback, 64 calls in flight.
//!
//! `cargo bench --manifest-path tower-content-check/bench/Cargo.toml --bench end_to_end`

use std::{convert::Infallible, net::SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use tokio::{net::TcpListener, runtime::Runtime, task::JoinSet};
use tower::{Layer, Service, ServiceExt};
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_content_check_bench::{Contender, compare, material};

const IN_FLIGHT: usize = 64;
const CALLS_EACH: usize = 10;

type HttpClient = Client<HttpConnector, Empty<Bytes>>;

fn main() {
    let runtime = Runtime::new().expect("a runtime starts");
    let content = Bytes::from(material::records(7_000));
    let address = runtime.block_on(serve(content.clone()));
    let client: HttpClient = Client::builder(TokioExecutor::new()).build_http();
    let length = ContentCheckLayer::new(Length::new()).layer(client.clone());
    let json = ContentCheckLayer::json().layer(client.clone());
    compare(
        &format!("{} calls", IN_FLIGHT * CALLS_EACH),
        content.len() * IN_FLIGHT * CALLS_EACH,
        &mut [
            Contender::new("raw, body drained", || calls(&runtime, &client, address)),
            Contender::new("Length", || calls(&runtime, &length, address)),
            Contender::new("Length, NotEmpty, Json", || calls(&runtime, &json, address)),
        ],
    );
}

async fn serve(content: Bytes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let content = content.clone();
            tokio::spawn(http1::Builder::new().serve_connection(
                TokioIo::new(stream),
                service_fn(move |_| {
                    let response = Response::new(Full::new(content.clone()));
                    async { Ok::<_, Infallible>(response) }
                }),
            ));
        }
    });
    address
}

fn calls<S, B>(runtime: &Runtime, service: &S, address: SocketAddr)
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error: std::fmt::Debug, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug> + Send,
{
    let mut tasks = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let service = service.clone();
        tasks.spawn_on(
            async move {
                for _ in 0..CALLS_EACH {
                    let request =
                        Request::get(format!("http://{address}/")).body(Empty::new()).expect("it is a URI");
                    let response = service.clone().oneshot(request).await.expect("it is answered");
                    let mut body = std::pin::pin!(response.into_body());
                    while let Some(frame) = body.frame().await {
                        frame.expect("it is whole");
                    }
                }
            },
            runtime.handle(),
        );
    }
    runtime.block_on(async { while tasks.join_next().await.is_some() {} });
}

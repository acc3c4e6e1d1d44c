//! What many checked bodies hold: a thousand of 1 MB at once, from a real client over loopback.
//!
//! `cargo bench --manifest-path tower-content-check/bench/Cargo.toml --bench memory`
//!
//! *Held* is what the bodies keep alive when the connections are gone, *peak* the most that the process had allocated on
//! the way, the server's and the client's own buffers included; both in relation to the sum of the bodies.

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::{Empty, Full};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use peak_alloc::PeakAlloc;
use std::{convert::Infallible, net::SocketAddr};
use tokio::{net::TcpListener, runtime::Builder, task::JoinSet};
use tower::{Layer, ServiceExt};
use tower_content_check::{CheckedBody, ContentCheckLayer, check::Length};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const BODIES: usize = 1000;
static CONTENT: [u8; 1_000_000] = [b'x'; 1_000_000];

#[derive(Clone, Copy, PartialEq)]
enum Wire {
    Http1,
    Http1Chunked,
    Http2,
}

fn main() {
    println!("{:<28} {:>8} {:>8} {:>8}", "1000 bodies of 1 MB", "held", "peak", "frames");
    for (name, wire) in [
        ("HTTP/1.1, length", Wire::Http1),
        ("HTTP/1.1, chunked", Wire::Http1Chunked),
        ("HTTP/2", Wire::Http2),
    ] {
        for compact in [false, true] {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime starts");
            ALLOCATOR.reset_peak_usage();
            let before = ALLOCATOR.current_usage();
            let bodies = runtime.block_on(download(wire, compact));
            let peak = ALLOCATOR.peak_usage() - before;
            drop(runtime);
            let held = ALLOCATOR.current_usage() - before;
            let sum: usize = bodies.iter().flat_map(CheckedBody::frames).map(Bytes::len).sum();
            assert_eq!(sum, BODIES * CONTENT.len());
            let frames: usize = bodies.iter().map(|body| body.frames().len()).sum();
            println!(
                "{:<28} {:>6.3} x {:>6.3} x {:>8.1}",
                if compact { format!("{name}, compact") } else { name.to_owned() },
                held as f64 / sum as f64,
                peak as f64 / sum as f64,
                frames as f64 / BODIES as f64,
            );
        }
    }
}

async fn download(wire: Wire, compact: bool) -> Vec<CheckedBody<Incoming>> {
    let address = serve(wire).await;
    let client: Client<HttpConnector, Empty<Bytes>> =
        Client::builder(TokioExecutor::new()).http2_only(wire == Wire::Http2).build_http();
    let layer = ContentCheckLayer::new(Length::new());
    let service = if compact { layer.compact() } else { layer }.layer(client);
    let mut calls = JoinSet::new();
    for _ in 0..BODIES {
        let request = Request::get(format!("http://{address}/")).body(Empty::new()).expect("it is a URI");
        calls.spawn(service.clone().oneshot(request));
    }
    let mut bodies = Vec::with_capacity(BODIES);
    while let Some(call) = calls.join_next().await {
        bodies.push(call.expect("no panic").expect("it is accepted").into_body());
    }
    bodies
}

async fn serve(wire: Wire) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let answer = service_fn(move |_| {
        let mut response = Response::new(Full::new(Bytes::from_static(&CONTENT)));
        if wire == Wire::Http1Chunked {
            response.headers_mut().insert("transfer-encoding", HeaderValue::from_static("chunked"));
        }
        async { Ok::<_, Infallible>(response) }
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let stream = TokioIo::new(stream);
            if wire == Wire::Http2 {
                let mut server = http2::Builder::new(TokioExecutor::new());
                tokio::spawn(server.max_concurrent_streams(BODIES as u32).serve_connection(stream, answer));
            } else {
                tokio::spawn(http1::Builder::new().serve_connection(stream, answer));
            }
        }
    });
    address
}

//! What the JSON check costs where it is used: a real client and server over loopback, 64 calls in flight.
//!
//! `cargo bench --manifest-path tower-content-check/bench/Cargo.toml --bench end_to_end`
//!
//! Client, server and kernel share the processors, and whatever else runs there disturbs the times of a round; so the time
//! on a processor is told too, of the process as a whole, kernel included. Instruction counts leave the kernel out, which
//! does most of the work of a call.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use serde_json::value::RawValue;
use std::{convert::Infallible, net::SocketAddr};
use tokio::{net::TcpListener, runtime::Runtime, task::JoinSet};
use tower::{Layer, Service, ServiceExt};
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_content_check_bench::{Child, Contender, compare, material};

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
    let by_hand = client.clone().and_then(|response: Response<Incoming>| async {
        let content = response.into_body().collect().await.expect("it is whole").to_bytes();
        serde_json::from_slice::<&RawValue>(&content).expect("it is JSON");
        Ok::<_, hyper_util::client::legacy::Error>(Response::new(Full::new(content)))
    });
    let contenders = &mut [
        Contender::new("raw, body drained", || calls(&runtime, &client, address)),
        Contender::new("Length", || calls(&runtime, &length, address)),
        Contender::new("Length, NotEmpty, Json", || calls(&runtime, &json, address)),
        Contender::new("collected, then serde_json's &RawValue", || calls(&runtime, &by_hand, address)),
    ];
    compare(&format!("{} calls", IN_FLIGHT * CALLS_EACH), content.len() * IN_FLIGHT * CALLS_EACH, contenders);
    processor_time(contenders);
}

/// Prints the time on a processor of each, from the kernel's account of the process.
fn processor_time(contenders: &mut [Contender<'_>]) {
    const ROUNDS: usize = 300;
    if Child::of_environment().is_some() {
        return;
    }
    let Some(mut before) = ticks() else {
        return println!("no processor times: there is no /proc/self/stat here");
    };
    let mut sums = vec![0; contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, sum) in contenders.iter_mut().zip(&mut sums) {
            contender.run(1);
            let now = ticks().unwrap_or(before);
            *sum += now - before;
            before = now;
        }
    }
    println!("time on a processor");
    for (contender, sum) in contenders.iter().zip(&sums) {
        // A tick is a hundredth of a second.
        let per_call = *sum as f64 * 1e4 / (ROUNDS * IN_FLIGHT * CALLS_EACH) as f64;
        println!(
            "  {:<42} {per_call:>8.2} us a call {:>6.3} x",
            contender.name(),
            *sum as f64 / sums[0] as f64
        );
    }
}

/// User and system time of the process: fields 14 and 15 of its stat, counted behind its name (proc_pid_stat(5)).
fn ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
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

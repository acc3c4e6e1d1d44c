//! Plain hyper with a loop written by hand: the second test of `YOUR_CLIENT.md`.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{body::Incoming, client::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use network_lab::sim::{Connector, GilbertElliott, Lossy, Simulation};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::{sleep, timeout};
use tower::{BoxError, Service};

async fn attempt(mut connector: Connector) -> Result<Bytes, BoxError> {
    let stream = connector.call("http://server/".parse()?).await?;
    let (mut sender, connection) = http1::handshake(stream).await?;
    tokio::spawn(connection);
    let request = Request::post("/").header("host", "server").body(Empty::<Bytes>::new())?;
    Ok(sender.send_request(request).await?.into_body().collect().await?.to_bytes())
}

async fn with_retries(connector: Connector) -> Result<Bytes, BoxError> {
    for n in 0.. {
        match timeout(Duration::from_secs(1), attempt(connector.clone())).await {
            Ok(Ok(body)) => return Ok(body),
            _ if n < 9 => sleep(Duration::from_millis(100 << n.min(4))).await,
            Ok(Err(error)) => return Err(error),
            Err(late) => return Err(late.into()),
        }
    }
    unreachable!()
}

#[test]
fn a_loop_that_repeats_a_post_orders_twice() {
    let mut surplus = 0;
    for seed in 0..50 {
        // Only what the server sends is lost: each request arrives, and may be answered in vain.
        let network = Simulation::new(seed).loss(GilbertElliott::new(0.1, 0.3)).lossy(Lossy::Server);
        let run = network.run(async |network| {
            let orders = Arc::new(AtomicU32::new(0));
            let count = Arc::clone(&orders);
            let service = service_fn(move |_: Request<Incoming>| {
                let number = count.fetch_add(1, Ordering::Relaxed);
                async move { Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(number.to_string()))) }
            });
            let mut listener = network.listen(80);
            tokio::spawn(async move {
                while let Ok(stream) = listener.accept().await {
                    let mut http = hyper::server::conn::http1::Builder::new();
                    http.auto_date_header(false);
                    tokio::spawn(http.serve_connection(TokioIo::new(stream), service.clone()));
                }
            });
            with_retries(network.connector()).await.unwrap();
            orders.load(Ordering::Relaxed)
        });
        surplus += run.unwrap().output - 1;
    }
    assert!(surplus > 0, "if this fails, the loop is safe after all");
}

//! Uploads: who is slow with one is not the upstream.

use crate::{
    client::{Client, content},
    gateway::Gateway,
    raw::{End, Raw, Scripted, head},
    upstream::Upstream,
};
use std::time::Duration;
use tokio::{
    io::{AsyncWriteExt, copy, sink},
    time::{Instant, sleep, timeout},
};

const BEGINNING: &str = "PUT /up/sum HTTP/1.1\r\nhost: a\r\ncontent-length: 20\r\n\r\n";

/// The upload takes three times as long as the upstream may be silent.
#[tokio::test]
async fn a_slow_upload_is_not_a_silent_upstream() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start(&[&upstream.argument(), "--patience", "0.5"]).await;
    let mut raw = Raw::connect(&gateway.address).await;
    raw.send(BEGINNING).await;
    for _ in 0..10 {
        sleep(Duration::from_millis(150)).await;
        raw.send("ab").await;
    }
    let answer = raw.until("sum 1950").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let metrics = Client::of(&gateway.metrics).get("/metrics").await.unwrap().content;
    assert!(!metrics.contains("http_client_retry_retries"), "{metrics}");
}

/// Nor does the deadline of short calls end it: that begins when the upload has ended.
#[tokio::test]
async fn the_deadline_begins_behind_the_upload() {
    let upstream = Upstream::start(0).await;
    let arguments = [&*upstream.argument(), "--patience", "9", "--deadline", "0.5"];
    let gateway = Gateway::start(&arguments).await;
    // the second is tried again, which a deadline that has passed would not allow
    for (path, status) in [("sum", "200 OK"), ("busy/1/x", "200 OK"), ("silent", "504 Gateway Timeout")] {
        let mut raw = Raw::connect(&gateway.address).await;
        raw.send(BEGINNING.replace("sum", path)).await;
        for _ in 0..10 {
            sleep(Duration::from_millis(100)).await;
            raw.send("ab").await;
        }
        let start = Instant::now();
        let answer = raw.until("\r\n\r\n").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
        assert!(start.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn an_upload_that_stalls_is_the_clients_fault() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start(&[&upstream.argument(), "--patience", "0.2", "--client-idle", "0.6"]).await;
    let mut raw = Raw::connect(&gateway.address).await;
    raw.send(BEGINNING).await;
    raw.send("ab").await;
    let (answer, end) = raw.rest().await;
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert!(answer.contains("connection: close\r\n") && answer.contains(r#""attempts":1"#), "{answer}");
    assert_eq!(end, End::Closed);
    let metrics = Client::of(&gateway.metrics).get("/metrics").await.unwrap().content;
    assert!(!metrics.contains("http_client_retry_retries"), "{metrics}");
}

/// Each of the good calls needs a retry, so that all fail if the uploaders have used up the budget.
#[tokio::test]
async fn slow_uploaders_cost_others_nothing() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start(&[&upstream.argument(), "--patience", "0.2", "--client-idle", "2"]).await;
    let mut uploaders = Vec::new();
    for _ in 0..60 {
        let mut raw = Raw::connect(&gateway.address).await;
        raw.send(BEGINNING).await;
        uploaders.push(raw);
    }
    // by then each of them would have been tried three times
    sleep(Duration::from_millis(1_500)).await;
    let client = Client::of(&gateway.address);
    for call in 0..40 {
        let answer = client.get(&format!("/up/reset/1/{call}")).await.unwrap();
        assert_eq!(answer.status, 200, "call {call}: {}", answer.content);
    }
    for raw in &mut uploaders {
        assert!(raw.until("\r\n\r\n").await.starts_with("HTTP/1.1 408 "));
    }
    for call in 40..80 {
        let answer = client.get(&format!("/up/reset/1/{call}")).await.unwrap();
        assert_eq!(answer.status, 200, "call {call}: {}", answer.content);
    }
}

/// An upstream that takes nothing of an upload is silent, whoever is slow beside it.
#[tokio::test]
async fn an_upstream_that_reads_nothing_is_silent() {
    let upstream = Scripted::start(|mut connection| async move {
        head(&mut connection).await;
        std::future::pending::<()>().await;
    })
    .await;
    let gateway = Gateway::start(&[&upstream.argument(), "--patience", "0.3", "--deadline", "5"]).await;
    let client = Client::of(&gateway.address);
    let start = Instant::now();
    let answer = client.call("POST", "/up/x", &[], content(vec![0; 20_000_000])).await.unwrap();
    assert_eq!(answer.status, 504, "{}", answer.content);
    assert!(start.elapsed() < Duration::from_secs(3));
}

/// Whoever is told that his upload is too large is told so, and not that the gateway has lost the upstream.
#[tokio::test]
async fn an_early_refusal_reaches_the_client() {
    const REFUSAL: &[u8] =
        b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 9\r\nconnection: close\r\n\r\ntoo large";
    // one that wants its answer to be read, and one that has not thought of it: its end is a reset
    for lingers in [true, false] {
        let upstream = Scripted::start(move |mut connection| async move {
            head(&mut connection).await;
            connection.write_all(REFUSAL).await.unwrap();
            if lingers {
                connection.shutdown().await.unwrap();
                let _ = timeout(Duration::from_secs(1), copy(&mut connection, &mut sink())).await;
            }
        })
        .await;
        let gateway = Gateway::start(&[&upstream.argument()]).await;
        for (method, length) in [("POST", 100_000), ("POST", 3_000_000), ("PUT", 100_000), ("PUT", 3_000_000)]
        {
            for _ in 0..10 {
                let mut raw = Raw::connect(&gateway.address).await;
                raw.send(format!("{method} /up/x HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 3000000\r\n\r\n"))
                    .await;
                let mut sent = 0;
                while sent < length && raw.send(vec![b'x'; 10_000]).await {
                    sent += 10_000;
                }
                let (answer, end) = raw.rest().await;
                assert!(answer.starts_with("HTTP/1.1 413 "), "{lingers} {method} {length}: {answer}");
                assert_eq!(end, End::Closed, "{lingers} {method} {length}");
            }
        }
    }
}

/// A client that is still sending when it is answered is listened to for a while: a reset takes with it, on its way or in
/// the client's own system, what has not been read yet.
#[tokio::test]
async fn an_answered_client_is_not_reset_while_it_sends() {
    let upstream = Scripted::start(|mut connection| async move {
        head(&mut connection).await;
        connection.write_all(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    })
    .await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let mut raw = Raw::connect(&gateway.address).await;
    raw.send("POST /up/x HTTP/1.1\r\nhost: a\r\ncontent-length: 3000000\r\n\r\nbeginning").await;
    assert!(raw.until("\r\n\r\n").await.starts_with("HTTP/1.1 413 "));
    for _ in 0..10 {
        assert!(raw.send(vec![b'x'; 10_000]).await);
        sleep(Duration::from_millis(50)).await;
    }
    // not for ever
    let start = Instant::now();
    while raw.send(vec![b'x'; 10_000]).await {
        assert!(start.elapsed() < Duration::from_secs(6), "still listened to");
        sleep(Duration::from_millis(50)).await;
    }
}

//! All connections end: those of clients that do not go on, and all of them when the program is asked to end.

use crate::{
    client::Client,
    gateway::Gateway,
    raw::{End, Raw, Scripted, head},
    upstream::Upstream,
};
use std::time::Duration;
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep},
};

/// An answer that does not end, as fast as it is read.
async fn endless() -> Scripted {
    Scripted::start(|mut connection| async move {
        head(&mut connection).await;
        connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        while connection.write_all(&[b'x'; 64 * 1024]).await.is_ok() {}
    })
    .await
}

/// What a client begins and does not end.
const HALVES: [&str; 5] = ["", "G", "GET /up/x HTTP/1.1\r\nhost: ", "PRI * HTTP/2.0\r\n", "\r\n\r\n"];

#[tokio::test]
async fn half_a_head_is_not_waited_for() {
    let upstream = Scripted::saying("").await;
    let gateway = Gateway::start(&[&upstream.argument(), "--client-idle", "0.5"]).await;
    for half in HALVES {
        let mut raw = Raw::connect(&gateway.address).await;
        raw.send(half).await;
        let (answer, end) = raw.rest_within(Duration::from_secs(4)).await;
        assert_ne!(end, End::Open, "{half:?}: {answer}");
    }
}

#[tokio::test]
async fn a_head_that_drips_is_not_waited_for() {
    let upstream = Scripted::saying("").await;
    let gateway = Gateway::start(&[&upstream.argument(), "--client-idle", "0.5"]).await;
    let mut raw = Raw::connect(&gateway.address).await;
    raw.send("GET /up/x HTTP/1.1\r\n").await;
    let start = Instant::now();
    while raw.send("x: y\r\n").await {
        assert!(start.elapsed() < Duration::from_secs(4), "still listened to");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go() {
    let upstream = endless().await;
    let gateway = Gateway::start(&[&upstream.argument(), "--client-idle", "0.5"]).await;
    for version in ["1.0", "1.1"] {
        let mut raw = Raw::connect(&gateway.address).await;
        raw.send(format!("GET /up/x HTTP/{version}\r\nhost: a\r\n\r\n")).await;
        sleep(Duration::from_secs(2)).await;
        let (_, end) = raw.rest_within(Duration::from_secs(4)).await;
        assert_eq!(end, End::Reset);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_end_waits_for_nobody_for_ever() {
    let upstream = endless().await;
    let silent = Scripted::saying("").await.argument().replace("up=", "silent=");
    let ask = "GET /up/x HTTP/1.1\r\nhost: a\r\n\r\n";
    let silent_ask = "GET /silent/x HTTP/1.1\r\nhost: a\r\n\r\n";
    for beginning in HALVES.into_iter().chain([
        ask,
        silent_ask,
        "POST /up/x HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n",
    ]) {
        let arguments =
            [&*upstream.argument(), &silent, "--grace", "0.5", "--deadline", "99", "--patience", "99"];
        let gateway = Gateway::start(&arguments).await;
        let mut raw = Raw::connect(&gateway.address).await;
        raw.send(beginning).await;
        sleep(Duration::from_millis(200)).await;
        gateway.signal("TERM").await;
        let start = Instant::now();
        let (status, _) = gateway.ended().await;
        assert!(status.success(), "{beginning:?}");
        assert!(start.elapsed() < Duration::from_secs(4), "{beginning:?}: {:?}", start.elapsed());
    }
}

/// Whatever is under way: an old client sees that its answer is not whole.
#[cfg(unix)]
#[tokio::test]
async fn the_second_signal_ends_at_once() {
    let upstream = Scripted::saying("HTTP/1.1 200 OK\r\n\r\nhalf").await;
    for [first, second] in [["TERM", "TERM"], ["INT", "INT"], ["TERM", "INT"]] {
        let gateway = Gateway::start(&[&upstream.argument(), "--grace", "99", "--patience", "99"]).await;
        let mut raw = Raw::connect(&gateway.address).await;
        raw.send("GET /up/x HTTP/1.0\r\n\r\n").await;
        raw.until("half").await;
        gateway.signal(first).await;
        sleep(Duration::from_millis(200)).await;
        gateway.signal(second).await;
        let start = Instant::now();
        let (status, _) = gateway.ended().await;
        assert_eq!(status.code(), Some(1), "{first} {second}");
        assert!(start.elapsed() < Duration::from_secs(4));
        assert_eq!(raw.rest().await.1, End::Reset);
    }
}

/// A process without descriptors accepts nothing, and goes on when there are some again.
#[cfg(unix)]
#[tokio::test]
async fn a_lack_of_descriptors_passes() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::with_descriptors(32, &[&upstream.argument()]).await;
    let mut held = Vec::new();
    for _ in 0..60 {
        held.push(Raw::connect(&gateway.address).await);
    }
    sleep(Duration::from_millis(300)).await;
    drop(held);
    assert_eq!(Client::of(&gateway.address).get("/up/good").await.unwrap().status, 200);
}

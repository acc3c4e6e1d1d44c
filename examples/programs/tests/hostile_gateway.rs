//! The gateway between clients and upstreams that speak by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
#![allow(dead_code, reason = "the harness is shared, and each test file uses its own part")]

#[path = "axum_gateway/gateway.rs"]
mod gateway;
#[path = "axum_gateway/raw.rs"]
mod raw;

use gateway::Gateway;
use raw::{End, Raw, Scripted, exchange, head};
use std::time::Duration;
use tokio::{io::AsyncReadExt, io::AsyncWriteExt, net::TcpStream, time::timeout};

const SHORT: [&str; 6] = ["--deadline", "3", "--patience", "1", "--client-idle", "2"];

async fn before(upstream: &Scripted) -> Gateway {
    let argument = upstream.argument();
    let arguments: Vec<&str> = SHORT.into_iter().chain([&*argument]).collect();
    Gateway::start(&arguments).await
}

/// One that says this and ends the connection after it.
async fn that_closes(answer: Vec<u8>) -> Scripted {
    Scripted::start(move |mut connection| {
        let answer = answer.clone();
        async move {
            head(&mut connection).await;
            let _ = connection.write_all(&answer).await;
        }
    })
    .await
}

/// All of a request whose body is announced by its length.
async fn whole_request(connection: &mut TcpStream) -> Option<String> {
    let mut came = head(connection).await;
    let (fields, _) = came.split_once("\r\n\r\n")?;
    let fields = fields.to_ascii_lowercase();
    if fields.contains("transfer-encoding: chunked") {
        while !came.ends_with("0\r\n\r\n") {
            more(connection, &mut came).await?;
        }
    } else if let Some((_, length)) = fields.split_once("content-length: ") {
        let length: usize = length.lines().next()?.trim().parse().ok()?;
        let start = came.find("\r\n\r\n")? + 4;
        while came.len() < start + length {
            more(connection, &mut came).await?;
        }
    }
    Some(came)
}

async fn more(connection: &mut TcpStream, came: &mut String) -> Option<()> {
    let mut bytes = Vec::new();
    let read = connection.read_buf(&mut bytes).await.ok()?;
    came.push_str(&String::from_utf8_lossy(&bytes));
    (read > 0).then_some(())
}

/// One that answers every whole request with its own first line.
async fn echo() -> Scripted {
    Scripted::start(|mut connection| async move {
        while let Some(request) = whole_request(&mut connection).await {
            let line = request.lines().next().unwrap().to_owned();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{line}", line.len());
            if connection.write_all(answer.as_bytes()).await.is_err() {
                break;
            }
        }
    })
    .await
}

/// Whether a client of this version would take the answer for a whole one.
fn is_whole(answer: &str, end: End) -> bool {
    let Some((fields, body)) = answer.split_once("\r\n\r\n") else { return false };
    let fields = fields.to_ascii_lowercase();
    if fields.contains("transfer-encoding: chunked") {
        return body.ends_with("0\r\n\r\n");
    }
    match fields.split_once("content-length: ") {
        Some((_, length)) => length.lines().next().unwrap().trim().parse() == Ok(body.len()),
        None => end == End::Closed,
    }
}

/// Over what the gateway reads before it answers, so that the break comes after the head.
const MUCH: usize = 400_000;

#[tokio::test]
async fn a_cut_answer_is_whole_to_nobody() {
    let much = "x".repeat(MUCH);
    let chunk = format!("{MUCH:x}\r\n{much}\r\n");
    let cuts = [
        ("length", format!("HTTP/1.1 200 OK\r\ncontent-length: 900000\r\n\r\n{much}")),
        ("length of 1.0", format!("HTTP/1.0 200 OK\r\ncontent-length: 900000\r\n\r\n{much}")),
        ("between chunks", format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}")),
        ("in a chunk", format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffff\r\n{much}")),
        ("in a size", format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}5")),
        ("a bad size", format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}zz\r\n")),
        ("in the last chunk", format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}0\r\n")),
        ("little, length", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_owned()),
        ("little, chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n".to_owned()),
    ];
    for (name, answer) in cuts {
        let upstream = that_closes(answer.into_bytes()).await;
        let gateway = before(&upstream).await;
        for version in ["1.0", "1.1"] {
            // not repeated and not continued: the cut is all there is
            let request = format!(
                "POST /up/cut HTTP/{version}\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
            let (came, end) = exchange(&gateway.address, request).await;
            let status = came.lines().next().unwrap_or_default().to_owned();
            assert!(end != End::Open, "{name}, {version}: hangs after {} bytes", came.len());
            assert!(
                !is_whole(&came, end) || status.contains(" 502 "),
                "{name}, {version}: {status}, {end:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_length_is_whole_when_its_connection_closes() {
    for upstream_version in ["1.0", "1.1"] {
        let body = "y".repeat(MUCH);
        let upstream =
            that_closes(format!("HTTP/{upstream_version} 200 OK\r\n\r\n{body}").into_bytes()).await;
        let gateway = before(&upstream).await;
        for version in ["1.0", "1.1"] {
            let request = format!("GET /up/ HTTP/{version}\r\nhost: a\r\nconnection: close\r\n\r\n");
            let (came, end) = exchange(&gateway.address, request).await;
            assert!(came.contains(" 200 OK"), "{came:.60}");
            assert!(is_whole(&came, end), "{upstream_version}, {version}: {end:?}");
            assert_eq!(came.matches('y').count(), MUCH, "{upstream_version}, {version}");
        }
    }
}

#[tokio::test]
async fn slow_uploads_cost_good_calls_nothing() {
    let upstream = echo().await;
    let gateway = before(&upstream).await;
    let mut slow = vec![];
    for index in 0..60 {
        let mut raw = Raw::connect(&gateway.address).await;
        let framing = ["content-length: 4000", "transfer-encoding: chunked"][index % 2];
        let part = ["abc", "3\r\nabc\r\n"][index % 2];
        raw.send(format!("PUT /up/slow HTTP/1.1\r\nhost: a\r\n{framing}\r\n\r\n{part}")).await;
        slow.push(raw);
    }
    let ended = tokio::spawn(async move {
        for raw in &mut slow {
            let (came, _) = raw.rest().await;
            assert!(came.starts_with("HTTP/1.1 408"), "{came:.100}");
        }
    });
    let mut good = 0;
    while !ended.is_finished() {
        good += 1;
        let (came, _) =
            exchange(&gateway.address, "GET /up/good HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(came.starts_with("HTTP/1.1 200"), "{came:.100}");
    }
    ended.await.unwrap();
    // nothing was tried again
    let (metrics, _) =
        exchange(&gateway.metrics, "GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    let attempts =
        metrics.lines().find_map(|line| line.strip_prefix("http_client_retry_attempts{upstream=\"up\"} "));
    assert_eq!(attempts.unwrap().parse(), Ok(good + 60), "{metrics}");
}

#[tokio::test]
async fn an_upload_that_is_slow_but_comes_is_answered() {
    let upstream = echo().await;
    let gateway = before(&upstream).await;
    let mut raw = Raw::connect(&gateway.address).await;
    raw.send("PUT /up/drip HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nconnection: close\r\n\r\n").await;
    // longer in all than the patience and the deadline, each pause shorter than the client's limit
    for _ in 0..5 {
        let _ = timeout(Duration::from_millis(900), std::future::pending::<()>()).await;
        raw.send("z").await;
    }
    let (came, _) = raw.rest().await;
    assert!(came.starts_with("HTTP/1.1 200"), "{came}");
}

#[tokio::test]
async fn expect_is_answered_here_once_and_before_the_body() {
    let upstream = echo().await;
    let gateway = before(&upstream).await;
    let mut raw = Raw::connect(&gateway.address).await;
    raw.send("PUT /up/asked HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\nconnection: close\r\n\r\n")
        .await;
    let interim = raw.until("\r\n\r\n").await;
    assert!(interim.starts_with("HTTP/1.1 100"), "{interim}");
    raw.send("abc").await;
    let (came, end) = raw.rest().await;
    assert!(came.starts_with("HTTP/1.1 200") && is_whole(&came, end), "{came}");
    assert!(!came.contains("HTTP/1.1 100"), "{came}");
}

#[tokio::test]
async fn a_client_that_waits_for_100_and_gets_an_early_answer_may_keep_its_body() {
    let upstream =
        Scripted::saying("HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await;
    let gateway = before(&upstream).await;
    for expect in ["expect: 100-continue\r\n", ""] {
        let mut raw = Raw::connect(&gateway.address).await;
        raw.send(format!("PUT /up/big HTTP/1.1\r\nhost: a\r\n{expect}content-length: 9000000\r\n\r\n")).await;
        let mut came = raw.until("\r\n\r\n").await;
        if came.starts_with("HTTP/1.1 100") && !came.contains("413") {
            came = raw.until("413").await;
        }
        assert!(came.contains("HTTP/1.1 413"), "{expect:?}: {came}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let upstream = echo().await;
    let gateway = before(&upstream).await;
    let requests = "GET /up/1 HTTP/1.1\r\nhost: a\r\n\r\n\
        PUT /up/2 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc\
        PUT /up/3 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n\
        GET /up/4 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n\
        GET /up/5 HTTP/1.1\r\nhost: a\r\n\r\n";
    let (came, _) = exchange(&gateway.address, requests).await;
    let paths: Vec<_> = ["/1 ", "/2 ", "/3 ", "/4 "].iter().map(|path| came.find(path)).collect();
    assert!(paths.iter().all(Option::is_some) && paths.is_sorted(), "{paths:?} in {came}");
    assert!(!came.contains("/5 "), "after the last one: {came}");
}

#[tokio::test]
async fn an_unread_upload_after_an_early_answer_is_no_next_request() {
    let upstream = Scripted::saying("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno").await;
    let gateway = before(&upstream).await;
    let mut raw = Raw::connect(&gateway.address).await;
    raw.send("PUT /up/early HTTP/1.1\r\nhost: a\r\ncontent-length: 200\r\n\r\n").await;
    raw.until("no").await;
    raw.send("GET /up/smuggled HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let (came, end) = raw.rest().await;
    assert!(!came.contains("HTTP/1.1"), "{came}");
    assert!(end != End::Open, "the connection stays open for ever");
}

#[cfg(unix)]
#[tokio::test]
async fn an_upload_under_way_at_the_end_is_finished_or_cut_within_the_grace() {
    for finishes in [true, false] {
        let upstream = echo().await;
        let argument = upstream.argument();
        let gateway = Gateway::start(&["--grace", "2", "--client-idle", "30", &argument]).await;
        let address = gateway.address.clone();
        let mut raw = Raw::connect(&address).await;
        raw.send("PUT /up/late HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 6\r\n\r\n")
            .await;
        raw.until("100").await;
        raw.send("abc").await;
        gateway.signal("TERM").await;
        // no further calls are taken
        let refused = async {
            while TcpStream::connect(&address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(5), refused).await.expect("the listener closes at once");
        if finishes {
            raw.send("def").await;
            let (came, end) = raw.rest().await;
            assert!(came.contains("HTTP/1.1 200"), "{came}, {end:?}");
        }
        let (status, _) =
            timeout(Duration::from_secs(6), gateway.ended()).await.expect("it ends within its grace");
        assert!(status.code().is_some(), "{status:?}");
        assert!(finishes || raw.rest().await.1 != End::Open);
    }
}

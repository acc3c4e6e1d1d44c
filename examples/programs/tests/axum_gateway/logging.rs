//! What the program prints is nobody's condition for an answer.

use crate::{
    client::{Client, content},
    gateway::Gateway,
    upstream::Upstream,
};
use std::{fs::OpenOptions, process::Stdio, time::Duration};
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn a_full_disk_loses_lines_and_no_answer() {
    let Ok(errors) = OpenOptions::new().write(true).open("/dev/full") else {
        return println!("skipped: there is no /dev/full here");
    };
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start_with(&[&upstream.argument()], errors.into()).await;
    let client = Client::of(&gateway.address);
    let answer = client.call("POST", "/up/reset/9/post", &[], content("")).await.unwrap();
    assert_eq!(answer.status, 502);
    assert!(answer.content.contains(r#""stopped":"not repeatable""#), "{}", answer.content);
    assert_eq!(client.get("/up/good").await.unwrap().status, 200);
}

/// A pipe holds 64 KiB: what is printed here is three times that, and nobody reads it.
#[cfg(unix)]
#[tokio::test]
async fn a_pipe_that_nobody_reads_stops_no_call() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start_with(&[&upstream.argument()], Stdio::piped()).await;
    let client = Client::of(&gateway.address);
    for call in 0..800 {
        let path = format!("/up/reset/9/{call}/{}", "x".repeat(200));
        let answer = client.call("POST", &path, &[], content(""));
        let answer = timeout(Duration::from_secs(10), answer).await.expect("an answer").unwrap();
        assert_eq!(answer.status, 502);
    }
    let metrics = Client::of(&gateway.metrics);
    let metrics =
        timeout(Duration::from_secs(10), metrics.get("/metrics")).await.expect("an answer").unwrap();
    assert_eq!(metrics.status, 200);

    gateway.signal("TERM").await;
    let start = Instant::now();
    assert!(gateway.ended().await.0.success());
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// One line for a call, and in it nothing that may be a secret.
#[tokio::test]
async fn a_line_names_the_path_alone() {
    let upstream = Upstream::start(0).await;
    let mut gateway = Gateway::start_with(&[&upstream.argument()], Stdio::piped()).await;
    let asked =
        "POST http://user:word@a/up/reset/9/x?secret=1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let (answer, _) = crate::raw::exchange(&gateway.address, asked).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    let line = gateway.complaint().await;
    assert!(line.starts_with("up POST /reset/9/x: "), "{line}");
    assert!(!line.contains("secret") && !line.contains("word"), "{line}");
}

/// A terminal takes U+009B for the beginning of a command, and a path may be 64 KiB long.
#[tokio::test]
async fn a_line_commands_no_terminal_and_is_short() {
    let upstream = Upstream::start(0).await;
    let mut gateway = Gateway::start_with(&[&upstream.argument()], Stdio::piped()).await;
    let path = format!("/up/reset/9/\u{9b}31m{}", "x".repeat(10_000));
    let asked = format!("POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    let (answer, _) = crate::raw::exchange(&gateway.address, asked).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    let line = gateway.complaint().await;
    assert!(line.starts_with(r"up POST /reset/9/\u{9b}31mxxx"), "{line}");
    assert!(line.is_ascii() && line.len() < 500, "{line}");
}

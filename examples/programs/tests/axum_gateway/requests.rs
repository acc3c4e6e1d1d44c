//! What becomes of a request on its way to the upstream, to the letter.

use crate::{
    client::{Client, content},
    gateway::Gateway,
    raw::{End, Scripted, exchange, head},
    upstream::Upstream,
};
use std::time::Duration;
use tokio::{io::AsyncWriteExt, time::Instant};

/// Answers with the head that it got.
async fn echo() -> Scripted {
    Scripted::start(|mut connection| async move {
        let asked = head(&mut connection).await;
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\ntrailer: x-of-the-end\r\nproxy-authenticate: Basic\r\n\r\n{asked}",
            asked.len()
        );
        connection.write_all(answer.as_bytes()).await.unwrap();
    })
    .await
}

/// The answer's head, and the request's head as the upstream saw it.
async fn passed(gateway: &Gateway, request: &str) -> (String, String) {
    let (answer, end) = exchange(&gateway.address, request).await;
    assert_eq!(end, End::Closed, "{answer}");
    let (head, content) = answer.split_once("\r\n\r\n").unwrap_or_default();
    (head.to_owned(), content.to_owned())
}

#[tokio::test]
async fn the_target_is_passed_on_to_the_letter() {
    let upstream = echo().await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    for (asked, expected) in [
        ("/up", "/"),
        ("/up?q", "/?q"),
        ("/up/", "/"),
        ("/up//a", "//a"),
        ("/up//a//b/?x=//y", "//a//b/?x=//y"),
        ("/up/../b/%2e%2E/%2F", "/../b/%2e%2E/%2F"),
        ("http://other:1/up//a", "//a"),
    ] {
        let request = format!("GET {asked} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let (_, content) = passed(&gateway, &request).await;
        assert!(content.starts_with(&format!("GET {expected} HTTP/1.1\r\n")), "{asked}: {content}");
    }
    for nowhere in ["/", "//up/a", "/upper", "/metrics", "/UP/a", "*"] {
        let request = format!("OPTIONS {nowhere} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let (head, _) = passed(&gateway, &request).await;
        assert!(head.starts_with("HTTP/1.1 404 Not Found"), "{nowhere}: {head}");
    }
}

#[tokio::test]
async fn fields_follow_one_policy() {
    let upstream = echo().await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let request = "GET http://user:word@b:81/up/x HTTP/1.1\r\nhost: a\r\nconnection: close, x-named\r\n\
        x-named: 1\r\nx-forwarded-for: 6.6.6.6\r\nx-forwarded-host: spoofed\r\nx-forwarded-port: 1\r\n\
        forwarded: for=6.6.6.6\r\nx-real-ip: 6.6.6.6\r\nvia: 1.1 before\r\nproxy-authorization: Basic eDp5\r\n\
        trailer: x\r\nte: trailers\r\nkeep-alive: 1\r\ncookie: a=1\r\ncookie: b=2\r\nx-kept: 1\r\n\r\n";
    let (head, content) = passed(&gateway, request).await;
    let mut fields: Vec<_> = content.lines().skip(1).filter(|line| !line.is_empty()).collect();
    fields.sort_unstable();
    let host = format!("host: {}", upstream.argument().trim_start_matches("up=http://"));
    let mut expected = vec![
        "cookie: a=1; b=2",
        &*host,
        "via: 1.1 axum_gateway",
        "via: 1.1 before",
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-host: b:81",
        "x-forwarded-proto: http",
        "x-kept: 1",
    ];
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert!(!head.contains("trailer:") && !head.contains("proxy-authenticate:"), "{head}");

    let (_, content) = passed(&gateway, "GET /up/x HTTP/1.0\r\nhost: old\r\n\r\n").await;
    assert!(content.contains("via: 1.0 axum_gateway\r\n"), "{content}");
    assert!(content.contains("x-forwarded-host: old\r\n"), "{content}");
}

#[tokio::test]
async fn other_protocols_are_refused() {
    let upstream = echo().await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    for (request, status) in [
        ("CONNECT a:80 HTTP/1.1\r\n", "501"),
        ("CONNECT up:80 HTTP/1.1\r\n", "501"),
        ("TRACE /up/x HTTP/1.1\r\n", "501"),
        ("GET /up/x HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n", "501"),
        ("GET /up/x HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n", "200"),
    ] {
        let request =
            format!("{request}host: a\r\n\r\nGET /up/after HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let (answer, _) = exchange(&gateway.address, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
        // what follows a refusal may be meant for the other end of a tunnel
        assert_eq!(answer.contains("GET /after"), status == "200", "{request}: {answer}");
    }
    // HTTP/2 by prior knowledge
    let (answer, end) =
        exchange(&gateway.address, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    assert!(answer.is_empty() && end != End::Open, "{answer:?} {end:?}");

    let upstream =
        Scripted::saying("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")
            .await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let (answer, _) =
        exchange(&gateway.address, "GET /up/x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
}

#[tokio::test]
async fn one_host_is_named() {
    let upstream = echo().await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    for (version, hosts, status) in [
        ("1.1", "host: a\r\n", "200"),
        ("1.1", "", "400"),
        ("1.1", "host: a\r\nhost: a\r\n", "400"),
        ("1.0", "", "200"),
        ("1.0", "host: a\r\nhost: b\r\n", "400"),
    ] {
        let request = format!("GET /up/x HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
        let (answer, _) = exchange(&gateway.address, &request).await;
        assert!(answer.starts_with(&format!("HTTP/{version} {status} ")), "{request}: {answer}");
    }
}

/// A client that says how long it waits is not waited for longer, and not longer than anybody.
#[tokio::test]
async fn the_clients_own_deadline_is_read_and_clamped() {
    let upstream = Upstream::start(0).await;
    for (deadline, asked, least, most) in [
        ("9", "300", 250, 3000),
        ("0.5", "99999999999", 450, 3000),
        ("0.5", "soon", 450, 3000),
        ("0.5", "0", 450, 3000),
    ] {
        let gateway =
            Gateway::start(&[&upstream.argument(), "--deadline", deadline, "--patience", "9"]).await;
        let start = Instant::now();
        let fields = [("request-timeout", asked)];
        let client = Client::of(&gateway.address);
        let answer = client.call("GET", "/up/silent", &fields, content("")).await.unwrap();
        let took = start.elapsed();
        assert_eq!(answer.status, 504, "{asked}");
        assert!(
            took >= Duration::from_millis(least) && took < Duration::from_millis(most),
            "{asked}: {took:?}"
        );
    }
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let client = Client::of(&gateway.address);
    for (asked, told) in [("99999999999", true), ("soon", false), ("0", false)] {
        let answer =
            client.call("GET", "/up/fields", &[("request-timeout", asked)], content("")).await.unwrap();
        let left = answer.content.lines().find_map(|line| line.strip_prefix("request-timeout: "));
        let left = left.map(|left| left.parse::<u32>().unwrap());
        assert_eq!(left.is_some_and(|left| left > 0 && left <= 15_000), told, "{asked}: {}", answer.content);
    }
}

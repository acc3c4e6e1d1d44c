//! What cannot be told by a transcript: time, streams, and the end.

use crate::{
    client::{Client, content},
    gateway::{Gateway, refused},
    upstream::{GOOD, Upstream, file},
};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::net::TcpStream;

/// What is long, or of unknown length, reaches the client as it comes.
#[tokio::test]
async fn long_answers_are_streamed() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let client = Client::of(&gateway.address);

    let mut body = client.begin("GET", "/up/stream", &[], content("")).await.unwrap().into_body();
    // the upstream sends no more before it is told to
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "first\n");
    upstream.seen.go_on.notify_one();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "last\n");

    // one that breaks off behind the head is not taken for whole
    let mut body = client.begin("GET", "/up/download", &[], content("")).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "first\n");
    upstream.seen.go_on.notify_one();
    body.collect().await.unwrap_err();
}

/// The upstream's connection dies every 200 kB, and the client reads on.
#[tokio::test]
async fn a_download_goes_on_where_the_upstream_broke_off() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let client = Client::of(&gateway.address);
    let response = client.begin("GET", "/up/dies/200000", &[], content("")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-length"], "3000000");
    let came = response.into_body().collect().await.unwrap().to_bytes();
    assert!(came == file(), "{} bytes, and not those of the file", came.len());

    let metrics = Client::of(&gateway.metrics).get("/metrics").await.unwrap().content;
    for line in [
        r#"http_client_retry_continuations{upstream="up",phase="body"} 14"#,
        r#"http_client_retry_bodies_continued{upstream="up"} 1"#,
    ] {
        assert!(metrics.lines().any(|told| told == line), "{line} is not in\n{metrics}");
    }
}

/// The deadline is that of the head.
#[tokio::test]
async fn the_deadline_does_not_end_a_stream() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start(&[&upstream.argument(), "--deadline", "1"]).await;
    let client = Client::of(&gateway.address);
    let mut body = client.begin("GET", "/up/stream", &[], content("")).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "first\n");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    upstream.seen.go_on.notify_one();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "last\n");
}

/// A client that asks for a part gets that, and continues by itself.
#[tokio::test]
async fn a_range_of_the_clients_passes() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let client = Client::of(&gateway.address);
    let range = [("range", "bytes=1000-900999"), ("if-range", "\"1\"")];
    let response = client.begin("GET", "/up/dies/9000000", &range, content("")).await.unwrap();
    assert_eq!(response.status(), 206);
    assert_eq!(response.headers()["content-range"], "bytes 1000-900999/3000000");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), file()[1000..=900_999]);

    let response = client.begin("GET", "/up/dies/300000", &range, content("")).await.unwrap();
    assert_eq!(response.status(), 206);
    response.into_body().collect().await.unwrap_err();
}

/// Another version cannot go on where the first one broke off.
#[tokio::test]
async fn what_cannot_be_continued_breaks_at_the_client() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let client = Client::of(&gateway.address);
    let body = client.begin("GET", "/up/changes/300000", &[], content("")).await.unwrap().into_body();
    body.collect().await.unwrap_err();
}

#[cfg(unix)]
#[tokio::test]
async fn calls_under_way_end_before_the_program_does() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let client = Client::of(&gateway.address);
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.get("/up/slow").await }
    });
    upstream.seen.go_on.notified().await;
    gateway.signal("INT").await;
    let answer = call.await.unwrap().unwrap();
    assert_eq!((answer.status.as_u16(), answer.content.as_str()), (200, GOOD));
    let address = gateway.address.clone();
    let (status, last) = gateway.ended().await;
    assert!(status.success());
    assert_eq!(last.as_deref(), Some("all calls have ended"));
    TcpStream::connect(address).await.unwrap_err();
}

/// An upstream that always fails uses up its own retries, and nobody else's.
#[tokio::test]
async fn each_upstream_has_its_budget() {
    let (one, other) = (Upstream::start(0).await, Upstream::start(0).await);
    let other_argument = format!("other=http://{}", other.address);
    let gateway = Gateway::start(&[&one.argument(), &other_argument]).await;
    let client = Client::of(&gateway.address);
    let calls = (0..60).map(|call| {
        let client = client.clone();
        async move { client.get(&format!("/up/reset/9/{call}")).await.unwrap() }
    });
    let answers = calls.collect::<tokio::task::JoinSet<_>>().join_all().await;
    let refused = answers.iter().find(|answer| answer.status == 503).unwrap();
    assert!(refused.content.contains(r#""stopped":"budget""#), "{}", refused.content);
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 502 | 503)));
    // the floor of 10 a second over 10 s, and 0.6 for each call that has ended
    let retries = one.seen.calls.lock().unwrap()[2] - 60;
    assert!((100..=136).contains(&retries), "{retries} retries");
    assert_eq!(client.get("/other/reset/3").await.unwrap().status, 200);
    assert_eq!(client.get("/up/reset/3").await.unwrap().status, 503);
}

/// A client that hangs up in its upload is nobody's failure; the upstream hears of the end.
#[tokio::test]
async fn an_upload_that_the_client_breaks_off_is_not_sent_again() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let client = Client::of(&gateway.address);
    let (mut sender, body) = http_body_util::channel::Channel::new(1);
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.call("PUT", "/up/sum", &[], body.boxed()).await }
    });
    sender.send_data("the beginning".into()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    sender.abort(std::io::ErrorKind::BrokenPipe.into());
    call.await.unwrap().unwrap_err();
    // the gateway is none the worse for it
    let answer = client.call("PUT", "/up/sum", &[], content("abc")).await.unwrap();
    assert_eq!(answer.content, "3 bytes, sum 294\n");
    let metrics = Client::of(&gateway.metrics).get("/metrics").await.unwrap().content;
    assert!(!metrics.contains("http_client_retry_retries"), "{metrics}");
}

/// Whoever sends a field from outside does not know what the upstream makes of it.
#[tokio::test]
async fn a_key_from_outside_permits_a_repeat_only_where_the_gateway_is_told_so() {
    let key = "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"";
    for (flag, key, status) in [
        (None, key, 502),
        (None, "", 502),
        (Some("--trust-idempotency-keys"), key, 200),
        (Some("--trust-idempotency-keys"), "", 502),
        (Some("--trust-idempotency-keys"), "\"\"", 502),
        (Some("--trust-idempotency-keys"), "\"half", 502),
    ] {
        let upstream = Upstream::start(0).await;
        let argument = upstream.argument();
        let gateway = Gateway::start(&flag.into_iter().chain([&*argument]).collect::<Vec<_>>()).await;
        let client = Client::of(&gateway.address);
        let fields = [("idempotency-key", key)];
        let answer = client.call("POST", "/up/reset/1/order", &fields, content("")).await.unwrap();
        let sent: u32 = upstream.seen.calls.lock().unwrap().iter().sum();
        assert_eq!(
            (answer.status.as_u16(), sent),
            (status, if status == 200 { 2 } else { 1 }),
            "{flag:?} {key}"
        );
    }
}

#[tokio::test]
async fn metrics_tell_what_the_retries_did() {
    let upstream = Upstream::start(0).await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let client = Client::of(&gateway.address);
    for path in ["/up/good", "/up/busy/2", "/up/reset/1", "/up/cut/1"] {
        assert_eq!(client.get(path).await.unwrap().status, 200);
    }
    assert_eq!(client.call("POST", "/up/busy/1/again", &[], content("")).await.unwrap().status, 503);
    let metrics = Client::of(&gateway.metrics).get("/metrics").await.unwrap();
    let lines: Vec<&str> = metrics.content.lines().collect();
    for line in [
        r#"http_client_retry_attempts{upstream="up"} 9"#,
        r#"http_client_retry_retries{upstream="up",phase="status"} 2"#,
        r#"http_client_retry_retries{upstream="up",phase="read"} 1"#,
        r#"http_client_retry_retries{upstream="up",phase="body"} 1"#,
        r#"http_client_retry_successes_after_retry{upstream="up"} 3"#,
        r#"http_client_retry_stops{upstream="up",reason="not repeatable"} 1"#,
        r#"http_client_retry_call_duration_count{upstream="up"} 5"#,
        r#"gateway_answers{upstream="up",status="200"} 4"#,
        r#"gateway_answers{upstream="up",status="503"} 1"#,
    ] {
        assert!(lines.contains(&line), "{line} is not in\n{}", metrics.content);
    }
}

#[tokio::test]
async fn bad_arguments_get_one_clear_error() {
    for (arguments, told) in [
        (&[][..], "required arguments were not provided"),
        (&["http://127.0.0.1:1"], "a name and an address are needed, such as api=http://127.0.0.1:8080"),
        (&["a=https://127.0.0.1:1"], "a name and an address are needed"),
        (&["a=http://127.0.0.1:1/path"], "a name and an address are needed"),
        (&["--client-idle", "1e19", "a=http://127.0.0.1:1"], "a year is the most"),
        (&["a=http://127.0.0.1:99999"], "a name and an address are needed"),
        (&["a=http://127.0.0.1:"], "a name and an address are needed"),
        (&["a=http://user:word@127.0.0.1:1"], "a name and an address are needed"),
        (&["a/b=http://127.0.0.1:1"], r#""a/b" is no name"#),
        (&["--deadline", "-1", "a=http://127.0.0.1:1"], "error: "),
        (&["--deadline", "soon", "a=http://127.0.0.1:1"], "a number of seconds is needed, such as 0.5"),
        (&["a=http://127.0.0.1:1", "a=http://127.0.0.1:2"], "two upstreams have the name \"a\""),
    ] {
        let printed = refused(arguments).await;
        assert!(printed.contains(told), "{arguments:?}: {printed}");
        assert!(!printed.contains("panicked"), "{printed}");
    }
}

//! The text of a rejection is one bounded line, whatever the server put into it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::{Empty, Full};
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};
use tower_content_check::{
    BoxError, ContentCheckError, ContentCheckLayer, End, Rejection,
    check::{
        BoxCheck, Checksum, ContentType, Digest, GrpcStatus, Json, JsonInto, PartialContent, Prefix, Suffix,
        Utf8, check_fn, check_json,
    },
};

fn checks() -> Vec<(&'static str, BoxCheck)> {
    let said = check_json(|value: &Value| Err(Rejection::transient(format!("the answer is {value}"))));
    let text = check_json(|value: &Value| {
        Err(Rejection::permanent(value[0].as_str().unwrap_or_default().to_owned()))
    });
    let whole =
        check_fn(|end: &mut End<'_>| Err(Rejection::cut(String::from_utf8_lossy(&end.bytes()).into_owned())));
    vec![
        ("a type", BoxCheck::new(ContentType::new("application/json"))),
        ("JSON", BoxCheck::new(Json::new())),
        ("JSON of a type", BoxCheck::new(JsonInto::<Vec<bool>>::new())),
        ("JSON of fields", BoxCheck::new(JsonInto::<std::time::Duration>::new())),
        ("a value", BoxCheck::new(said)),
        ("a text", BoxCheck::new(text)),
        ("the content", BoxCheck::new(whole)),
        ("a begin", BoxCheck::new(Prefix::new("\u{1b}[31m\r\n"))),
        ("an end", BoxCheck::new(Suffix::new("\u{1b}[31m\r\n"))),
        ("UTF-8", BoxCheck::new(Utf8::new())),
        ("a digest", BoxCheck::new(Digest::new().require())),
        ("a checksum", BoxCheck::new(Checksum::new())),
        ("a status", BoxCheck::new(GrpcStatus::new())),
        ("a part", BoxCheck::new(PartialContent::new())),
    ]
}

fn plain(text: &str) -> bool {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().count() <= 400 && !text.chars().any(hidden)
}

#[tokio::test]
async fn the_text_of_a_rejection_is_one_bounded_line() {
    let long = |text: &str| text.repeat(500);
    let values = ["a\tb", "\u{202e}txt.exe\u{2028}", "\u{85}\u{9b}31m", "x"];
    let bodies = [
        long("\r\n\u{1b}[31mred"),
        format!("[\"{}\"]", long("\\r\\n\\u001b[31m\\u202e\\u2028")),
        format!("[\"{}\"]", long("\u{202e}\u{2066}\u{85}\u{9b}")),
        format!("{{\"{}\": 1}}", long("\u{202e}\u{2028}")),
    ];
    let fields = [
        "content-type",
        "content-encoding",
        "content-range",
        "repr-digest",
        "content-md5",
        "x-amz-checksum-crc32",
        "grpc-status",
        "grpc-message",
    ];
    let (mut rejected, mut wrong) = (0, Vec::new());
    for (name, check) in checks() {
        for field in fields {
            for value in values {
                for body in &bodies {
                    let (value, body) = (HeaderValue::from_bytes(long(value).as_bytes()), body.clone());
                    let value = value.unwrap();
                    let server = service_fn(|_: Request<Empty<Bytes>>| {
                        let status = if field == "content-range" { 206 } else { 200 };
                        let head = Response::builder().status(status).header(field, &value);
                        let response = head.body(Full::new(Bytes::from(body.clone()))).unwrap();
                        async { Ok::<_, BoxError>(response) }
                    });
                    let layer = ContentCheckLayer::new(check.clone());
                    let mut request = Request::new(Empty::new());
                    request.headers_mut().insert("range", HeaderValue::from_static("bytes=0-3"));
                    let Err(error) = layer.layer(server).oneshot(request).await else { continue };
                    let error = error.downcast_ref::<ContentCheckError>().unwrap();
                    rejected += 1;
                    for text in [error.to_string(), error.reason().unwrap_or_default().to_owned()] {
                        if !plain(&text) {
                            wrong.push(format!("{name}, {field}: {text:?}"));
                        }
                    }
                    if format!("{error:?}").contains(['\n', '\u{1b}', '\u{202e}']) {
                        wrong.push(format!("{name}, {field}: Debug {error:?}"));
                    }
                    let mut source = std::error::Error::source(error);
                    while let Some(link) = source {
                        if !plain(&link.to_string()) {
                            wrong.push(format!("{name}, {field}: source {:?}", link.to_string()));
                        }
                        source = link.source();
                    }
                }
            }
        }
    }
    wrong.dedup();
    wrong.truncate(8);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rejected > 500, "{rejected} rejections");
}

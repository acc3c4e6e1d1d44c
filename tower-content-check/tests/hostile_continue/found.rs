//! Answers that were once taken for the rest, each as small as it can be.

use crate::truth::{DATE, TAG};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Channel};
use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Ready, ready},
    pin::pin,
    sync::{Arc, Mutex},
};
use tower::{Layer, ServiceExt, service_fn};
use tower_content_check::{
    BoxError,
    continuation::{Break, ContinueLayer},
};

type Fields = &'static [(&'static str, &'static str)];

const OTHER_DATE: &str = "Wed, 01 Jan 2025 00:00:01 GMT";
const BY_TAG: Fields = &[("content-length", "10"), ("etag", TAG)];
const BY_DATE: Fields =
    &[("content-length", "10"), ("last-modified", DATE), ("date", "Thu, 02 Jan 2025 00:00:00 GMT")];
const BY_DATE_UNTOLD: Fields =
    &[("transfer-encoding", "chunked"), ("last-modified", DATE), ("date", "Thu, 02 Jan 2025 00:00:00 GMT")];

fn response(
    status: u16,
    fields: Fields,
    content: &'static str,
    error: Option<&'static str>,
) -> Response<Channel<Bytes, BoxError>> {
    let (mut sender, body) = Channel::new(1);
    sender.try_send(Frame::data(Bytes::from(content))).unwrap();
    if let Some(error) = error {
        sender.abort(error.into());
    }
    let mut response = Response::new(body);
    *response.status_mut() = status.try_into().unwrap();
    *response.headers_mut() = fields
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .fold(HeaderMap::new(), |mut fields, (name, value)| {
            fields.append(name, value);
            fields
        });
    response
}

/// What is read of a body of which five bytes of ten come, and then `rest`.
async fn read(first: Fields, rest: (u16, Fields, &'static str)) -> (Vec<u8>, bool) {
    let answers = VecDeque::from([
        response(200, first, "01234", Some("reset")),
        response(rest.0, rest.1, rest.2, None),
    ]);
    let answers = Arc::new(Mutex::new(answers));
    let client = service_fn(move |_: Request<()>| {
        ready(Ok::<_, Infallible>(answers.lock().unwrap().pop_front().expect("one request for the rest")))
    });
    let once = |broke: &Break<'_>| -> Option<Ready<()>> { (broke.number() == 1).then(|| ready(())) };
    let service = ContinueLayer::new(once).allow_last_modified().layer(client);
    let response = service.oneshot(Request::get("/").body(()).unwrap()).await.unwrap();
    let (mut body, mut came) = (pin!(response.into_body()), Vec::new());
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => came.extend_from_slice(&frame.into_data().unwrap()),
            Err(_) => return (came, false),
        }
    }
    (came, true)
}

#[tokio::test]
async fn none_of_these_is_the_rest() {
    let cases: &[(&str, Fields, (u16, Fields, &str))] = &[
        (
            "a part of two dates, of which the first is the right one",
            BY_DATE,
            (
                206,
                &[("last-modified", DATE), ("last-modified", OTHER_DATE), ("content-range", "bytes 5-9/10")],
                "xxxxx",
            ),
        ),
        (
            "several parts in one, where no media type was said before",
            BY_TAG,
            (
                206,
                &[
                    ("etag", TAG),
                    ("content-type", "multipart/byteranges; boundary=x"),
                    ("content-range", "bytes 5-9/10"),
                ],
                "xxxxx",
            ),
        ),
        (
            "a part with the status of a whole",
            BY_TAG,
            (
                200,
                &[("etag", TAG), ("content-range", "bytes 5-9/10"), ("transfer-encoding", "chunked")],
                "56789xxxxx",
            ),
        ),
        (
            "the end of a version of another date",
            BY_DATE_UNTOLD,
            (416, &[("last-modified", OTHER_DATE), ("content-range", "bytes */5")], "xxxxx"),
        ),
    ];
    for (case, first, rest) in cases {
        let (came, well) = read(first, *rest).await;
        assert_eq!((String::from_utf8(came).unwrap().as_str(), well), ("01234", false), "{case}");
    }
}

//! Where the layer stands beside decompression: digests below it, content above it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]
#![cfg(all(feature = "digest", feature = "json"))]

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Request, Response, header};
use http_body_util::Full;
use std::{convert::Infallible, io::Write};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_content_check::{
    BoxError, ContentCheckError, ContentCheckLayer,
    check::{Digest, Json, Length},
};
use tower_http::decompression::DecompressionLayer;

const CONTENT: &str = r#"{"hello": "world"}"#;

fn gzip(content: &str) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content.as_bytes()).unwrap();
    encoder.finish().unwrap().into()
}

/// The digest that a right body of `of` has.
fn digest_of(of: &[u8]) -> String {
    use sha2::Digest as _;

    let item = sfv::BareItem::ByteSequence(sha2::Sha256::digest(of).to_vec());
    let mut digest = sfv::DictSerializer::new();
    let _ = digest.bare_item(sfv::key_ref("sha-256"), &item);
    digest.finish().unwrap()
}

fn server(
    body: Bytes,
    digest: String,
) -> impl Service<Request<Full<Bytes>>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send> + Clone
{
    service_fn(move |_: Request<Full<Bytes>>| {
        let response = Response::builder()
            .header(header::CONTENT_ENCODING, "gzip")
            .header(header::CONTENT_LENGTH, body.len())
            .header("content-digest", &digest)
            .body(Full::new(body.clone()))
            .unwrap();
        async { Ok(response) }
    })
}

/// The stack of the documentation: content above decompression, bytes below.
async fn call(body: Bytes, digest: String) -> Result<String, BoxError> {
    let service = ServiceBuilder::new()
        .layer(ContentCheckLayer::new(Json::new()))
        .layer(DecompressionLayer::new())
        .layer(ContentCheckLayer::new((Length::new(), Digest::new().require())))
        .service(server(body, digest));
    service.oneshot(Request::default()).await?.into_body().into_text().await
}

fn error(error: &BoxError) -> &ContentCheckError {
    let mut error: &(dyn std::error::Error + 'static) = error.as_ref();
    loop {
        if let Some(found) = error.downcast_ref() {
            return found;
        }
        error = error.source().expect("an error of the content check is in the chain");
    }
}

#[tokio::test]
async fn digests_below_and_content_above() {
    let body = gzip(CONTENT);
    assert_eq!(call(body.clone(), digest_of(&body)).await.unwrap(), CONTENT);

    let damaged = error(&call(body.clone(), digest_of(b"other")).await.unwrap_err()).to_string();
    assert_eq!(damaged, "content rejected: content does not agree with its Content-Digest");

    let html = gzip("<html></html>");
    let wrong = error(&call(html.clone(), digest_of(&html)).await.unwrap_err()).to_string();
    assert_eq!(wrong, "content rejected: content is not JSON");

    let cut = body.slice(..body.len() - 10);
    let cut = call(cut.clone(), digest_of(&cut)).await.unwrap_err();
    assert!(error(&cut).is_body(), "what decompression cannot finish is a broken body");
}

#[tokio::test]
async fn the_wrong_places_are_told() {
    let body = gzip(CONTENT);
    let server = server(body.clone(), digest_of(&body));
    let content_below = ContentCheckLayer::new(Json::new()).layer(server.clone());
    let refused = content_below.oneshot(Request::default()).await.unwrap_err();
    assert!(error(&refused).is_permanent());
    assert_eq!(
        error(&refused).reason(),
        Some("body is still encoded (gzip): place a decompression layer below the content check")
    );

    let digest_above = ServiceBuilder::new()
        .layer(ContentCheckLayer::new(Digest::new()))
        .layer(DecompressionLayer::new())
        .service(server);
    let refused = digest_above.oneshot(Request::default()).await.err().unwrap();
    assert_eq!(error(&refused).reason(), Some("content does not agree with its Content-Digest"));
}

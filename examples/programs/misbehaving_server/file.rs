//! A file, longer than any connection lasts.

use crate::Body;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, RANGE},
};
use http_body_util::{BodyExt, Channel};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::time::sleep;
use tower::BoxError;

const LENGTH: usize = 200_000;
/// So much of it, and the connection is gone.
const LASTS: usize = 64 * 1024;
const TAG: &str = "\"1\"";

/// The file, or the part of it that is asked for.
pub(crate) fn answer(asked: &HeaderMap) -> Result<Response<Body>, BoxError> {
    let mut random = fastrand::Rng::with_seed(1);
    let content: Bytes = std::iter::repeat_with(|| random.u8(..)).take(LENGTH).collect();
    let digest = BASE64_STANDARD.encode(Sha256::digest(&content));
    let is_this = asked.get(IF_RANGE).is_none_or(|tag| tag == TAG);
    let (status, first, last) =
        match asked.get(RANGE).filter(|_| is_this).and_then(|range| bounds(range.to_str().ok()?)) {
            Some((first, last)) => (StatusCode::PARTIAL_CONTENT, first, last),
            None => (StatusCode::OK, 0, LENGTH - 1),
        };
    let part = content.slice(first..=last);
    let mut response = Response::builder()
        .status(status)
        .header(CONTENT_LENGTH, part.len())
        .header(ETAG, TAG)
        .header("repr-digest", format!("sha-256=:{digest}:"));
    if status == StatusCode::PARTIAL_CONTENT {
        response = response.header(CONTENT_RANGE, format!("bytes {first}-{last}/{LENGTH}"));
    }
    let (mut sender, body) = Channel::<Bytes, BoxError>::new(1);
    tokio::spawn(async move {
        let breaks_off = part.len() > LASTS;
        if sender.send_data(part.slice(..part.len().min(LASTS))).await.is_ok() && breaks_off {
            sleep(Duration::from_millis(20)).await; // until the client has read it
            sender.abort("cut".into());
        }
    });
    Ok(response.body(body.boxed_unsync())?)
}

/// First and last byte of `bytes=FIRST-LAST`, the second of which may be missing; nothing for others, which may be ignored.
fn bounds(range: &str) -> Option<(usize, usize)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let first = first.parse().ok()?;
    let last = if last.is_empty() { LENGTH - 1 } else { last.parse::<usize>().ok()?.min(LENGTH - 1) };
    (first <= last).then_some((first, last))
}

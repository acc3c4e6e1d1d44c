//! The digest checks beside what one would do by hand: call the service, hash its frames, hand them on. The hash alone,
//! without a response, stands beside it.
//!
//! `cargo bench --manifest-path tower-content-check/bench/Cargo.toml --bench digest`

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use sha2::{Digest as _, Sha256, Sha512};
use tower_content_check::{
    Check, ContentCheckLayer,
    check::{Checksum, Digest},
};
use tower_content_check_bench::{Answer, Contender, compare, drain, material, poll_now};
use tower_layer::Layer;
use tower_service::Service;

fn main() {
    for bytes in [7_000, 1_000_000] {
        let content = material::records(bytes);
        let frames = Answer::cut(&content, 16 * 1024);
        let titled = |algorithm| format!("{algorithm}, {bytes}");

        let sha256 = stated("content-digest", &format!("sha-256=:{}:", base64(&Sha256::digest(&content))));
        compare(
            &titled("SHA-256"),
            content.len(),
            &mut [
                by_hand(
                    "sha2 on the way of the frames",
                    Sha256::new,
                    |hasher, frame| hasher.update(frame),
                    Sha256::finalize,
                    &frames,
                    &sha256,
                ),
                Contender::new("sha2 alone", || hash::<Sha256>(&frames)),
                check("Content-Digest", Digest::new(), &frames, &sha256),
            ],
        );
        let sha512 = stated("content-digest", &format!("sha-512=:{}:", base64(&Sha512::digest(&content))));
        compare(
            &titled("SHA-512"),
            content.len(),
            &mut [
                by_hand(
                    "sha2 on the way of the frames",
                    Sha512::new,
                    |hasher, frame| hasher.update(frame),
                    Sha512::finalize,
                    &frames,
                    &sha512,
                ),
                Contender::new("sha2 alone", || hash::<Sha512>(&frames)),
                check("Content-Digest", Digest::new(), &frames, &sha512),
            ],
        );
        let crc32 = stated("x-amz-checksum-crc32", &base64(&crc32fast::hash(&content).to_be_bytes()));
        compare(
            &titled("CRC-32"),
            content.len(),
            &mut [
                by_hand(
                    "crc32fast on the way of the frames",
                    crc32fast::Hasher::new,
                    |hasher, frame| hasher.update(frame),
                    crc32fast::Hasher::finalize,
                    &frames,
                    &crc32,
                ),
                Contender::new("crc32fast alone", || {
                    let mut hasher = crc32fast::Hasher::new();
                    frames.iter().for_each(|frame| hasher.update(frame));
                    hasher.finalize()
                }),
                check("x-amz-checksum-crc32", Checksum::new(), &frames, &crc32),
            ],
        );
    }
}

fn hash<D: sha2::Digest>(frames: &[Bytes]) -> u8 {
    let mut hasher = D::new();
    frames.iter().for_each(|frame| hasher.update(frame));
    hasher.finalize()[0]
}

fn by_hand<'a, H, T>(
    name: &'static str,
    new: fn() -> H,
    update: fn(&mut H, &[u8]),
    finish: fn(H) -> T,
    frames: &'a [Bytes],
    headers: &'a HeaderMap,
) -> Contender<'a>
where
    H: 'a,
    T: 'a,
{
    let mut service = Answer::new(frames, headers);
    Contender::new(name, move || {
        let response = poll_now(service.call(Request::new(()))).expect("it answers");
        let mut hasher = new();
        drain(response.into_body(), |frame| update(&mut hasher, frame));
        finish(hasher)
    })
}

fn check<'a, C>(name: &'static str, check: C, frames: &'a [Bytes], headers: &'a HeaderMap) -> Contender<'a>
where
    C: Check + Clone + 'a,
{
    let mut service = ContentCheckLayer::new(check).layer(Answer::new(frames, headers));
    Contender::new(name, move || {
        let response = poll_now(service.call(Request::new(()))).expect("it agrees");
        drain(response.into_body(), |_| ());
    })
}

fn stated(name: &'static str, value: &str) -> HeaderMap {
    let value = HeaderValue::try_from(value).expect("it is a field value");
    HeaderMap::from_iter([(HeaderName::from_static(name), value)])
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = bytes.chunks(3).flat_map(|group| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
        (0..4).map(move |at| {
            if at > group.len() { '=' } else { char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]) }
        })
    });
    letters.collect()
}

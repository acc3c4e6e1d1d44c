//! Bodies that are continued over real connections, by hyper-util's client and tower's retry.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]
#![cfg(feature = "checksum")]

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Request, Response, header};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{
    future::Ready,
    io::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, retry::Policy};
use tower_content_check::{
    BoxError, Check, CheckedBody, ContentCheckError, ContentCheckLayer,
    check::{BoxCheck, Checksum, Digest, Length},
    resume::{ResumableLayer, ResumeBody, ResumeLayer},
};
use tower_http::decompression::DecompressionLayer;

/// The server's story: the heads of the requests that it saw.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn fields(&self, name: &str) -> Vec<Option<String>> {
        let field = |head: &String| {
            head.lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(field, _)| field.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
        };
        self.0.lock().unwrap().iter().map(field).collect()
    }

    /// The first byte that each request asks for.
    fn begins(&self) -> Vec<usize> {
        let first =
            |range: Option<String>| range.map_or(0, |range| first_of(range.strip_prefix("bytes=").unwrap()));
        self.fields("range").into_iter().map(first).collect()
    }
}

fn first_of(range: &str) -> usize {
    range.split_once('-').unwrap().0.parse().unwrap()
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

/// Answers each request by its number and its head, on a connection of its own.
async fn serve(mut answer: impl FnMut(usize, &str) -> Vec<u8> + Send + 'static) -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Seen::default();
    let told = seen.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let Some(head) = read_head(&mut stream).await else { continue };
            let number = {
                let mut told = told.0.lock().unwrap();
                told.push(head.clone());
                told.len() - 1
            };
            let _ = stream.write_all(&answer(number, &head)).await;
        }
    });
    (address, seen)
}

fn script(answers: &[&str]) -> impl FnMut(usize, &str) -> Vec<u8> + Send + 'static {
    let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    move |number, _| answers[number].clone().into_bytes()
}

fn client() -> Client<HttpConnector, Empty<Bytes>> {
    Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http()
}

/// Retries what the content check does not accept, so often; keeps what was said.
#[derive(Clone)]
struct Again {
    left: usize,
    said: Arc<Mutex<Vec<String>>>,
}

impl<B> Policy<Request<Empty<Bytes>>, Response<B>, BoxError> for Again {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<Empty<Bytes>>,
        result: &mut Result<Response<B>, BoxError>,
    ) -> Option<Ready<()>> {
        let error = result.as_ref().err()?;
        let error = error.downcast_ref::<ContentCheckError>().expect("all errors are those of the check");
        let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        self.said.lock().unwrap().push(format!("{error}: {source}"));
        self.left = self.left.checked_sub(1)?;
        Some(std::future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<Empty<Bytes>>) -> Option<Request<Empty<Bytes>>> {
        Some(request.clone())
    }
}

fn get(address: SocketAddr) -> Request<Empty<Bytes>> {
    Request::get(format!("http://{address}/")).body(Empty::new()).unwrap()
}

/// How a call ended, what the server saw, and what was said of each failed attempt.
type Call = (Result<Response<CheckedBody<ResumeBody<Incoming>>>, BoxError>, Seen, Vec<String>);

/// Ten attempts at the most.
async fn fetch<C: Check + Clone>(check: C, answers: &[&str]) -> Call {
    let (address, seen) = serve(script(answers)).await;
    let again = Again { left: 9, said: Arc::default() };
    let said = again.said.clone();
    let service = ServiceBuilder::new()
        .layer(ResumableLayer::new())
        .retry(again)
        .layer(ContentCheckLayer::new(check))
        .layer(ResumeLayer::new())
        .service(client());
    let outcome = service.oneshot(get(address)).await;
    let said = said.lock().unwrap().clone();
    (outcome, seen, said)
}

const CUT: &str = "HTTP/1.1 200 OK\r\netag: \"v1\"\r\ncontent-length: 10\r\n\r\n0123";
const WHOLE: &str = "HTTP/1.1 200 OK\r\netag: \"v1\"\r\ncontent-length: 10\r\n\r\n0123456789";
const REST: &str =
    "HTTP/1.1 206 Partial\r\netag: \"v1\"\r\ncontent-range: bytes 4-9/10\r\ncontent-length: 6\r\n\r\n456789";
/// A part that says nothing of where it belongs.
const NO_RANGE: &str = "HTTP/1.1 206 Partial\r\netag: \"v1\"\r\ncontent-length: 6\r\n\r\n456789";
const CHANGED: &str =
    "HTTP/1.1 206 Partial\r\netag: \"v2\"\r\ncontent-range: bytes 4-9/10\r\ncontent-length: 6\r\n\r\nefghij";
/// Four chunks of which the last one, which would be empty, does not come.
const NO_END: &str =
    "HTTP/1.1 200 OK\r\netag: \"v1\"\r\ntransfer-encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n";
const NO_END_CUT: &str = "HTTP/1.1 200 OK\r\netag: \"v1\"\r\ntransfer-encoding: chunked\r\n\r\n3\r\n012\r\n";
const AT_END: &str = "HTTP/1.1 416 No\r\ncontent-range: bytes */10\r\ncontent-length: 4\r\n\r\n<no>";

#[tokio::test]
async fn each_refusal_is_handled_as_what_it_is() {
    let unknown =
        "HTTP/1.1 206 Partial\r\netag: \"v1\"\r\ncontent-range: bytes 3-5/*\r\ncontent-length: 3\r\n\r\n345";
    let to_end = "HTTP/1.1 206 Partial\r\netag: \"v1\"\r\ncontent-range: bytes 3-9/*\r\ncontent-length: 7\r\n\r\n3456789";
    let from_six = "HTTP/1.1 206 Partial\r\netag: \"v1\"\r\ncontent-range: bytes 6-9/10\r\ncontent-length: 4\r\n\r\n6789";
    // Properly ended, and four bytes short of its range.
    let short = "HTTP/1.1 206 Partial\r\netag: \"v1\"\r\ncontent-range: bytes 4-9/10\r\ntransfer-encoding: chunked\r\n\r\n\
                 2\r\n45\r\n0\r\n\r\n";
    let shorter = "HTTP/1.1 416 No\r\ncontent-range: bytes */3\r\ncontent-length: 0\r\n\r\n";
    // the answers, the first byte that each attempt asks for
    let cases: &[(&[&str], &[usize])] = &[
        (&[CUT, REST], &[0, 4]),
        (&[NO_END, AT_END], &[0, 10]),
        (&[CUT, AT_END, REST], &[0, 4, 4]),
        (&[CUT, NO_RANGE, REST], &[0, 4, 4]),
        (&[CUT, NO_RANGE, NO_RANGE, WHOLE], &[0, 4, 4, 0]),
        (&[CUT, NO_RANGE, NO_RANGE, CUT, REST], &[0, 4, 4, 0, 4]),
        (&[CUT, NO_RANGE, CUT, NO_RANGE, WHOLE], &[0, 4, 4, 4, 4]),
        (&[CUT, CHANGED, WHOLE], &[0, 4, 0]),
        (&[CUT, CHANGED, CUT, REST], &[0, 4, 0, 4]),
        (&[CUT, shorter, CUT, REST], &[0, 4, 0, 4]),
        (&[NO_END_CUT, unknown, from_six], &[0, 3, 6]),
        (&[NO_END_CUT, to_end, AT_END], &[0, 3, 10]),
        (&[CUT, short, from_six], &[0, 4, 6]),
    ];
    for (answers, asked) in cases {
        // With and without a check that would look at the length.
        for check in [BoxCheck::new(()), BoxCheck::new(Length::new())] {
            let (outcome, seen, said) = fetch(check, answers).await;
            let content =
                outcome.expect("the whole comes in the end").into_body().into_bytes().await.unwrap();
            assert_eq!(content, "0123456789", "{answers:?}");
            assert_eq!(seen.begins(), *asked, "{answers:?} {said:?}");
        }
    }
}

/// Of `0123456789`.
const SHA_256: &str = "sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=:";

/// The first answer with everything that covers the whole, cut.
fn described() -> String {
    format!(
        "HTTP/1.1 200 OK\r\netag: \"v1\"\r\ncontent-length: 10\r\nconnection: close\r\nrepr-digest: {SHA_256}\r\n\
         content-digest: {SHA_256}\r\nx-amz-checksum-crc32: poTHxg==\r\ncontent-type: text/plain\r\n\
         content-language: en\r\nlast-modified: Mon, 23 Nov 2026 18:00:00 GMT\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n\
         date: Mon, 23 Nov 2026 18:00:01 GMT\r\n\r\n0123"
    )
}

/// What a server says of a part (RFC 9110 section 15.3.7), with digests of the part.
fn described_rest(content: &str) -> String {
    format!(
        "HTTP/1.1 206 Partial\r\netag: \"v1\"\r\ncontent-range: bytes 4-9/10\r\ncontent-length: 6\r\n\
         content-md5: 4X4Rv2rv2Yq4wGQnS1ZrUA==\r\nx-amz-checksum-crc32: AAAAAA==\r\n\
         content-digest: sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:\r\ncache-control: no-store\r\n\
         set-cookie: c=3\r\ndate: Mon, 23 Nov 2026 18:00:09 GMT\r\n\r\n{content}"
    )
}

#[tokio::test]
async fn the_head_of_the_whole_is_that_of_the_first_answer() {
    let checks = || {
        [
            BoxCheck::new(()),
            BoxCheck::new(Digest::new()),
            BoxCheck::new(Digest::new().require()),
            BoxCheck::new(Checksum::new()),
        ]
    };
    for check in checks() {
        let (outcome, ..) = fetch(check, &[&described(), &described_rest("456789")]).await;
        let answer = outcome.expect("right content is accepted");
        let fields: Vec<_> = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .filter(|(name, _)| !name.contains("digest"))
            .collect();
        let expected = [
            ("etag", "\"v1\""),
            ("content-length", "10"),
            ("x-amz-checksum-crc32", "poTHxg=="),
            ("content-type", "text/plain"),
            ("content-language", "en"),
            ("last-modified", "Mon, 23 Nov 2026 18:00:00 GMT"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("date", "Mon, 23 Nov 2026 18:00:01 GMT"),
        ];
        for field in &expected {
            assert!(fields.contains(field), "{field:?} of {fields:?}");
        }
        assert_eq!(fields.len(), expected.len(), "{fields:?}");
        for digest in ["repr-digest", "content-digest"] {
            assert_eq!(answer.headers()[digest], SHA_256);
        }
        assert_eq!(answer.into_body().into_bytes().await.unwrap(), "0123456789");
    }
}

#[tokio::test]
async fn a_damaged_rest_does_not_pass_the_digests_of_the_first_answer() {
    let damaged = described_rest("456788");
    let cases = [
        (BoxCheck::new(Digest::new()), "Digest"),
        (BoxCheck::new(Digest::new().require()), "Digest"),
        (BoxCheck::new(Checksum::new()), "x-amz-checksum-crc32"),
    ];
    for (check, field) in cases {
        let (outcome, seen, said) =
            fetch(check, &[&described(), &damaged, &described(), &described_rest("456789")]).await;
        assert!(said[1].starts_with("content rejected: content does not agree with its "), "{said:?}");
        assert!(said[1].contains(field), "{said:?}");
        assert_eq!(seen.begins(), [0, 4, 0, 4], "damaged content is not built upon");
        assert_eq!(outcome.unwrap().into_body().into_bytes().await.unwrap(), "0123456789");
    }
}

#[tokio::test]
async fn a_digest_of_the_whole_in_the_trailers_of_the_last_part_stands() {
    let rest = |content: &str| {
        format!(
            "HTTP/1.1 206 Partial\r\netag: \"v1\"\r\ncontent-range: bytes 4-9/10\r\ntransfer-encoding: chunked\r\n\
             trailer: repr-digest\r\n\r\n6\r\n{content}\r\n0\r\nrepr-digest: {SHA_256}\r\n\
             content-md5: 4X4Rv2rv2Yq4wGQnS1ZrUA==\r\n\r\n"
        )
    };
    let check = (Digest::new().require(), Checksum::new());
    let (outcome, _, said) = fetch(check, &[CUT, &rest("456788"), CUT, &rest("456789")]).await;
    assert!(said[1].contains("Repr-Digest"), "{said:?}");
    assert_eq!(outcome.unwrap().into_body().into_bytes().await.unwrap(), "0123456789");
}

// ===== content codings =====

/// Content that cannot be packed, so that offsets of the packed bytes are nearly those of the content.
fn content() -> Vec<u8> {
    let mut state = 1_u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(20_000)
    .collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// How the server that has only packed bytes tells of them.
#[derive(Clone, Copy, Debug)]
struct Telling {
    chunked: bool,
    /// Whether a part says `Content-Encoding` again.
    repeats: bool,
    /// Whether it sends plain content to those who do not ask for gzip, with the same tag, which is wrong.
    negotiates: bool,
}

/// A file that is cut at 15,000 bytes in the first answer, whole without a range, and from the byte asked for with one.
fn file(telling: Telling) -> impl FnMut(usize, &str) -> Vec<u8> + Send + 'static {
    let (plain, packed) = (content(), gzip(&content()));
    move |number, head| {
        let head = head.to_ascii_lowercase();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let wants_gzip = field("accept-encoding: ").is_some_and(|value| value.contains("gzip"));
        let coded = wants_gzip || !telling.negotiates;
        let all = if coded { &packed } else { &plain };
        let first = field("range: bytes=").map(|range| first_of(&range));
        let from = first.unwrap_or(0).min(all.len() - 1);
        let bytes = &all[from..];
        let mut answer = String::from("HTTP/1.1 200 OK\r\netag: \"v1\"\r\n");
        if first.is_some() {
            answer = format!(
                "HTTP/1.1 206 Partial\r\netag: \"v1\"\r\ncontent-range: bytes {from}-{}/{}\r\n",
                all.len() - 1,
                all.len()
            );
        }
        if telling.negotiates {
            answer.push_str("vary: accept-encoding\r\n");
        }
        if coded && (first.is_none() || telling.repeats) {
            answer.push_str("content-encoding: gzip\r\n");
        }
        let chunked = telling.chunked && first.is_none();
        if chunked {
            answer.push_str(&format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n", bytes.len()));
        } else {
            answer.push_str(&format!("content-length: {}\r\n\r\n", bytes.len()));
        }
        let mut answer = answer.into_bytes();
        if number == 0 {
            answer.extend_from_slice(&bytes[..15_000]);
            return answer;
        }
        answer.extend_from_slice(bytes);
        if chunked {
            answer.extend_from_slice(b"\r\n0\r\n\r\n");
        }
        answer
    }
}

fn tellings() -> impl Iterator<Item = Telling> {
    (0..8).map(|bits| Telling { chunked: bits & 1 > 0, repeats: bits & 2 > 0, negotiates: bits & 4 > 0 })
}

async fn download<L, B>(stack: L, telling: Telling, accepts: Option<&str>) -> (Result<Bytes, BoxError>, Seen)
where
    L: Layer<Client<HttpConnector, Empty<Bytes>>>,
    L::Service: Service<Request<Empty<Bytes>>, Response = Response<CheckedBody<B>>, Error = BoxError> + Clone,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    let (address, seen) = serve(file(telling)).await;
    let mut request = get(address);
    if let Some(accepts) = accepts {
        request.headers_mut().insert(header::ACCEPT_ENCODING, accepts.parse().unwrap());
    }
    let service = ServiceBuilder::new()
        .layer(ResumableLayer::new())
        .retry(Again { left: 3, said: Arc::default() })
        .layer(stack)
        .service(client());
    let outcome = match service.oneshot(request).await {
        Ok(response) => response.into_body().into_bytes().await,
        Err(error) => Err(error),
    };
    (outcome, seen)
}

#[tokio::test]
async fn above_decompression_nothing_is_joined() {
    for telling in tellings() {
        for accepts in [None, Some("gzip"), Some("gzip, identity;q=0.5")] {
            if accepts.is_none() && telling.chunked && !telling.negotiates {
                // Nothing tells such an answer from one that was not packed; `Content-Length` or `Vary` would.
                continue;
            }
            let stack = ServiceBuilder::new()
                .layer(ContentCheckLayer::new(()))
                .layer(ResumeLayer::new())
                .layer(DecompressionLayer::new());
            let (outcome, seen) = download(stack, telling, accepts).await;
            assert!(outcome.unwrap() == content(), "{telling:?} {accepts:?}");
            assert_eq!(seen.fields("range"), [None, None], "{telling:?} {accepts:?}: not continued");
        }
    }
}

#[tokio::test]
async fn below_decompression_the_packed_bytes_are_continued() {
    for telling in tellings() {
        for accepts in [None, Some("gzip")] {
            let stack = ServiceBuilder::new()
                .layer(ContentCheckLayer::new(()))
                .layer(DecompressionLayer::new())
                .layer(ResumeLayer::new());
            let (outcome, seen) = download(stack, telling, accepts).await;
            assert!(outcome.unwrap() == content(), "{telling:?} {accepts:?}");
            // A part that does not say its coding has the same if it has the same length of the whole.
            let proven = telling.repeats || !telling.chunked;
            assert_eq!(seen.begins(), [0, 15_000, 0][..if proven { 2 } else { 3 }], "{telling:?}");
        }
    }
}

#[tokio::test]
async fn plain_content_is_continued_on_either_side_of_decompression() {
    // It sends gzip only to those who ask.
    let telling = Telling { chunked: false, repeats: true, negotiates: true };
    let above = ServiceBuilder::new()
        .layer(ContentCheckLayer::new(()))
        .layer(ResumeLayer::new())
        .layer(DecompressionLayer::new());
    let below = ServiceBuilder::new()
        .layer(ContentCheckLayer::new(()))
        .layer(DecompressionLayer::new())
        .layer(ResumeLayer::new());
    let accepts = Some("identity");
    for (outcome, seen) in [download(above, telling, accepts).await, download(below, telling, accepts).await]
    {
        assert!(outcome.unwrap() == content());
        assert_eq!(seen.fields("range"), [None, Some("bytes=15000-19999".to_owned())]);
    }
}

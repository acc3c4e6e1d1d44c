//! Digest fields: the vectors of RFC 9530, and where the fields may stand.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]
#![cfg(feature = "digest")]

mod support;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Response};
use support::{Fields, Script, Step, call, data, error, headers, response};
use tower_content_check::{ContentCheckLayer, check::Digest};

const HELLO: &str = "{\"hello\": \"world\"}\n";
const HELLO_SHA256: &str = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
const EMPTY_SHA256: &str = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";

#[derive(Debug, PartialEq)]
enum Outcome {
    /// Compared, and equal.
    Agrees,
    /// Compared, and different.
    Differs,
    /// Nothing to compare.
    Silent,
}

/// Each response is judged twice: a strict check tells agreement from silence.
async fn judge(response: impl Fn() -> Response<Script>) -> Outcome {
    let lenient = call(ContentCheckLayer::new(Digest::new()), response()).await;
    let strict = call(ContentCheckLayer::new(Digest::new().require()), response()).await;
    if lenient.is_err() {
        let (lenient, strict) = (error(lenient), error(strict));
        assert_eq!(lenient.to_string(), strict.to_string());
        assert!(lenient.is_rejected() && !lenient.is_permanent());
        return Outcome::Differs;
    }
    if strict.is_ok() {
        return Outcome::Agrees;
    }
    let strict = error(strict);
    assert_eq!((strict.reason(), strict.is_permanent()), (Some("no digest that can be compared"), true));
    Outcome::Silent
}

#[tokio::test]
async fn the_published_vectors() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("vectors/content_digest.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 15);
    for case in cases {
        let text = |key: &str| case[key].as_str();
        let content: Bytes = text("content_hex")
            .unwrap()
            .as_bytes()
            .chunks(2)
            .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap())
            .collect();
        let build = |in_trailers: bool, frame: usize| {
            let name: HeaderName = text("field").unwrap().parse().unwrap();
            let fields = HeaderMap::from_iter([(name, text("value").unwrap().parse().unwrap())]);
            let mut steps: Vec<_> =
                content.chunks(frame).map(|data| Step::Data(Bytes::copy_from_slice(data))).collect();
            if in_trailers {
                steps.push(Step::Trailers(fields.clone()));
            }
            let status = case["status"].as_u64().unwrap_or(200) as u16;
            let mut response = response(status, &[], Script::new(steps));
            if !in_trailers {
                response.headers_mut().extend(fields);
            }
            response
        };
        for (in_trailers, frame) in [(false, 1000), (true, 1000), (false, 1), (true, 7)] {
            let outcome = judge(|| build(in_trailers, frame)).await;
            let expected: &[_] = match text("expected").unwrap() {
                "valid" => &[Outcome::Agrees],
                "invalid" => &[Outcome::Differs],
                "malformed" | "malformed_member" | "not_verifiable" => &[Outcome::Silent],
                "malformed_strict_or_valid_lenient" => &[Outcome::Silent, Outcome::Agrees],
                other => panic!("no expectation: {other}"),
            };
            assert!(expected.contains(&outcome), "{} in trailers: {in_trailers}: {outcome:?}", case["id"]);
        }
    }
}

#[tokio::test]
async fn several_fields_and_algorithms() {
    let cases: &[(Fields, u16, Outcome)] = &[
        (&[], 200, Outcome::Silent),
        (&[("content-digest", HELLO_SHA256)], 200, Outcome::Agrees),
        (&[("content-digest", EMPTY_SHA256)], 200, Outcome::Differs),
        (&[("content-digest", "unixsum=:AAAA:"), ("content-digest", HELLO_SHA256)], 200, Outcome::Agrees),
        (&[("content-digest", HELLO_SHA256), ("repr-digest", HELLO_SHA256)], 200, Outcome::Agrees),
        (&[("content-digest", HELLO_SHA256), ("repr-digest", EMPTY_SHA256)], 200, Outcome::Differs),
        (&[("content-digest", EMPTY_SHA256), ("repr-digest", HELLO_SHA256)], 200, Outcome::Differs),
        // of the whole, and this is a part
        (&[("repr-digest", EMPTY_SHA256)], 206, Outcome::Silent),
        (&[("content-digest", EMPTY_SHA256)], 206, Outcome::Differs),
        (&[("content-digest", "sha-256=:AAAA:")], 200, Outcome::Differs),
        (&[("content-digest", "md5=:AAAA:, sha=:AAAA:")], 200, Outcome::Silent),
        (&[("digest", "sha-256=AAAA")], 200, Outcome::Silent),
    ];
    for (fields, status, expected) in cases {
        let outcome = judge(|| {
            let mut response = response(*status, &[], Script::of(HELLO));
            for (name, value) in *fields {
                response.headers_mut().append(*name, value.parse().unwrap());
            }
            response
        });
        assert_eq!(outcome.await, *expected, "{fields:?}");
    }
}

#[tokio::test]
async fn a_digest_in_the_trailers_counts_beside_one_in_the_headers() {
    for (header, trailer, expected) in [
        (HELLO_SHA256, HELLO_SHA256, Outcome::Agrees),
        (HELLO_SHA256, EMPTY_SHA256, Outcome::Differs),
        (EMPTY_SHA256, HELLO_SHA256, Outcome::Differs),
    ] {
        let outcome = judge(|| {
            let trailers = Step::Trailers(headers(&[("content-digest", trailer)]));
            response(200, &[("content-digest", header)], Script::new([data(HELLO), trailers]))
        });
        assert_eq!(outcome.await, expected, "{header} {trailer}");
    }
}

#[tokio::test]
async fn the_reason_names_the_field() {
    let wrong = response(200, &[("repr-digest", EMPTY_SHA256)], Script::of(HELLO));
    let error = error(call(ContentCheckLayer::new(Digest::new()), wrong).await);
    assert_eq!(error.reason(), Some("content does not agree with its Repr-Digest"));
    assert!(error.fingerprint().is_some());
}

#[tokio::test]
async fn byte_sequences_are_read_as_structured_fields_are() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("vectors/content_digest.json")).unwrap();
    let sequences = vectors["sf_byte_sequences"].as_array().unwrap();
    assert!(sequences.len() >= 8);
    for sequence in sequences {
        let value = format!("sha-256={}", sequence["raw"].as_str().unwrap());
        let outcome = judge(|| {
            let mut response = response(200, &[], Script::of(HELLO));
            response.headers_mut().insert("content-digest", value.parse().unwrap());
            response
        });
        // None of them is the digest, so one that is read differs.
        let expected: &[_] = match sequence["rule"].as_str().unwrap() {
            "ok" => &[Outcome::Differs],
            "must_fail" => &[Outcome::Silent],
            "can_fail" => &[Outcome::Differs, Outcome::Silent],
            other => panic!("no rule: {other}"),
        };
        let outcome = outcome.await;
        assert!(expected.contains(&outcome), "{value}: {outcome:?}");
    }
}

//! A 206 to the request for the rest.

use crate::world::{
    FILE, Patient, Reply, Server, Step, TAG, answer, chain, data, fetch, first, get, open, part, range, read,
    reset, rest,
};
use std::time::Duration;
use tokio::time::Instant;
use tower_content_check::{
    check::Checksum,
    continuation::{BreakKind, ContinueLayer},
};

const RANGE: (&str, &str) = ("content-range", "bytes 4-9/10");

fn begin() -> Reply {
    first([data("0123"), reset()])
}

fn unknown() -> Reply {
    answer(200, &[TAG], [data("0123"), reset()])
}

/// What is asked for again, and then right.
async fn assert_refused(second: Reply, reason: &str) {
    let policy = Patient::new(3);
    let server = Server::new([begin(), second, rest(4)]);
    let response = open(&ContinueLayer::new(policy.clone()), &server, get()).await;
    assert_eq!(read(response.into_body()).await.whole(), FILE, "{reason}");
    assert_eq!(server.ranges(), [None, range(4), range(4)], "{reason}");
    let heard = policy.heard();
    assert_eq!((heard[1].kind, heard[1].offset, heard[1].in_a_row), (BreakKind::Answer, 4, 2), "{reason}");
    assert_eq!(heard[1].error, reason);
}

async fn assert_changed(second: Reply, reason: &str) {
    let (failed, server) = fetch([begin(), second]).await;
    assert_eq!(failed.content, "0123", "{reason}");
    assert!(failed.error().is_changed(), "{reason}");
    assert_eq!(chain(failed.error())[0], format!("body broke off at 4 of 10 bytes: {reason}"));
    assert_eq!(server.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn case_11_an_overlap_is_dropped() {
    let long: String = (0..9000).map(|at| char::from(b'a' + (at % 26) as u8)).collect();
    let tail = |from: usize, steps: Vec<Step>| {
        let content_range = format!("bytes {from}-8999/9000");
        answer(206, &[TAG, ("content-range", &content_range)], steps)
    };
    let from = 5000 - 4096;
    for frames in [vec![data(&long[from..])], {
        long.as_bytes()[from..].chunks(100).map(|chunk| data(str::from_utf8(chunk).unwrap())).collect()
    }] {
        let begin = answer(200, &[TAG, ("content-length", "9000")], [data(&long[..5000]), reset()]);
        let (whole, server) = fetch([begin, tail(from, frames)]).await;
        assert!(whole.whole() == long);
        assert_eq!(server.ranges()[1].as_deref(), Some("bytes=5000-8999"));
    }
    // It breaks off within what is known.
    let (whole, server) = fetch([begin(), part(1, 9, [data("12"), reset()]), rest(4)]).await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.ranges(), [None, range(4), range(4)]);
    let (whole, _) = fetch([begin(), part(1, 9, [data("12")]), rest(4)]).await;
    assert_eq!(whole.whole(), FILE);
}

#[tokio::test(start_paused = true)]
async fn case_12_a_part_that_is_the_whole() {
    let (whole, server) = fetch([begin(), part(0, 9, [data(FILE)])]).await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.requests(), 2);

    let policy = Patient::new(3);
    let server = Server::new([begin(), part(0, 9, [data(FILE)]), rest(4)]);
    let response = open(&ContinueLayer::new(policy.clone()).skip(3), &server, get()).await;
    assert_eq!(read(response.into_body()).await.whole(), FILE);
    assert_eq!(policy.heard()[1].error, "the rest of the body begins too far back");
}

#[tokio::test(start_paused = true)]
async fn case_13_a_part_that_begins_too_late() {
    assert_refused(part(5, 9, [data("56789")]), "the rest of the body begins elsewhere").await;
    assert_refused(part(0, 3, [data("0123")]), "the rest of the body ends before it begins").await;
}

#[tokio::test(start_paused = true)]
async fn case_14_an_honest_short_part_is_followed_at_once() {
    for broken in [false, true] {
        let end = broken.then(reset);
        let policy = Patient::new(1);
        let server = Server::new([
            begin(),
            part(4, 5, [data("45")].into_iter().chain(end.clone())),
            part(6, 7, [data("67")].into_iter().chain(end)),
            rest(8),
        ]);
        let begun = Instant::now();
        let response = open(&ContinueLayer::new(policy.clone()).progress(2), &server, get()).await;
        assert_eq!(read(response.into_body()).await.whole(), FILE);
        assert_eq!(server.ranges(), [None, range(4), range(6), range(8)]);
        assert_eq!(policy.heard().len(), 1, "the first break only");
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
    }
    // Parts of next to nothing count.
    let policy = Patient::new(1);
    let server = Server::new([begin(), part(4, 5, [data("45")])]);
    let response = open(&ContinueLayer::new(policy.clone()).progress(7), &server, get()).await;
    let failed = read(response.into_body()).await;
    assert_eq!((failed.content.as_str(), failed.error().is_refused_by_policy()), ("012345", true));
    assert_eq!(policy.heard()[1].error, "the part that was sent is a small one");
}

#[tokio::test(start_paused = true)]
async fn case_15_another_total_is_changed() {
    for range in ["bytes 4-9/11", "bytes 4-8/9", "bytes 4-10/11"] {
        let other = answer(206, &[TAG, ("content-range", range)], [data("456789")]);
        assert_changed(other, "the body has another length than before").await;
    }
}

#[tokio::test(start_paused = true)]
async fn case_16_a_total_that_is_not_stated() {
    let silent = || answer(206, &[TAG, ("content-range", "bytes 4-9/*")], [data("456789")]);
    let (whole, server) = fetch([begin(), silent()]).await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.requests(), 2);
    let (whole, server) = fetch([unknown(), silent(), rest(4)]).await;
    assert_eq!(whole.whole(), FILE);
    let open = Some("bytes=4-".to_owned());
    assert_eq!(server.ranges(), [None, open.clone(), open], "it is not known where it ends");
    // From then on it is.
    let (whole, server) = fetch([unknown(), part(4, 9, [data("4"), reset()]), rest(5)]).await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.ranges()[2], range(5));
}

#[tokio::test(start_paused = true)]
async fn case_17_a_part_without_one_range_of_bytes() {
    const WITHOUT: &str = "the rest of the body came without its range";
    let with = |fields: &[(&str, &str)]| {
        let fields: Vec<_> = [TAG].iter().chain(fields).copied().collect();
        answer(206, &fields, [data("456789")])
    };
    assert_refused(with(&[]), WITHOUT).await;
    assert_refused(with(&[RANGE, RANGE]), WITHOUT).await;
    assert_refused(with(&[("content-range", "items 4-9/10")]), WITHOUT).await;
    let several = with(&[("content-type", "multipart/byteranges; boundary=x")]);
    assert_refused(several, "the rest of the body came in several parts").await;
    let typed = answer(
        200,
        &[TAG, ("content-length", "10"), ("content-type", "text/plain")],
        [data("0123"), reset()],
    );
    let multipart = with(&[RANGE, ("content-type", "multipart/byteranges; boundary=x")]);
    let (whole, server) = fetch([typed, multipart, rest(4)]).await;
    assert_eq!((whole.whole().as_str(), server.requests()), (FILE, 3));
}

#[tokio::test(start_paused = true)]
async fn case_18_numbers_that_are_none() {
    for range in [
        "bytes 10-9/10",
        "bytes 0--1/0",
        "bytes 4-18446744073709551616/18446744073709551617",
        "bytes 4-18446744073709551615/*",
        "bytes 18446744073709551616-18446744073709551617/*",
        "bytes 4-9/",
        "bytes 4-9/-10",
        "bytes */10",
        "bytes",
        "",
    ] {
        let second = answer(206, &[TAG, ("content-range", range)], [data("456789")]);
        assert_refused(second, "the rest of the body came without its range").await;
    }
}

#[tokio::test(start_paused = true)]
async fn case_19_more_than_the_range_is_never_handed_on() {
    // The surplus stands in a frame of its own, or in one with what is right.
    for (frames, got) in [
        (vec![data("4567"), data("89!")], "01234567"),
        (vec![data("45"), data("67"), data("89!!!!!!!!!!!!!!!!")], "01234567"),
        (vec![data("456789!")], "0123"),
    ] {
        let (whole, server) = fetch([begin(), part(4, 9, frames), rest(got.len())]).await;
        assert_eq!(whole.whole(), FILE);
        assert_eq!(server.ranges()[2], range(got.len()));
    }
    let (whole, server) = fetch([begin(), part(4, 5, [data("45"), data("6")]), rest(6)]).await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.ranges()[2], range(6));
    // Where all is out, nothing can be asked for: whether it was right is not known.
    for end in [vec![data("456789"), data("!")], vec![data("4567"), data("89"), data("!")]] {
        let (failed, server) = fetch([begin(), part(4, 9, end)]).await;
        assert_eq!((failed.content.as_str(), server.requests()), (FILE, 2));
        assert_eq!(
            chain(failed.error())[0],
            "body broke off at 10 of 10 bytes: more came than was announced"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn case_20_less_than_the_range_is_a_break() {
    for end in [None, Some(reset())] {
        let short = part(4, 9, [data("45"), data("6")].into_iter().chain(end));
        let (whole, server) = fetch([begin(), short, rest(7)]).await;
        assert_eq!(whole.whole(), FILE);
        assert_eq!(server.ranges(), [None, range(4), range(7)]);
    }
}

#[tokio::test(start_paused = true)]
async fn case_21_a_part_of_another_version() {
    let with = |tags: &[&str]| {
        let fields: Vec<_> = tags.iter().map(|tag| ("etag", *tag)).chain([RANGE]).collect();
        answer(206, &fields, [data("efghij")])
    };
    assert_changed(with(&["\"v2\""]), "the rest of the body is of another version").await;
    const UNPROVEN: &str = "the rest of the body is not known to be of the same version";
    assert_refused(with(&["W/\"v1\""]), UNPROVEN).await;
    assert_refused(with(&[]), UNPROVEN).await;
    assert_refused(with(&["\"v1\"", "\"v1\""]), UNPROVEN).await;
    assert_refused(with(&["v1"]), UNPROVEN).await;
}

#[tokio::test(start_paused = true)]
async fn case_22_fields_need_not_be_repeated() {
    let fields = [
        TAG,
        ("content-length", "10"),
        ("content-type", "text/plain"),
        ("content-encoding", "gzip"),
        ("last-modified", "Mon, 23 Nov 2026 18:00:00 GMT"),
    ];
    let (whole, server) =
        fetch([answer(200, &fields, [data("0123"), reset()]), answer(206, &[TAG, RANGE], [data("456789")])])
            .await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.field(&http::header::ACCEPT_ENCODING), [None, None]);

    // Unless nothing proves that it is the same: what is not packed could be as long as this.
    let unknown = answer(200, &[TAG, ("content-encoding", "gzip")], [data("0123"), reset()]);
    let silent = answer(206, &[TAG, RANGE], [data("456789")]);
    let telling = answer(206, &[TAG, RANGE, ("content-encoding", "gzip")], [data("456789")]);
    let (whole, server) = fetch([unknown, silent, telling]).await;
    assert_eq!((whole.whole().as_str(), server.requests()), (FILE, 3));
}

#[tokio::test(start_paused = true)]
async fn case_23_a_part_that_contradicts() {
    assert_refused(
        answer(206, &[TAG, RANGE, ("content-encoding", "gzip")], [data("456789")]),
        "the rest of the body is encoded, what came before is not: decompression belongs above the layer that asked \
         for it",
    )
    .await;
    for length in ["5", "7", "06", "six"] {
        assert_refused(
            answer(206, &[TAG, RANGE, ("content-length", length)], [data("456789")]),
            "the rest of the body has another length than its range",
        )
        .await;
    }
    let fields = [TAG, ("content-length", "10"), ("last-modified", "Mon, 23 Nov 2026 18:00:00 GMT")];
    let (whole, server) = fetch([
        answer(200, &fields, [data("0123"), reset()]),
        answer(206, &[TAG, RANGE, ("last-modified", "Mon, 23 Nov 2026 18:00:01 GMT")], [data("456789")]),
        rest(4),
    ])
    .await;
    assert_eq!((whole.whole().as_str(), server.requests()), (FILE, 3));
}

#[tokio::test(start_paused = true)]
async fn case_24_what_a_part_says_of_itself_is_not_compared() {
    let fields = [
        TAG,
        RANGE,
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ("content-digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"),
        ("repr-digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"),
        ("x-goog-hash", "crc32c=AAAAAA=="),
        ("x-amz-checksum-crc32", "AAAAAA=="),
    ];
    let server = Server::new([begin(), answer(206, &fields, [data("456789")])]);
    let layer = ContinueLayer::new(Patient::new(3))
        .check((Checksum::new(), tower_content_check::check::Digest::new()));
    let response = open(&layer, &server, get()).await;
    assert_eq!(read(response.into_body()).await.whole(), FILE);
}

//! Sizes, trailers, and checks on the way.

use crate::{
    wholes::SHA_256,
    world::{
        FILE, LENGTH, Patient, Read, Reply, Server, Step, TAG, answer, at_once, chain, data, first, get,
        open, part, read, reset, rest, trailers,
    },
};
use http_body::Body;
use http_body_util::BodyExt;
use std::pin::Pin;
use tower::{Layer, ServiceExt};
use tower_content_check::{
    ContentCheckError, Rejection,
    check::{Checksum, Digest, FlowCheck, Json, Length, MaxSize, NotEmpty, Prefix, Utf8, check_head},
    continuation::ContinueLayer,
};

const WRONG: &str = "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:";

async fn judge<C: FlowCheck + Clone>(
    check: C,
    replies: impl IntoIterator<Item = Reply>,
) -> (Read, Server, Patient) {
    let server = Server::new(replies);
    let policy = Patient::new(3);
    let response = open(&ContinueLayer::new(policy.clone()).check(check), &server, get()).await;
    (read(response.into_body()).await, server, policy)
}

/// What `size_hint` says before each frame, to the end.
async fn hints<B: Body + Unpin>(mut body: B) -> Vec<Option<u64>> {
    let mut hints = vec![body.size_hint().exact()];
    loop {
        assert!(!body.is_end_stream(), "a break or a check may still show");
        let Some(frame) = body.frame().await else { return hints };
        let over = frame.is_err();
        hints.push(body.size_hint().exact());
        if over {
            return hints;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_46_the_size_hint_is_what_is_left() {
    let replies = || [first([data("01"), data("23"), reset()]), part(4, 9, [data("45"), reset()]), rest(6)];
    let plain = ContinueLayer::new(at_once(3));
    let body = open(&plain, &Server::new(replies()), get()).await.into_body();
    assert_eq!(hints(Box::pin(body)).await, [10, 8, 6, 4, 0].map(Some));
    let checked = ContinueLayer::new(at_once(3)).check(Length::new());
    let body = open(&checked, &Server::new(replies()), get()).await.into_body();
    let mut body = Box::pin(body);
    for left in [8, 6, 4, 0] {
        assert!(body.frame().await.unwrap().is_ok());
        assert_eq!(body.size_hint().exact(), Some(left));
    }
    assert!(body.is_end_stream(), "the verdict is in");
    // in a wait, and without a length until a part tells it
    let server =
        Server::new([answer(200, &[TAG], [data("0123"), reset()]), part(4, 9, [data("4"), Step::Hang])]);
    let mut body = Box::pin(open(&ContinueLayer::new(Patient::new(1)), &server, get()).await.into_body());
    assert_eq!(body.size_hint().exact(), None);
    assert!(body.frame().await.unwrap().is_ok());
    tokio::time::timeout(std::time::Duration::from_millis(1), body.frame()).await.unwrap_err();
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (None, false));
    assert!(body.frame().await.unwrap().is_ok());
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(5), false));
    // What is passed on is as it is.
    let server = Server::new([answer(200, &[LENGTH], [data(FILE)])]);
    let body = open(&plain, &server, get()).await.into_body();
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (None, false));
}

#[tokio::test]
async fn case_46_a_server_above_sends_the_length_and_a_cut_shows() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    for whole in [true, false] {
        let second = if whole { rest(4) } else { answer(404, &[], []) };
        let service = ContinueLayer::new(at_once(3))
            .layer(Server::new([first([data("0123"), Step::Yield, reset()]), second]));
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let connection = hyper::server::conn::http1::Builder::new().serve_connection(
            hyper_util::rt::TokioIo::new(server),
            hyper::service::service_fn(move |_| service.clone().oneshot(get())),
        );
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        let outcome = {
            let mut connection = std::pin::pin!(connection);
            // With its whole body sent the connection stays.
            loop {
                tokio::select! {
                    ended = &mut connection => break Some(ended),
                    _ = client.read_buf(&mut answer) => if answer.ends_with(FILE.as_bytes()) { break None },
                }
            }
        };
        // What it had sent by then.
        client.read_to_end(&mut answer).await.unwrap();
        let broken = outcome.is_some_and(|outcome| outcome.is_err());
        let text = String::from_utf8(answer).unwrap();
        assert!(text.contains("content-length: 10\r\n"), "{text}");
        let content = text.split_once("\r\n\r\n").unwrap().1;
        assert_eq!((content, broken), if whole { (FILE, false) } else { ("0123", true) });
    }
}

#[tokio::test(start_paused = true)]
async fn case_47_trailers() {
    let described = [
        ("x-end", "1"),
        ("content-digest", WRONG),
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ("repr-digest", SHA_256),
    ];
    // Those of the last message, without what describes a part; those of what broke off are gone.
    let begin = || first([data("0123"), trailers(&[("x-first", "1")]), reset()]);
    for check in [None, Some((Digest::new(), Checksum::new()))] {
        let last = part(4, 9, [data("456789"), trailers(&described)]);
        let (whole, ..) = judge(check, [begin(), last]).await;
        let names: Vec<_> =
            whole.trailers.as_ref().unwrap().keys().map(|name| name.as_str().to_owned()).collect();
        assert_eq!(names, ["x-end", "repr-digest"]);
        assert_eq!(whole.whole(), FILE);
        // Lost, they are no error.
        let (whole, server, _) = judge(check_again(), [begin(), part(4, 9, [data("456789"), reset()])]).await;
        assert!(whole.trailers.is_none());
        assert_eq!((whole.whole().as_str(), server.requests()), (FILE, 2));
    }
    // A digest in them is compared where it was announced, and one that was required must come.
    let announced = |digest: &str| {
        let fields = [TAG, LENGTH, ("trailer", "x-end, Repr-Digest")];
        [
            answer(200, &fields, [data("0123"), reset()]),
            part(4, 9, [data("456789"), trailers(&[("repr-digest", digest)])]),
        ]
    };
    let (whole, ..) = judge(Digest::new(), announced(SHA_256)).await;
    assert_eq!(whole.whole(), FILE);
    let (failed, ..) = judge(Digest::new(), announced(WRONG)).await;
    assert!(failed.error().is_rejected());
    let unannounced = || {
        [first([data("0123"), reset()]), part(4, 9, [data("456789"), trailers(&[("repr-digest", SHA_256)])])]
    };
    let (whole, ..) = judge(Digest::new().require(), unannounced()).await;
    assert_eq!(whole.whole(), FILE);
    let lost = [first([data("0123"), reset()]), part(4, 9, [data("456789"), reset()])];
    let (failed, ..) = judge(Digest::new().require(), lost).await;
    assert!(failed.error().is_rejected());
    assert_eq!(failed.content, "0123", "the frame that would complete it is held back");
    // Not announced and not required, it was not computed, and is no error.
    let wrong =
        [first([data("0123"), reset()]), part(4, 9, [data("456789"), trailers(&[("repr-digest", WRONG)])])];
    let (whole, ..) = judge(Digest::new(), wrong).await;
    assert_eq!(whole.whole(), FILE);
    // Data behind them is not what was announced.
    let (failed, ..) = judge((), [first([data(FILE), trailers(&[("x-end", "1")]), data("x")])]).await;
    assert_eq!((failed.content.as_str(), failed.error().is_refused_by_policy()), (FILE, false));
}

fn check_again() -> Option<(Digest, Checksum)> {
    Some((Digest::new(), Checksum::new()))
}

#[tokio::test(start_paused = true)]
async fn case_48_a_wrong_digest_is_the_last_frames_error() {
    let begin = |digest| answer(200, &[TAG, LENGTH, ("repr-digest", digest)], [data("0123"), reset()]);
    let (whole, ..) = judge(Digest::new(), [begin(SHA_256), part(4, 9, [data("45"), data("6789")])]).await;
    assert_eq!(whole.frames, [4, 2, 4]);
    assert_eq!(whole.whole(), FILE);

    let (failed, server, policy) =
        judge(Digest::new(), [begin(WRONG), part(4, 9, [data("45"), data("6789"), trailers(&[])])]).await;
    assert_eq!(failed.content, "012345", "no reader takes it for whole");
    let error = failed.error();
    assert!(error.is_rejected() && !error.is_changed() && !error.is_refused_by_policy());
    assert_eq!((error.delivered(), error.length(), error.count()), (6, Some(10), 1));
    assert_eq!(
        chain(error),
        [
            "discard the 6 bytes that were read",
            "content rejected: content does not agree with its Repr-Digest"
        ]
    );
    assert!(std::error::Error::source(error).unwrap().is::<ContentCheckError>());
    assert_eq!((server.requests(), policy.heard().len()), (2, 1), "it is not asked for again");
    assert_eq!(*policy.ends.lock().unwrap(), ["discard the 6 bytes that were read"]);

    // Without a length it is an error behind the last frame.
    let chunked = answer(200, &[TAG, ("repr-digest", WRONG)], [data("0123"), data("456789")]);
    let (failed, ..) = judge(Digest::new(), [chunked]).await;
    assert_eq!((failed.content.as_str(), failed.error().is_rejected()), (FILE, true));
}

#[tokio::test(start_paused = true)]
async fn checks_see_each_byte_once_and_judge_what_cannot_be_continued() {
    let json = |from: usize| {
        let content = "[1,\"\u{e9}\",3]";
        assert_eq!(content.len(), 10);
        data_bytes(&content.as_bytes()[from..])
    };
    for at in 0..10 {
        let content = "[1,\"\u{e9}\",3]".as_bytes();
        let broken = first([data_bytes(&content[..at]), reset()]);
        let second = if at == 0 { first([json(0)]) } else { part(at, 9, [json(at)]) };
        let server = Server::new([broken, second]);
        let layer = ContinueLayer::new(at_once(1)).check((Length::new(), NotEmpty, Utf8::new(), Json::new()));
        let body = open(&layer, &server, get()).await.into_body();
        assert_eq!(body.collect().await.unwrap().to_bytes(), content, "{at}");
    }
    // without a tag, and another success
    for status in [200, 201] {
        let reply = answer(status, &[LENGTH, ("repr-digest", WRONG)], [data("012345"), data("6789")]);
        let (failed, ..) = judge(Digest::new(), [reply]).await;
        assert_eq!(failed.content, "012345");
        assert_eq!((failed.error().is_rejected(), failed.error().count()), (true, 0));
    }
    let short = answer(200, &[LENGTH], [data("0123")]);
    let (failed, ..) = judge(Length::new(), [short]).await;
    assert!(failed.error().is_rejected());
    assert_eq!(chain(failed.error())[1], "body cut at 4 of 10 bytes");
    // no success is judged
    let (whole, ..) = judge(NotEmpty, [answer(404, &[LENGTH], [])]).await;
    assert_eq!(whole.whole(), "");
    // in the middle
    let (failed, server, _) = judge(Prefix::new("01x"), [first([data("01"), data("23"), reset()])]).await;
    assert_eq!((failed.content.as_str(), server.requests()), ("01", 1));
    assert!(failed.error().is_rejected());
}

#[tokio::test(start_paused = true)]
async fn a_head_that_is_rejected_is_the_error_of_the_call() {
    async fn call<C: FlowCheck + Clone>(check: C, fields: &[(&str, &str)]) -> Vec<String> {
        let server = Server::new([answer(200, fields, [data(FILE)])]);
        let error = ContinueLayer::new(at_once(1)).check(check).layer(server.clone()).oneshot(get()).await;
        assert!(server.is_let_go());
        chain(&*error.err().unwrap())
    }
    let told = call(MaxSize::new(9), &[TAG, LENGTH]).await;
    assert_eq!(told, ["discard the 0 bytes that were read", "content rejected: body is longer than 9 bytes"]);
    let told = call(check_head(|_| Err(Rejection::transient("no"))), &[TAG]).await;
    assert_eq!(told[1], "content rejected: no");
    let told = call(Json::new(), &[TAG, ("content-encoding", "gzip")]).await;
    assert!(told[1].contains("body is encoded (gzip)"), "{told:?}");
}

fn data_bytes(bytes: &[u8]) -> Step {
    Step::Data(bytes::Bytes::copy_from_slice(bytes))
}

/// Bodies go where their futures can: into a task, into a client that wants `Sync`.
#[test]
fn bodies_are_as_portable_as_what_they_are_made_of() {
    fn portable<T: Send + Sync>(_: &T) {}
    let service = tower::service_fn(|_: http::Request<()>| {
        std::future::ready(Ok::<_, std::io::Error>(http::Response::new(
            http_body_util::Empty::<bytes::Bytes>::new(),
        )))
    });
    let future = ContinueLayer::new(at_once(1)).layer(service).oneshot(get());
    fn body_of<F, B>(_: &F) -> Option<Pin<Box<B>>>
    where
        F: Future<Output = Result<http::Response<B>, tower_content_check::BoxError>>,
    {
        None
    }
    portable(&body_of(&future));
}

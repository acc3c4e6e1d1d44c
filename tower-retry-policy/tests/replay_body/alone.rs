//! The body by itself: what a reader gets, whatever became of the readers before it and beside it.

use crate::upload::{Gate, Step, Upload, data, trailers};
use bytes::{Buf, Bytes, buf::Chain};
use http::HeaderMap;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full};
use pin_project_lite::pin_project;
use std::{
    convert::Infallible,
    error::Error as _,
    io::{Cursor, Error, ErrorKind},
    marker::PhantomPinned,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{sync::mpsc, time::timeout};
use tokio_test::{assert_pending, assert_ready, task};
use tower_retry_policy::{ReplayBody, ReplayBodyError};

type Whole = (Bytes, Option<HeaderMap>);

async fn whole(body: ReplayBody) -> Result<Whole, ReplayBodyError> {
    let collected = body.collect().await?;
    let trailers = collected.trailers().cloned();
    Ok((collected.to_bytes(), trailers))
}

async fn text(body: ReplayBody) -> String {
    String::from_utf8(whole(body).await.unwrap().0.to_vec()).unwrap()
}

/// One frame's data.
async fn piece(body: &mut ReplayBody) -> String {
    let data = body.frame().await.unwrap().unwrap().into_data().unwrap();
    String::from_utf8(data.to_vec()).unwrap()
}

fn upload() -> Upload {
    Upload::of(&["one ", "two ", "", "three"])
}

#[tokio::test]
async fn each_clone_gets_everything_wherever_the_last_one_stopped() {
    for read in 0..=5 {
        let kept = ReplayBody::new(upload());
        let mut first = kept.clone();
        for _ in 0..read {
            let _ = first.frame().await;
        }
        drop(first);
        assert!(kept.is_replayable());
        assert_eq!(text(kept.clone()).await, "one two three", "after {read} frames");
        assert_eq!(text(kept.clone()).await, "one two three", "again");
        assert_eq!(text(kept).await, "one two three", "once more");
    }
}

#[tokio::test]
async fn a_clone_of_a_reader_begins_at_the_start() {
    let mut body = ReplayBody::new(upload());
    piece(&mut body).await;
    assert_eq!(text(body.clone()).await, "one two three");
    // bytes that were there already are handed out, and a clone that comes too late does not look like an end
    let mut body = ReplayBody::from("all of it");
    let kept = body.clone();
    piece(&mut body).await;
    assert!(body.is_end_stream() && !body.is_replayable() && kept.is_replayable());
    let mut late = body.clone().clone();
    assert_eq!((late.is_end_stream(), late.size_hint().exact(), late.is_replayable()), (false, None, false));
    assert!(late.frame().await.unwrap().unwrap_err().is_not_replayable());
    assert!(body.frame().await.is_none());
    assert_eq!(text(kept).await, "all of it");
}

#[tokio::test]
async fn trailers_come_again() {
    let body = ReplayBody::new(Upload::new([data("a"), data("b"), trailers("digest", "x")]));
    for _ in 0..3 {
        let (data, trailers) = whole(body.clone()).await.unwrap();
        assert_eq!((&data[..], &trailers.unwrap()["digest"]), (&b"ab"[..], &"x".parse().unwrap()));
    }
    // without data too
    let body = ReplayBody::new(Upload::new([trailers("digest", "y")]));
    for _ in 0..3 {
        let (data, trailers) = whole(body.clone()).await.unwrap();
        assert_eq!((data.len(), &trailers.unwrap()["digest"]), (0, &"y".parse().unwrap()));
    }
}

#[tokio::test]
async fn size_and_end_are_those_of_the_whole_body_for_every_reader() {
    let body = ReplayBody::new(upload().known());
    assert_eq!(body.size_hint().exact(), Some(13));
    let mut reader = body.clone();
    let mut left = 13;
    while let Some(frame) = reader.frame().await {
        left -= frame.unwrap().into_data().unwrap().len() as u64;
        assert_eq!(reader.size_hint().exact(), Some(left));
        assert_eq!(reader.is_end_stream(), left == 0);
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(13), false), "the kept one");
    }
    // an unknown length is known once the end has been seen
    let body = ReplayBody::new(upload());
    assert_eq!((body.size_hint().lower(), body.size_hint().upper()), (0, None));
    text(body.clone()).await;
    assert_eq!(body.size_hint().exact(), Some(13));
    // bounds that are not exact, and one that would overflow
    for (lower, upper) in [(1, Some(100)), (0, Some(u64::MAX)), (5, None)] {
        let body = ReplayBody::new(upload().hint(lower, upper));
        piece(&mut body.clone()).await;
        let hint = body.size_hint();
        assert!(hint.lower() >= lower && hint.lower() <= 13, "{hint:?}");
        assert!(hint.upper().is_none_or(|upper| upper >= 13), "{hint:?}");
    }
}

#[tokio::test]
async fn the_limit_to_the_byte() {
    // 13 bytes, 13 of data and 7 of trailers
    let tailed = || Upload::new([data("one "), data("two "), data("three"), trailers("digest", "x")]);
    let table = [
        (upload(), 12, false),
        (upload(), 13, true),
        (upload(), 14, true),
        (upload(), 0, false),
        (upload(), usize::MAX, true),
        (upload().known(), 12, false),
        (upload().known(), 13, true),
        (upload().known(), usize::MAX, true),
        (upload().hint(14, None), 13, false),
        (tailed(), 19, false),
        (tailed(), 20, true),
    ];
    for (upload, limit, replayable) in table {
        let given = upload.given();
        let told = format!("{upload:?} under {limit}");
        let body = ReplayBody::with_limit(upload, limit);
        assert!(body.is_replayable(), "nothing was read yet: {told}");
        let sent = whole(body.clone()).await.unwrap();
        assert_eq!((&sent.0[..], given.bytes()), (&b"one two three"[..], 13), "sent once, whatever: {told}");
        assert_eq!(body.is_replayable(), replayable, "{told}");
        let again = whole(body.clone()).await;
        match again {
            Ok(again) => assert!(replayable && again == sent, "{told}"),
            Err(error) => assert!(!replayable && error.is_not_replayable(), "{told}"),
        }
        // a reader that will fail does not look like an end, or like a body of a known length
        if !replayable {
            assert_eq!((body.is_end_stream(), body.size_hint().exact()), (false, None), "{told}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_goes_to_another_reader_while_it_is_unread() {
    let body = ReplayBody::with_limit(upload().known(), 1);
    let mut unsent = body.clone();
    assert_eq!(unsent.size_hint().exact(), Some(13));
    drop(unsent);
    assert!(body.is_replayable());
    unsent = body.clone();
    assert_eq!(text(unsent).await, "one two three");
}

#[tokio::test]
async fn an_error_is_remembered_and_never_looks_like_an_end() {
    for cut in 0..3 {
        let steps = [data("one "), data("two "), data("three")];
        let (before, after) = steps.split_at(cut);
        let steps = [before, &[Step::Fails], after].concat();
        for known in [false, true] {
            let upload = Upload::new(steps.clone());
            let body = ReplayBody::new(if known { upload.known() } else { upload });
            let mut reader = body.clone();
            for _ in 0..cut {
                piece(&mut reader).await;
            }
            for reader in [&mut reader, &mut body.clone(), &mut body.clone()] {
                for _ in 0..3 {
                    let error = reader.frame().await.unwrap().unwrap_err();
                    assert!(error.is_inner() && !error.is_not_replayable());
                    let cause: &Error = error.source().unwrap().downcast_ref().unwrap();
                    assert_eq!(cause.kind(), ErrorKind::ConnectionReset);
                    assert_eq!((reader.is_end_stream(), reader.size_hint().exact()), (false, None));
                }
            }
            assert!(!body.is_replayable());
        }
    }
}

#[tokio::test]
async fn two_readers_at_once_both_get_everything() {
    let body = ReplayBody::new(upload());
    let (mut one, mut other) = (body.clone(), body.clone());
    assert_eq!(piece(&mut one).await, "one ");
    assert_eq!(piece(&mut other).await, "one ");
    assert_eq!(piece(&mut other).await, "two ");
    assert_eq!(text(other).await, "three");
    assert_eq!(text(one).await, "two three");
    // over the limit the one that is in front goes on
    let body = ReplayBody::with_limit(upload(), 5);
    let (mut one, mut other) = (body.clone(), body.clone());
    piece(&mut one).await;
    piece(&mut other).await;
    piece(&mut other).await;
    assert!(one.frame().await.unwrap().unwrap_err().is_not_replayable());
    assert_eq!(text(other).await, "three");
}

/// A body wakes the last one that asked. That may be a reader that nobody polls any more.
#[test]
fn a_reader_that_waits_is_woken_whoever_asked_last() {
    for (asked_last, gone) in [(0, false), (0, true), (1, false), (1, true)] {
        let gate = Gate::default();
        let body = ReplayBody::new(Upload::new([Step::Waits(gate.clone()), data("there")]));
        let mut readers = [task::spawn(body.clone()), task::spawn(body.clone())];
        let poll = |reader: &mut task::Spawn<ReplayBody>| reader.enter(|cx, body| body.poll_frame(cx));
        assert_pending!(poll(&mut readers[1 - asked_last]));
        assert_pending!(poll(&mut readers[asked_last]));
        assert_pending!(poll(&mut readers[asked_last]));
        let [first, second] = readers;
        let (dropped, mut left) = if asked_last == 0 { (first, second) } else { (second, first) };
        let kept = (!gone).then_some(dropped);
        gate.open();
        assert!(left.is_woken(), "asked last: {asked_last}, gone: {gone}");
        assert_ready!(poll(&mut left)).unwrap().unwrap();
        if let Some(mut other) = kept {
            assert!(other.is_woken());
            assert_ready!(poll(&mut other)).unwrap().unwrap();
        }
    }
}

/// A body that has something when it is asked owes nobody a wake-up: the reader that gets it tells the others.
#[test]
fn a_frame_wakes_those_who_wait_for_it() {
    let gate = Gate::default();
    let body = ReplayBody::new(Upload::new([Step::Waits(gate.clone()), data("there")]));
    let poll = |reader: &mut task::Spawn<ReplayBody>| reader.enter(|cx, body| body.poll_frame(cx));
    let mut waiting = task::spawn(body.clone());
    assert_pending!(poll(&mut waiting));
    gate.open_unseen();
    let mut other = task::spawn(body);
    assert_ready!(poll(&mut other)).unwrap().unwrap();
    assert!(waiting.is_woken());
    assert_ready!(poll(&mut waiting)).unwrap().unwrap();
}

/// What is sent to it, one after the other. Not http-body-util's `Channel`: that takes the end of its sender for the end
/// of the body if a last frame comes in the middle of a poll (0.1.5).
struct Sent(mpsc::Receiver<Bytes>);

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|data| data.map(|data| Ok(Frame::data(data))))
    }
}

/// No wake-up gets lost between readers on several threads, of which one goes away in the middle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_on_several_threads() {
    for round in 0..100 {
        let (sender, receiver) = mpsc::channel(1);
        let body = ReplayBody::new(Sent(receiver));
        let mut leaving = body.clone();
        let leaving = tokio::spawn(async move {
            for _ in 0..round {
                let _ = leaving.frame().await;
            }
        });
        let readers: Vec<_> = (0..3).map(|_| tokio::spawn(text(body.clone()))).collect();
        let mut sent = String::new();
        for piece in 0..100 {
            let content = format!("{piece},");
            sent.push_str(&content);
            sender.send(Bytes::from(content)).await.unwrap();
            if piece % 4 == round % 4 {
                tokio::task::yield_now().await;
            }
        }
        drop(sender);
        leaving.await.unwrap();
        for reader in readers {
            let got = timeout(Duration::from_secs(20), reader).await.expect("a reader was not woken");
            assert_eq!(got.unwrap(), sent);
        }
    }
}

#[tokio::test]
async fn an_upload_that_is_dropped_while_it_waits_goes_on_elsewhere() {
    let gate = Gate::default();
    let body = ReplayBody::new(Upload::new([data("one "), Step::Waits(gate.clone()), data("two")]));
    let mut cancelled = body.clone();
    piece(&mut cancelled).await;
    assert!(Pin::new(&mut cancelled).poll_frame(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(cancelled);
    let next = tokio::spawn(text(body));
    tokio::task::yield_now().await;
    gate.open();
    assert_eq!(next.await.unwrap(), "one two");
}

#[test]
fn a_body_that_panics_is_an_error_for_those_who_come_later() {
    let body = ReplayBody::new(Upload::new([data("one "), Step::Panics, data("two")]).known());
    let poll = |reader: &mut ReplayBody| Pin::new(reader).poll_frame(&mut Context::from_waker(Waker::noop()));
    let mut reader = body.clone();
    assert!(matches!(poll(&mut reader), Poll::Ready(Some(Ok(_)))));
    catch_unwind(AssertUnwindSafe(|| poll(&mut reader))).unwrap_err();
    for mut reader in [reader, body.clone()] {
        assert!(matches!(poll(&mut reader), Poll::Ready(Some(Err(_)))));
        assert_eq!((reader.is_end_stream(), reader.size_hint().exact()), (false, None));
    }
    assert!(!body.is_replayable());
}

#[tokio::test]
async fn what_is_there_already_is_not_recorded() {
    let bytes = Bytes::from(vec![7; 100_000]);
    let address = bytes.as_ptr();
    let bodies = [
        ReplayBody::with_limit(Full::new(bytes.clone()), 10),
        ReplayBody::from(bytes.clone()),
        ReplayBody::with_limit(ReplayBody::from(bytes.clone()), 10),
    ];
    for body in bodies {
        for _ in 0..3 {
            let mut reader = body.clone();
            assert_eq!((reader.size_hint().exact(), reader.is_end_stream()), (Some(100_000), false));
            let data = reader.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!((data.as_ptr(), data.len()), (address, 100_000), "the limit is for streams");
            assert_eq!((reader.size_hint().exact(), reader.is_end_stream()), (Some(0), true));
            assert!(reader.frame().await.is_none());
        }
        assert!(body.is_replayable());
    }
    for text_body in ["text".to_owned().into(), ReplayBody::new("text".to_owned()), "text".into()] {
        assert_eq!(text(text_body.clone()).await + &text(text_body).await, "texttext");
    }
    let empty = [
        ReplayBody::default(),
        ReplayBody::new(Empty::<Bytes>::new()),
        ReplayBody::new(Full::<Bytes>::default()),
    ];
    for body in empty {
        assert_eq!((body.is_end_stream(), body.size_hint().exact()), (true, Some(0)));
        assert_eq!(text(body).await, "");
    }
    // a stream without anything in it
    let body = ReplayBody::with_limit(Upload::of(&[]), 0);
    assert_eq!(text(body.clone()).await + &text(body.clone()).await, "");
    assert!(body.is_replayable());
}

/// A frame that is not kept as it came would cost a copy; one that is kept although it is tiny keeps a buffer alive.
#[tokio::test]
async fn long_frames_are_kept_and_short_ones_copied_together() {
    let long = Bytes::from(vec![1; 4096]);
    let buffer = Bytes::from(vec![2; 8192]);
    let steps = [Step::Data(long.clone()), Step::Data(long.clone())].into_iter();
    let short = (0..1000).map(|at| Step::Data(buffer.slice(at..=at)));
    let body = ReplayBody::new(Upload::new(steps.chain(short)));
    whole(body.clone()).await.unwrap();
    drop(buffer);
    let mut reader = body.clone();
    let mut frames = Vec::new();
    while let Some(frame) = reader.frame().await {
        frames.push(frame.unwrap().into_data().unwrap());
    }
    assert_eq!(frames.iter().map(Bytes::len).collect::<Vec<_>>(), [4096, 4096, 1000]);
    assert_eq!((frames[0].as_ptr(), frames[1].as_ptr()), (long.as_ptr(), long.as_ptr()));
}

/// Data of any type, and a body that is not `Unpin`, in a box.
#[tokio::test]
async fn other_kinds_of_bodies() {
    let body = ReplayBody::new(Box::pin(Other { inner: upload(), _pinned: PhantomPinned }));
    assert_eq!(text(body.clone()).await, "one two three");
    assert_eq!(text(body).await, "one two three");
}

pin_project! {
    struct Other {
        inner: Upload,
        #[pin]
        _pinned: PhantomPinned,
    }
}

impl Body for Other {
    type Data = Chain<Cursor<Vec<u8>>, Cursor<Vec<u8>>>;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let in_two = |data: Bytes| {
            let (front, back) = data.split_at(data.len() / 2);
            Cursor::new(front.to_vec()).chain(Cursor::new(back.to_vec()))
        };
        let next = Pin::new(self.project().inner).poll_frame(cx);
        next.map(|next| next.map(|frame| frame.map(|frame| frame.map_data(in_two))))
    }
}

//! Streamed uploads under hedging: what each attempt reads is what the source said, and nothing else.

use crate::{
    ledger::Tokens,
    random::{Random, seed},
    script::error,
};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    runtime::Builder,
    time::{Instant, Sleep, sleep, timeout},
};
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptNumber, Phase, ReplayBody, ReplayBodyLayer, RetryLayer, RetryPolicy, retry::Hedge,
};

#[derive(Debug, Clone)]
struct Upload {
    /// the frames' lengths, and how long each is waited for
    frames: Vec<(usize, u64)>,
    trailers: bool,
    fails: bool,
    exact: bool,
    limit: usize,
    delay: u64,
    at_once: usize,
    readers: Vec<Reader>,
}

#[derive(Debug, Clone, Copy)]
struct Reader {
    /// frames that are read before the answer; all, if none
    reads: Option<usize>,
    /// between two frames
    pause: u64,
    takes: u64,
    succeeds: bool,
}

/// The body that comes from elsewhere.
struct Source {
    upload: Upload,
    at: usize,
    wait: Option<Pin<Box<Sleep>>>,
    over: Arc<Mutex<Option<Instant>>>,
}

/// What an attempt saw of it.
#[derive(Debug)]
struct Seen {
    number: u32,
    began: Instant,
    bytes: Vec<u8>,
    trailers: Option<HeaderMap>,
    end: Option<Result<(), String>>,
}

fn draw(random: &mut Random) -> Upload {
    let frames = (0..random.below(8)).map(|_| {
        let length = usize::try_from(random.pick(&[0, 1, 10, 700, 3_000])).unwrap();
        (length, random.pick(&[0, 0, 5, 20, 100]))
    });
    let frames = frames.collect();
    let readers = (0..8).map(|_| Reader {
        reads: random.one_in(3).then(|| usize::try_from(random.below(4)).unwrap()),
        pause: random.pick(&[0, 0, 5, 50]),
        takes: random.pick(&[0, 20, 100, 400]),
        succeeds: random.one_in(2),
    });
    Upload {
        frames,
        readers: readers.collect(),
        trailers: random.one_in(3),
        fails: random.one_in(5),
        exact: random.one_in(3),
        limit: usize::try_from(random.pick(&[0, 2_000, 65_536, 65_536])).unwrap(),
        delay: random.pick(&[0, 10, 30, 100]),
        at_once: usize::try_from(2 + random.below(3)).unwrap(),
    }
}

impl Upload {
    /// Every byte differs from its neighbours, and every frame from the others.
    fn frame(&self, index: usize) -> Bytes {
        (0..self.frames[index].0).map(|at| u8::try_from((at * 7 + index * 31) % 251).unwrap()).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        (0..self.frames.len()).flat_map(|index| self.frame(index)).collect()
    }

    fn trailers(&self) -> Option<HeaderMap> {
        let trailers = HeaderMap::from_iter([("x-end".parse().unwrap(), "yes".parse().unwrap())]);
        self.trailers.then_some(trailers)
    }
}

impl Source {
    /// Nobody asks for more than what was announced.
    fn note_what_was_announced(&self) {
        if self.size_hint().exact() == Some(0) {
            self.over.lock().unwrap().get_or_insert_with(Instant::now);
        }
    }
}

impl Body for Source {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let at = self.at;
        if at < self.upload.frames.len() {
            let pause = self.upload.frames[at].1;
            if pause > 0 {
                let wait = self.wait.get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(pause))));
                ready!(wait.as_mut().poll(context));
                self.wait = None;
            }
        }
        self.at += 1;
        let frames = self.upload.frames.len();
        self.note_what_was_announced();
        if at < frames {
            return Poll::Ready(Some(Ok(Frame::data(self.upload.frame(at)))));
        }
        assert!(at <= frames + 1, "the source is not asked after its end");
        if at == frames && self.upload.fails {
            self.over.lock().unwrap().get_or_insert_with(Instant::now);
            return Poll::Ready(Some(Err(io::Error::other("the disk is gone"))));
        }
        if at == frames
            && let Some(trailers) = self.upload.trailers()
        {
            // nothing follows trailers
            self.over.lock().unwrap().get_or_insert_with(Instant::now);
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        self.over.lock().unwrap().get_or_insert_with(Instant::now);
        Poll::Ready(None)
    }

    fn size_hint(&self) -> SizeHint {
        let rest: usize = self.upload.frames.iter().skip(self.at).map(|(length, _)| length).sum();
        if self.upload.exact && !self.upload.trailers {
            SizeHint::with_exact(rest as u64)
        } else {
            SizeHint::default()
        }
    }
}

/// Reads as its turn says, and notes what it saw.
async fn read(
    mut body: ReplayBody,
    reader: Reader,
    note: impl Fn(&dyn Fn(&mut Seen)),
) -> Result<Response<()>, BoxError> {
    let number = Mutex::new(0);
    let mut frames = 0;
    while reader.reads.is_none_or(|reads| frames < reads) {
        frames += 1;
        match body.frame().await {
            Some(Ok(frame)) => note(&|seen: &mut Seen| {
                *number.lock().unwrap() = seen.number;
                if let Some(data) = frame.data_ref() {
                    seen.bytes.extend_from_slice(data);
                }
                if let Some(trailers) = frame.trailers_ref() {
                    seen.trailers = Some(trailers.clone());
                }
            }),
            Some(Err(failed)) => {
                note(&|seen: &mut Seen| seen.end = Some(Err(failed.to_string())));
                return Err(failed.into());
            }
            None => {
                note(&|seen: &mut Seen| seen.end = Some(Ok(())));
                break;
            }
        }
        if reader.pause > 0 {
            sleep(Duration::from_millis(reader.pause)).await;
        }
    }
    sleep(Duration::from_millis(reader.takes)).await;
    if reader.succeeds { Ok(Response::new(())) } else { Err(error(Phase::Read, *number.lock().unwrap())) }
}

async fn play(upload: &Upload) -> (Vec<Seen>, Option<Instant>, Vec<u32>) {
    let (seen, over) = (Arc::new(Mutex::new(Vec::<Seen>::new())), Arc::new(Mutex::new(None)));
    let (sights, readers, begun) = (Arc::clone(&seen), upload.readers.clone(), Arc::new(AtomicU32::new(0)));
    let server = service_fn(move |request: Request<ReplayBody>| {
        let number = AttemptNumber::of(&request);
        let index = begun.fetch_add(1, Relaxed) as usize;
        let blank = Seen { number, began: Instant::now(), bytes: Vec::new(), trailers: None, end: None };
        sights.lock().unwrap().push(blank);
        let (sights, reader) = (Arc::clone(&sights), readers[index]);
        read(request.into_body(), reader, move |change| change(&mut sights.lock().unwrap()[index]))
    });
    let ear = crate::ledger::Ear::default();
    let policy = RetryPolicy::standard()
        .retries(5)
        .backoff(Backoff::constant(Duration::from_millis(10)))
        .budget(Tokens::new(100))
        .observer(ear.clone());
    let hedge = Hedge::after(Duration::from_millis(upload.delay)).at_once(upload.at_once);
    let service = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new().limit(upload.limit))
        .service(RetryLayer::new(policy).hedge(hedge).layer(server));
    let source = Source { upload: upload.clone(), at: 0, wait: None, over: Arc::clone(&over) };
    source.note_what_was_announced();
    let request = Request::put("http://example.com/").body(source).unwrap();
    let outcome = timeout(Duration::from_secs(100), service.oneshot(request)).await;
    assert!(outcome.is_ok(), "the call hangs: {upload:?}");
    let over = *over.lock().unwrap();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (seen, over, ear.heard().hedging)
}

#[test]
fn every_attempt_reads_what_the_source_said_byte_for_byte() {
    let first = seed();
    let (mut beside, mut whole) = (0, 0);
    for index in 0..1_500 {
        let upload = draw(&mut Random::new(first.wrapping_add(index)));
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (seen, over, hedges) = runtime.block_on(play(&upload));
        let (bytes, context) = (upload.bytes(), format!("HOSTILE_SEED={first}, upload {index} {upload:?}\n"));
        let numbers: Vec<u32> = seen.iter().map(|seen| seen.number).collect();
        for seen in &seen {
            let number = seen.number;
            assert!(bytes.starts_with(&seen.bytes), "{context}attempt {number} read something else");
            if seen.end == Some(Ok(())) {
                whole += 1;
                assert!(!upload.fails, "{context}attempt {number} took an error for an end");
                assert!(seen.bytes == bytes, "{context}attempt {number} took a part for the whole");
                assert_eq!(seen.trailers, upload.trailers(), "{context}attempt {number}");
            }
            let kept = !upload.fails && bytes.len() + 50 <= upload.limit;
            assert!(
                !kept || !matches!(seen.end, Some(Err(_))),
                "{context}attempt {number} was cut off: {:?}",
                seen.end
            );
            if hedges.contains(&number) {
                beside += 1;
                assert!(
                    over.is_some_and(|over| over <= seen.began),
                    "{context}attempt {number} began beside an upload {over:?} {:?}",
                    seen.began
                );
                let comes = !upload.fails || upload.exact && !upload.trailers;
                assert!(
                    comes && bytes.len() <= upload.limit,
                    "{context}attempt {number} has nothing to send"
                );
            }
        }
        // the source's own error ends the call: nobody can send what is not there
        let failed =
            seen.iter().position(|seen| matches!(&seen.end, Some(Err(text)) if text.contains("disk")));
        assert!(
            failed.is_none_or(|at| at + 1 == seen.len()),
            "{context}sent again without a body: {numbers:?}"
        );
    }
    assert!(beside > 300 && whole > 800, "{beside} hedges, {whole} whole bodies");
}

#[tokio::test(start_paused = true)]
async fn a_hedge_that_an_upload_held_back_is_asked_for_at_its_delay_and_not_at_the_uploads_end() {
    let reader = Reader { reads: None, pause: 0, takes: 1_000, succeeds: true };
    let upload = Upload {
        frames: vec![(10, 130)],
        trailers: false,
        fails: false,
        exact: false,
        limit: 65_536,
        delay: 100,
        at_once: 2,
        readers: vec![reader; 8],
    };
    let began = Instant::now();
    let (seen, _, hedges) = play(&upload).await;
    assert_eq!(hedges, [2]);
    let after = (seen[1].began - began).as_millis();
    assert!((200..=201).contains(&after), "{after}");
}

//! Random uploads against random servers: when an attempt ends is what the documentation of the limits says.
//!
//! The mock writes down when it asked for the upload and when it took a piece of it; the oracle reads that alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use std::{
    collections::VecDeque,
    future::{pending, poll_fn},
    ops::Range,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptTimeoutLayer, Deadline, DeadlineLayer, ReplayBody, ReplayBodyLayer, RetryLayer, RetryPolicy,
    attempt_timeout::AttemptTimeoutError, retry::Hedge,
};

/// Over 2 KiB, so that the recording keeps the cuts.
const PIECE: usize = 3_000;

/// `SplitMix64`.
struct Rng(u64);

/// More than all limits of a call.
const LONG: Duration = Duration::from_secs(400);

#[derive(Clone, Copy, Debug)]
enum Piece {
    Data,
    End,
    Failure,
    /// Nothing more comes.
    Stall,
}

/// Pieces at their times.
struct Upload {
    pieces: VecDeque<(Instant, Piece)>,
    timer: Pin<Box<Sleep>>,
    announced: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Work(Duration),
    Take,
    /// Asked for, for so long; then the rest is not wanted.
    TakeOrLeave(Duration),
    /// The rest of the upload is not wanted.
    Leave,
}

#[derive(Clone, Debug)]
struct Server {
    steps: Vec<Step>,
    /// After the steps; without one there is silence.
    answer: Option<StatusCode>,
    /// Whatever the upload does meanwhile.
    early: Option<(Duration, StatusCode)>,
    /// The upload is read by a task of its own, as hyper's connections do.
    by_connection: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// The upload was asked for and had nothing.
    Asked,
    Taken,
    Left,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Answered(StatusCode),
    UploadFailed,
    Dropped,
}

#[derive(Debug)]
struct Seen {
    start: Instant,
    events: Vec<(Instant, Event)>,
    end: Option<(Instant, Ending)>,
    /// Of the upload, at the start.
    was_read_to_its_end: bool,
}

#[derive(Default)]
struct Log {
    attempts: Vec<Seen>,
    read_to_its_end: bool,
    /// All that comes is its end too.
    announced: Option<usize>,
}

/// One attempt's place in the log.
struct Watch {
    log: Arc<Mutex<Log>>,
    index: usize,
}

/// The end is written down at the latest when this is dropped.
struct End(Arc<Watch>);

#[derive(Debug)]
struct Case {
    pieces: Vec<(Duration, Piece)>,
    is_announced: bool,
    servers: Vec<Server>,
    head: Duration,
    total: Option<Duration>,
    deadline: Option<Duration>,
    hedge: Option<Duration>,
    retries: u32,
}

impl Rng {
    fn u64(&mut self, range: Range<u64>) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        range.start + (mixed ^ (mixed >> 31)) % (range.end - range.start)
    }

    fn bool(&mut self) -> bool {
        self.u64(0..2) == 0
    }
}

impl Upload {
    fn new(case: &Case, start: Instant) -> Self {
        let pieces: VecDeque<_> = case.pieces.iter().map(|&(at, piece)| (start + at, piece)).collect();
        let data = pieces.iter().filter(|(_, piece)| matches!(piece, Piece::Data)).count();
        let announced = case.is_announced.then_some((data * PIECE) as u64);
        Self { timer: Box::pin(sleep_until(pieces[0].0)), pieces, announced }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(&(_, piece)) = self.pieces.front() else { return Poll::Ready(None) };
        if matches!(piece, Piece::Stall) {
            return Poll::Pending;
        }
        ready!(self.timer.as_mut().poll(context));
        self.pieces.pop_front();
        if let Some(&(next, _)) = self.pieces.front() {
            self.timer.as_mut().reset(next);
        }
        Poll::Ready(match piece {
            Piece::Data => {
                self.announced = self.announced.map(|left| left - PIECE as u64);
                Some(Ok(Frame::data(Bytes::from_static(&[7; PIECE]))))
            }
            Piece::Failure => Some(Err("the upload failed".into())),
            Piece::End | Piece::Stall => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

impl Watch {
    fn start(log: &Arc<Mutex<Log>>) -> Self {
        let mut inner = log.lock().unwrap();
        let index = inner.attempts.len();
        let was_read_to_its_end = inner.read_to_its_end;
        inner.attempts.push(Seen { start: Instant::now(), events: vec![], end: None, was_read_to_its_end });
        Self { log: Arc::clone(log), index }
    }

    fn event(&self, event: Event) {
        self.log.lock().unwrap().attempts[self.index].events.push((Instant::now(), event));
    }

    fn end(&self, ending: Ending) {
        self.log.lock().unwrap().attempts[self.index].end.get_or_insert((Instant::now(), ending));
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.0.end(Ending::Dropped);
    }
}

/// The next piece; `taken` counts the bytes.
async fn take(
    body: &mut ReplayBody,
    watch: &Watch,
    taken: &mut usize,
) -> Option<Result<Frame<Bytes>, BoxError>> {
    let mut has_asked = false;
    let frame = poll_fn(|context| {
        let poll = Pin::new(&mut *body).poll_frame(context);
        if poll.is_ready() {
            watch.event(Event::Taken);
        } else if !has_asked {
            has_asked = true;
            watch.event(Event::Asked);
        }
        poll.map_err(Into::into)
    })
    .await;
    if let Some(Ok(frame)) = &frame {
        *taken += frame.data_ref().map_or(0, Bytes::len);
    }
    let mut log = watch.log.lock().unwrap();
    log.read_to_its_end |= frame.is_none() || body.is_end_stream() || log.announced == Some(*taken);
    frame
}

async fn serve(server: Server, body: ReplayBody, watch: &Watch) -> Result<StatusCode, BoxError> {
    let mut body = Some(body);
    let mut taken = 0;
    let steps = async {
        for step in server.steps {
            match (step, &mut body) {
                (Step::Work(time), _) => sleep(time).await,
                (Step::Take, Some(upload)) if !upload.is_end_stream() => {
                    match take(upload, watch, &mut taken).await {
                        Some(frame) => drop(frame?),
                        None => body = None,
                    }
                }
                (Step::TakeOrLeave(time), Some(upload)) if !upload.is_end_stream() => {
                    tokio::select! {
                        biased;
                        Some(Err(error)) = take(upload, watch, &mut taken) => return Err(error),
                        () = sleep(time) => {}
                    }
                    body = None;
                    watch.event(Event::Left);
                }
                (Step::Leave, _) => {
                    body = None;
                    watch.event(Event::Left);
                }
                _ => {}
            }
        }
        match server.answer {
            Some(status) => Ok(status),
            None => pending().await,
        }
    };
    match server.early {
        Some((time, status)) => tokio::select! {
            done = steps => done,
            () = sleep(time) => Ok(status),
        },
        None => steps.await,
    }
}

async fn attempt(
    server: Server,
    body: ReplayBody,
    log: Arc<Mutex<Log>>,
) -> Result<Response<Full<Bytes>>, BoxError> {
    let watch = Arc::new(Watch::start(&log));
    let end = End(Arc::clone(&watch));
    let done = if server.by_connection {
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move { serve(server, body, &watch).await });
        tasks.join_next().await.unwrap().unwrap()
    } else {
        serve(server, body, &watch).await
    };
    end.0.end(match &done {
        Ok(status) => Ending::Answered(*status),
        Err(_) => Ending::UploadFailed,
    });
    done.map(|status| {
        let mut response = Response::new(Full::default());
        *response.status_mut() = status;
        response
    })
}

/// The instants at which the limit on the head may end the attempt, because it meets an event there, and the one at
/// which it must.
fn head_ends(seen: &Seen, limit: Duration) -> (Vec<Instant>, Option<Instant>) {
    let mut may = vec![];
    let mut since = Some(seen.start);
    for &(at, event) in &seen.events {
        match since.map(|since| since + limit) {
            Some(end) if end < at => return (may, Some(end)),
            Some(end) if end == at => may.push(end),
            _ => {}
        }
        since = match event {
            Event::Asked => None,
            Event::Taken => Some(at),
            Event::Left => since.or(Some(at)),
        };
    }
    (may, since.map(|since| since + limit))
}

fn milliseconds(rng: &mut Rng, range: Range<u64>) -> Duration {
    Duration::from_millis(rng.u64(range))
}

fn random(rng: &mut Rng) -> Case {
    let mut at = Duration::ZERO;
    let mut pieces = vec![];
    for _ in 0..rng.u64(0..7) {
        at += milliseconds(rng, 0..6_000) * u32::from(rng.u64(0..4) > 0);
        pieces.push((at, Piece::Data));
    }
    at += milliseconds(rng, 0..6_000) * u32::from(rng.bool());
    let last = [Piece::End, Piece::End, Piece::End, Piece::End, Piece::Failure, Piece::Stall];
    pieces.push((at, last[rng.u64(0..6) as usize]));
    let status = |rng: &mut Rng| [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE][rng.u64(0..2) as usize];
    let servers = (0..8)
        .map(|_| {
            let mut steps = vec![];
            for _ in 0..rng.u64(0..8) {
                if rng.bool() {
                    steps.push(Step::Work(milliseconds(rng, 0..3_000)));
                }
                steps.push(Step::Take);
            }
            match rng.u64(0..5) {
                0 => steps.push(Step::Leave),
                1 => {}
                2 => steps.push(Step::TakeOrLeave(milliseconds(rng, 0..3_000))),
                _ => steps.extend([Step::Take; 10]),
            }
            steps.push(Step::Work(milliseconds(rng, 0..5_000)));
            Server {
                steps,
                answer: (rng.u64(0..3) > 0).then(|| status(rng)),
                early: (rng.u64(0..4) == 0).then(|| (milliseconds(rng, 0..15_000), status(rng))),
                by_connection: rng.bool(),
            }
        })
        .collect();
    Case {
        pieces,
        is_announced: rng.bool(),
        servers,
        head: milliseconds(rng, 500..6_000),
        total: rng.bool().then(|| milliseconds(rng, 2_000..40_000)),
        deadline: rng.bool().then(|| milliseconds(rng, 2_000..80_000)),
        hedge: rng.bool().then(|| milliseconds(rng, 300..10_000)),
        retries: rng.u64(0..4) as u32,
    }
}

/// What the call came to, when, and the log; without an outcome it never ended.
async fn run(case: &Case) -> (Instant, Option<Result<StatusCode, BoxError>>, Log) {
    let start = Instant::now();
    let data = case.pieces.iter().filter(|(_, piece)| matches!(piece, Piece::Data)).count();
    let announced = case.is_announced.then_some(data * PIECE);
    let log =
        Arc::new(Mutex::new(Log { announced, read_to_its_end: announced == Some(0), ..Log::default() }));
    let servers = case.servers.clone();
    let inner = Arc::clone(&log);
    let client = service_fn(move |request: Request<ReplayBody>| {
        let server = servers[inner.lock().unwrap().attempts.len()].clone();
        attempt(server, request.into_body(), Arc::clone(&inner))
    });
    let mut limits = AttemptTimeoutLayer::new().head(case.head);
    if let Some(total) = case.total {
        limits = limits.total(total);
    }
    let policy = RetryPolicy::standard().retries(case.retries).backoff(Backoff::none()).without_budget();
    let mut retry = RetryLayer::new(policy);
    if let Some(delay) = case.hedge {
        retry = retry.hedge(Hedge::after(delay));
    }
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(1_000_000)))
        .layer(ReplayBodyLayer::new())
        .layer(retry)
        .layer(limits)
        .service(client);
    let mut request = Request::put("http://example.com/").body(Upload::new(case, start)).unwrap();
    if let Some(limit) = case.deadline {
        request.extensions_mut().insert(Deadline::after(limit));
    }
    let outcome = timeout(LONG, async {
        let response = service.oneshot(request).await?;
        let status = response.status();
        response.into_body().collect().await?;
        Ok(status)
    })
    .await
    .ok();
    let log = std::mem::take(&mut *log.lock().unwrap());
    (start, outcome, log)
}

fn limit_in(error: &BoxError) -> Option<&AttemptTimeoutError> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&**error);
    while let Some(error) = cause {
        if let Some(limit) = error.downcast_ref() {
            return Some(limit);
        }
        cause = error.source();
    }
    None
}

/// What is wrong by the documentation, if anything.
fn judge(
    case: &Case,
    start: Instant,
    outcome: Option<&Result<StatusCode, BoxError>>,
    log: &Log,
) -> Result<(), String> {
    let attempts = &log.attempts;
    let deadline = case.deadline.map(|limit| start + limit);
    let arrivals: Vec<_> = case.pieces.iter().map(|&(at, _)| start + at).collect();
    // the first answer that counts ends all others
    let won = attempts.iter().filter_map(|seen| match seen.end {
        Some((at, Ending::Answered(status))) if status == StatusCode::OK || case.retries == 0 => Some(at),
        Some((at, Ending::UploadFailed)) if case.hedge.is_none() => Some(at),
        _ => None,
    });
    let won = won.min();
    let Some(outcome) = outcome else {
        if deadline.is_some() || case.total.is_some() {
            return Err("the call outlives its limits".into());
        }
        let waits_for_upload = attempts.iter().any(|seen| {
            matches!(seen.events.last(), Some((_, Event::Asked)))
                && seen.end.is_some_and(|(at, _)| at == start + LONG)
        });
        return if waits_for_upload {
            Ok(())
        } else {
            Err("the call never ends, and not for its upload".into())
        };
    };
    for (index, seen) in attempts.iter().enumerate() {
        let Some((end, ending)) = seen.end else { return Err(format!("attempt {index} never ended")) };
        for pair in seen.events.windows(2) {
            if let [(asked, Event::Asked), (taken, Event::Taken)] = *pair
                && !arrivals.iter().any(|&at| at == taken && at >= asked)
            {
                return Err(format!("attempt {index} waited for a piece that was there"));
            }
        }
        let total = case.total.map(|limit| seen.start + limit);
        let (may, must) = head_ends(seen, case.head);
        let must: Vec<_> = [must, total, deadline, won].into_iter().flatten().collect();
        if let Some(&latest) = must.iter().min()
            && end > latest
        {
            return Err(format!("attempt {index} ended {:?} too late", end - latest));
        }
        let may = must.contains(&end) || may.contains(&end);
        // a failed attempt gives up those beside it only with the call
        let is_last_failure = attempts.iter().all(|other| other.end.is_some_and(|(at, _)| at <= end));
        if ending == Ending::Dropped && !may && !(case.hedge.is_some() && is_last_failure) {
            return Err(format!(
                "attempt {index} ended for no reason, {:?} after its start",
                end - seen.start
            ));
        }
    }
    for (index, pair) in attempts.windows(2).enumerate() {
        let [before, after] = pair else { unreachable!() };
        let follows = attempts[..=index].iter().any(|seen| seen.end.is_some_and(|(at, _)| at == after.start));
        let is_hedge = before.end.is_some_and(|(at, _)| at > after.start);
        let delay = case.hedge.map(|delay| (after.start - before.start).as_millis() % delay.as_millis());
        if is_hedge && !follows && delay != Some(0) {
            return Err(format!("hedge {} is not due", index + 1));
        }
        if is_hedge && !after.was_read_to_its_end {
            return Err(format!("attempt {} starts beside another in the middle of the upload", index + 1));
        }
        if !is_hedge && !follows && delay != Some(0) {
            return Err(format!("attempt {} begins when nothing has ended", index + 1));
        }
    }
    if let (Err(error), None, [.., last]) = (outcome, case.hedge, &attempts[..]) {
        let (end, ending) = last.end.unwrap();
        let Some(limit) = limit_in(error) else {
            return if ending == Ending::Dropped && deadline != Some(end) {
                Err(format!("the error names no limit: {error}"))
            } else {
                Ok(())
            };
        };
        let head_is = |seen: &Seen| {
            let (may, must) = head_ends(seen, case.head);
            may.contains(&end) || must == Some(end)
        };
        let named = (limit.is_head() && head_is(last))
            || (limit.is_total() && case.total.map(|limit| last.start + limit) == Some(end))
            || (limit.is_deadline() && deadline == Some(end));
        if !named {
            return Err(format!("the wrong limit is named: {limit}"));
        }
    }
    if case.hedge.is_none() {
        let failed = |seen: &Seen| {
            !matches!(seen.end, Some((_, Ending::Answered(StatusCode::OK) | Ending::UploadFailed)))
        };
        let made = attempts.iter().take_while(|seen| failed(seen)).count();
        let is_cut = attempts
            .last()
            .and_then(|seen| seen.end)
            .is_some_and(|(at, _)| Some(at) >= deadline && deadline.is_some());
        if made == attempts.len() && made <= case.retries as usize && !is_cut {
            return Err(format!("{made} attempts, although there may be {}", case.retries + 1));
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_attempt_ends_when_the_documentation_says() {
    let seed = std::env::var("SEED").map_or(0x0010_ad15, |seed| seed.parse().unwrap());
    let mut rng = Rng(seed);
    let mut counts = [0; 4];
    for number in 0..10_000 {
        let case = random(&mut rng);
        let (start, outcome, log) = run(&case).await;
        let verdict = judge(&case, start, outcome.as_ref(), &log);
        if let Err(wrong) = verdict {
            for seen in &log.attempts {
                println!("start {:?}", seen.start - start);
                for (at, event) in &seen.events {
                    println!("  {:?} {event:?}", *at - start);
                }
                println!("  end {:?}", seen.end.map(|(at, how)| (at - start, how)));
            }
            panic!("seed {seed}, case {number}: {wrong}\n{case:?}\n{outcome:?}");
        }
        let limit = outcome.as_ref().and_then(|outcome| outcome.as_ref().err()).and_then(limit_in);
        counts[0] += usize::from(limit.is_some_and(AttemptTimeoutError::is_head));
        counts[1] += usize::from(limit.is_some_and(AttemptTimeoutError::is_total));
        counts[2] += usize::from(log.attempts.len() > 1);
        counts[3] += usize::from(outcome.is_none());
    }
    println!("seed {seed}: head, total, repeated, endless: {counts:?}");
    assert!(counts.iter().all(|&count| count > 100), "the cases say little: {counts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_asked_once_and_takes_nothing_is_ended() {
    let start = Instant::now();
    let client = service_fn(|request: Request<ReplayBody>| async {
        let mut body = request.into_body();
        let asked =
            poll_fn(|context| Poll::Ready(Pin::new(&mut body).poll_frame(context).is_pending())).await;
        assert!(asked);
        pending::<Result<Response<Full<Bytes>>, BoxError>>().await
    });
    let service = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new())
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(3)))
        .service(client);
    let case = Case {
        pieces: vec![(Duration::from_secs(5), Piece::Data), (Duration::from_secs(5), Piece::End)],
        is_announced: false,
        servers: vec![],
        head: Duration::ZERO,
        total: None,
        deadline: None,
        hedge: None,
        retries: 0,
    };
    let call = service.oneshot(Request::put("/").body(Upload::new(&case, start)).unwrap());
    let error =
        timeout(LONG, call).await.expect("the body is there: it is the server that waits").unwrap_err();
    assert!(limit_in(&error).unwrap().is_head());
    assert_eq!(start.elapsed(), Duration::from_secs(8));
}

//! A call that is dropped, at every point where it can be: the budget is square, and the next call sees nothing
//! of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Body, request},
};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body as HttpBody, Frame};
use std::{
    collections::VecDeque,
    io::{Error, ErrorKind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio_test::task::spawn;
use tower::{
    BoxError, Service, ServiceBuilder, ServiceExt, limit::ConcurrencyLimitLayer, util::BoxCloneSyncService,
};
use tower_backoff::Backoff;
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::{
    AttemptNumber, AttemptRecord, AttemptTimeoutLayer, DeadlineLayer, FailureKind, History, Phase,
    RequestEnd, RetryBudget, RetryError, RetryPolicy, StopReason,
};

const SECOND: Duration = Duration::from_secs(1);

/// Between two polls. A multiple of nothing in the policy, so that waits are seen from inside.
const STEP: Duration = Duration::from_millis(300);

type Stack = BoxCloneSyncService<Request<Body>, Response<()>, BoxError>;

/// Counts what it is told and grants everything.
#[derive(Debug, Default)]
struct Counts {
    begun: AtomicU32,
    over: AtomicU32,
    granted: AtomicU32,
    given_back: AtomicU32,
    retries_ended: AtomicU32,
    settled: AtomicU32,
}

/// Does by the number of the attempt what its plan says, with a pause wherever it can make one.
#[derive(Clone)]
struct Server {
    plan: &'static [Does],
    seen: Arc<AtomicU32>,
    rested: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Answers,
    Status(u16),
    Resets,
    Cuts,
    IsSilent,
}

/// Comes in portions, with a pause before each.
struct Portions {
    left: VecDeque<Result<&'static str, ErrorKind>>,
    rested: bool,
}

// ===== impl Counts =====

impl RetryBudget for Counts {
    fn begin(&self) {
        self.begun.fetch_add(1, SeqCst);
    }

    fn end(&self) {
        self.over.fetch_add(1, SeqCst);
    }

    fn withdraw(&self, _: FailureKind, _: Instant) -> bool {
        self.granted.fetch_add(1, SeqCst);
        true
    }

    fn give_back(&self, _: FailureKind, _: Instant) {
        self.given_back.fetch_add(1, SeqCst);
    }

    fn retry_ended(&self) {
        self.retries_ended.fetch_add(1, SeqCst);
    }

    fn settle(&self, _: RequestEnd, _: Instant) {
        self.settled.fetch_add(1, SeqCst);
    }

    fn tracks_in_flight(&self) -> bool {
        true
    }

    fn balance(&self) -> u64 {
        u64::MAX
    }
}

impl Counts {
    fn read(&self) -> [u32; 6] {
        let Self { begun, over, granted, given_back, retries_ended, settled } = self;
        [begun, over, granted, given_back, retries_ended, settled].map(|count| count.load(SeqCst))
    }
}

// ===== impl Server =====

impl Service<Request<Body>> for Server {
    type Response = Response<Portions>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        rest(&mut self.rested, cx).map(Ok)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.seen.fetch_add(1, SeqCst);
        let attempt = AttemptNumber::of(&request) as usize;
        let does = self.plan[attempt - 1];
        Box::pin(async move {
            tokio::task::yield_now().await;
            let portions = match does {
                Does::Resets => return Err(Error::from(ErrorKind::ConnectionReset).into()),
                Does::IsSilent => std::future::pending().await,
                Does::Cuts => vec![Ok("ha"), Ok("lf"), Err(ErrorKind::UnexpectedEof)],
                Does::Answers | Does::Status(_) => vec![Ok("go"), Ok("od")],
            };
            let mut response = Response::new(Portions { left: portions.into(), rested: false });
            if let Does::Status(code) = does {
                *response.status_mut() = StatusCode::from_u16(code)?;
            }
            Ok(response)
        })
    }
}

impl HttpBody for Portions {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        rest(&mut self.rested, cx).map(|()| {
            let portion = self.left.pop_front()?;
            Some(portion.map(|text| Frame::data(Bytes::from(text))).map_err(Error::from))
        })
    }
}

/// Pending and ready in turns.
fn rest(rested: &mut bool, cx: &mut Context<'_>) -> Poll<()> {
    *rested = !*rested;
    if *rested {
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    Poll::Ready(())
}

// ===== tests =====

/// The whole stack, over a service that lets one request in at a time.
fn stack(which: Loop, server: Server, budget: Arc<Counts>) -> Stack {
    let policy = RetryPolicy::standard().backoff(Backoff::constant(SECOND)).budget(budget);
    let stack = ServiceBuilder::new()
        .layer(DeadlineLayer::new(60 * SECOND))
        .layer(which.retry(policy))
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(AttemptTimeoutLayer::new().head(2 * SECOND).idle(2 * SECOND))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(server)
        .map_response(|response: Response<_>| response.map(drop));
    BoxCloneSyncService::new(stack)
}

/// What the caller learns: the status, the phases of the failures, the reason to stop.
type Told = (Option<u16>, Vec<Option<Phase>>, Option<StopReason>);

fn told(result: &Result<Response<()>, BoxError>) -> Told {
    let facts = |history: &History| {
        (history.attempts().iter().map(AttemptRecord::phase).collect(), history.stop_reason())
    };
    let (status, (phases, stop)) = match result {
        Ok(response) => (
            Some(response.status().as_u16()),
            History::of(response).map_or_else(|| (vec![None], None), facts),
        ),
        Err(error) => (None, facts(RetryError::find(&**error).unwrap().history())),
    };
    (status, phases, stop)
}

/// Polls the call so many times, with time passing in between; then drops it. Says what it came to, if it did.
async fn polled(stack: &Stack, times: usize) -> Option<Told> {
    let mut call = spawn(stack.clone().oneshot(request("GET")));
    for _ in 0..times {
        if let Poll::Ready(result) = call.poll() {
            return Some(told(&result));
        }
        tokio::time::advance(STEP).await;
    }
    None
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    a_call_that_is_dropped_leaves_the_budget_square_and_the_next_call_alone,
);

async fn a_call_that_is_dropped_leaves_the_budget_square_and_the_next_call_alone(which: Loop) {
    use Does::{Answers, Cuts, IsSilent, Resets, Status};
    use Phase::{Body, Read, Status as Bad};
    let stop = Some(StopReason::Attempts);
    #[rustfmt::skip]
    let table: [(&'static [Does], Told); 6] = [
        (&[Answers],                  (Some(200), vec![None], None)),
        (&[Status(503), Answers],     (Some(200), vec![Some(Bad), None], None)),
        (&[Resets, Cuts, Answers],    (Some(200), vec![Some(Read), Some(Body), None], None)),
        (&[Cuts, IsSilent, Answers],  (Some(200), vec![Some(Body), Some(Read), None], None)),
        (&[Status(503), Cuts, Resets], (None, vec![Some(Bad), Some(Body), Some(Read)], stop)),
        (&[Cuts, Resets, Status(503)], (Some(503), vec![Some(Body), Some(Read), Some(Bad)], stop)),
    ];
    for (plan, expected) in table {
        let attempts = u32::try_from(plan.len()).unwrap();
        let mut times = 0;
        loop {
            let budget = Arc::new(Counts::default());
            let seen = Arc::new(AtomicU32::new(0));
            let stack =
                stack(which, Server { plan, seen: Arc::clone(&seen), rested: false }, Arc::clone(&budget));

            let outcome = polled(&stack, times).await;
            let name = format!("{plan:?}, dropped after {times} polls");
            let [begun, over, granted, given_back, retries_ended, settled] = budget.read();
            let sent = seen.load(SeqCst);
            assert!(sent <= attempts, "{name}");
            assert_eq!(granted, given_back + retries_ended, "{name}: every retry came back or ended");
            assert_eq!(retries_ended, sent.saturating_sub(1), "{name}: those that were sent ended");
            assert_eq!((begun, over), (begun, begun), "{name}: nothing is left in flight");
            assert!(begun == 1 || sent == 0, "{name}");
            assert_eq!(settled, u32::from(outcome.is_some()), "{name}: a dropped call has no outcome");

            // the next call over the same layer is as if there had been no other
            let before = budget.read();
            assert_eq!(polled(&stack, 10_000).await.as_ref(), Some(&expected), "{name}");
            assert_eq!(seen.load(SeqCst) - sent, attempts, "{name}");
            let after = budget.read();
            let heard: Vec<_> = after.iter().zip(before).map(|(after, before)| after - before).collect();
            assert_eq!(heard, [1, 1, attempts - 1, 0, attempts - 1, 1], "{name}");

            times += 1;
            if let Some(outcome) = outcome {
                assert_eq!(outcome, expected, "{name}");
                break;
            }
        }
        assert!(times > 5 * plan.len(), "{plan:?}: only {times} polls, so there was little to interrupt");
    }
}

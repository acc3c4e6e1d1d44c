//! Random calls against an oracle made of the documentation's sentences alone: attempts, times, waits, accounts,
//! history, observers and the one outcome; and calls that are dropped at any poll.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod ledger;
#[path = "../loops/mod.rs"]
mod loops;
mod oracle;
mod random;
mod script;

use crate::{
    ledger::{Entry, Ledger},
    loops::{Loop, over_each_loop},
    oracle::{Is, is, may_repeat, waits},
    random::Random,
    script::{MS, Outcome, Script},
};
use http::{Request, Response};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::{
    Attempt, AttemptNumber, CallEnd, History, Observer, Phase, PhasedError, RetryError, RetryWait,
    StopReason, budget::RequestEnd, deadline::Deadline,
};

/// When an attempt began and ended, and the number that it was given.
type Seen = Arc<Mutex<Vec<(Duration, Option<Duration>, u32)>>>;

#[derive(Debug, Default, Clone)]
struct Watch(Arc<Mutex<Heard>>);

/// The retries and the ends.
type Heard = (Vec<(u32, RetryWait)>, Vec<End>);

/// Attempts, the reason to stop, and the time that it took.
type End = (u32, Option<StopReason>, Duration);

impl Observer for Watch {
    fn retrying(&self, failed: &Attempt<'_>, wait: RetryWait) {
        self.0.lock().unwrap().0.push((failed.number(), wait));
    }
    fn ended(&self, call: &CallEnd<'_>) {
        let end = (call.attempts(), call.stop_reason(), call.elapsed());
        self.0.lock().unwrap().1.push(end);
    }
}

struct Run {
    script: Script,
    seen: Seen,
    ledger: Arc<Ledger>,
    watch: Watch,
    other: Watch,
}

impl Run {
    fn new(seed: u64) -> Self {
        let script = Script::random(seed);
        let ledger = Arc::new(Ledger::new(script.grants));
        Self { script, seen: Seen::default(), ledger, watch: Watch::default(), other: Watch::default() }
    }

    fn call(
        &self,
        which: Loop,
        seed: u64,
    ) -> impl Future<Output = Result<Response<String>, BoxError>> + use<> {
        let (steps, seen) = (self.script.steps.clone(), Arc::clone(&self.seen));
        let begin = Instant::now();
        let server = service_fn(move |request: Request<String>| {
            let mut all = seen.lock().unwrap();
            let index = all.len();
            all.push((begin.elapsed(), None, AttemptNumber::of(&request)));
            let (step, seen) = (steps[index].clone(), Arc::clone(&seen));
            async move {
                if !step.takes.is_zero() {
                    sleep(step.takes).await;
                }
                seen.lock().unwrap()[index].1 = Some(begin.elapsed());
                match step.outcome {
                    Outcome::Error(phase) => Err(BoxError::from(PhasedError::new(phase, "made up"))),
                    Outcome::Head { status, fields } => {
                        let response =
                            fields.iter().fold(Response::builder().status(status), |all, field| {
                                all.header(field.0, field.1.as_str())
                            });
                        Ok(response.body(String::new()).unwrap())
                    }
                }
            }
        });
        let policy = self.script.rules.policy(seed).budget(self.ledger.clone()).observer(self.watch.clone());
        let mut request = Request::builder().method(&self.script.method).uri("http://a.example/x");
        if self.script.key {
            request = request.header("idempotency-key", "\"k\"");
        }
        let mut request = request.body(String::new()).unwrap();
        if let Some(rules) = &self.script.override_of {
            request.extensions_mut().insert(rules.policy(seed).observer(self.other.clone()));
        }
        if let Some(limit) = self.script.deadline {
            request.extensions_mut().insert(Deadline::after(limit));
        }
        ServiceBuilder::new().layer(which.retry(policy)).service(server).oneshot(request)
    }
}

/// What a call told of itself at its end.
struct Told {
    history: Option<History>,
    stop: Option<StopReason>,
    error: bool,
    status: Option<u16>,
}

fn told(result: Result<Response<String>, BoxError>) -> Told {
    match result {
        Ok(response) => {
            let history = History::of(&response).cloned();
            let stop = history.as_ref().and_then(History::stop_reason);
            Told { history, stop, error: false, status: Some(response.status().as_u16()) }
        }
        Err(error) => {
            let found = RetryError::find(&*error);
            let history = found.map(|error| error.history().clone());
            let stop = found.and_then(RetryError::stop_reason);
            let status = found.and_then(RetryError::status).map(|status| status.as_u16());
            Told { history, stop, error: true, status }
        }
    }
}

fn check(run: &Run, told: &Told) {
    let script = &run.script;
    let rules = script.rules_that_hold();
    let seen = run.seen.lock().unwrap().clone();
    if rules.total == 0 {
        // retrying is switched off: whatever comes is passed on, and is judged by nobody
        let erred = matches!(script.steps[0].outcome, Outcome::Error(_));
        let (watch, ends) = (run.watch.0.lock().unwrap(), run.ledger.ends());
        let good = is(rules, &script.steps[0].outcome) == Is::Good;
        assert_eq!((seen.len(), told.error, watch.1.len(), ends.len()), (1, erred, 1, 1));
        assert_eq!(ends[0] == RequestEnd::FirstTry, good, "{ends:?}");
        assert_eq!((run.ledger.granted(), run.ledger.count(|entry| *entry == Entry::Refused)), (0, 0));
        return;
    }
    let made = u32::try_from(seen.len()).unwrap();
    let (mut granted, mut in_a_row) = (0, 0);
    let mut kinds = Vec::new();
    let mut failures = (0, 0);
    let mut last_stops = Vec::new();
    let watch = run.watch.0.lock().unwrap();
    for (index, &(_, ended, number)) in seen.iter().enumerate() {
        let retries = u32::try_from(index).unwrap();
        assert_eq!(number, retries + 1, "the attempt's number");
        let ended = ended.unwrap();
        let outcome = &script.steps[index].outcome;
        let is = is(rules, outcome);
        let left = script.deadline.map(|deadline| deadline.saturating_sub(ended));
        let mut stops = Vec::new();
        let mut perhaps = false;
        let mut free = false;
        let mut range = None;
        match is {
            Is::Good => {}
            Is::Wrong => stops.push(StopReason::NotRetryable),
            Is::Never => {
                stops.push(StopReason::Pushback);
                failures = (failures.0 + 1, failures.1 + 1);
            }
            Is::Failed(phase) => {
                if phase == Phase::Other {
                    stops.push(StopReason::NotRetryable);
                    stops.push(StopReason::PhaseAttempts(phase));
                } else {
                    free = FREE.contains(&phase);
                    if !may_repeat(script, phase) {
                        stops.push(StopReason::NotRepeatable);
                    }
                    if rules.refuse_at == Some(number) {
                        stops.push(StopReason::NotRetryable);
                    }
                    // a phase without a single retry is none that the policy retries
                    let never = rules.phase_limit == Some((phase, 0));
                    let sure = u32::from(stops.is_empty() && !free && !never);
                    failures = (failures.0 + sure, failures.1 + u32::from(!free));
                }
                if retries >= rules.total {
                    stops.push(StopReason::Attempts);
                }
                if let Some((limited, limit)) = rules.phase_limit
                    && limited == phase
                {
                    let of_phase =
                        script.steps[..=index].iter().filter(|step| oracle::is(rules, &step.outcome) == is);
                    if u32::try_from(of_phase.count()).unwrap() > limit {
                        stops.push(StopReason::PhaseAttempts(phase));
                    }
                }
                let waits = waits(rules, outcome, in_a_row + 1, left);
                perhaps = waits.perhaps && stops.is_empty();
                stops.extend(&waits.stops);
                if !free && (stops.is_empty() || perhaps) && granted >= script.grants {
                    stops.push(StopReason::Budget);
                    perhaps = false;
                }
                range = Some(waits);
            }
        }
        if let Some(&(next, ..)) = seen.get(index + 1) {
            assert!(stops.is_empty() || perhaps, "attempt {number} was the last: {stops:?}");
            assert!(is != Is::Good, "attempt {number} succeeded");
            let range = range.unwrap();
            let waited = next - ended;
            assert!(waited >= range.least, "after attempt {number}: {waited:?} is earlier than {range:?}");
            assert!(
                waited <= range.most + MS * 2,
                "after attempt {number}: {waited:?} is later than {range:?}"
            );
            granted += u32::from(!free);
            if !free {
                kinds.push(oracle::kind(rules, outcome));
            }
            let (failed, wait) = watch.0[index];
            assert_eq!(failed, number, "the observer's number");
            assert!(range.asked.is_none_or(|asked| asked == wait.asked_by_server()), "{number}: who asked");
            // gRPC A6: after a pushback the backoff begins anew
            let exact = oracle::asked(rules, outcome).is_some_and(|(_, exact)| exact);
            in_a_row = if exact { 0 } else { in_a_row + 1 };
            assert!((wait.duration()..=wait.duration() + MS * 2).contains(&waited), "{wait:?} {waited:?}");
            let record = &told.history.as_ref().unwrap().attempts()[index];
            assert_eq!(record.wait(), Some(wait));
        } else {
            assert!(
                is == Is::Good || !stops.is_empty() && (!perhaps || told.stop.is_some()),
                "attempt {number} was not the last"
            );
            last_stops = stops;
        }
    }
    let last = &script.steps[seen.len() - 1].outcome;
    let last_is = is(rules, last);
    // one outcome, with its reason
    let erred =
        matches!(last, Outcome::Error(_)) || rules.as_error && matches!(last_is, Is::Failed(_) | Is::Never);
    if matches!(last_is, Is::Never) {
        // whether the policy "would have retried" it is not said
    } else {
        assert_eq!(told.error, erred, "the kind of outcome");
    }
    if let Outcome::Head { status, .. } = last {
        assert_eq!(told.status, Some(*status), "the last answer");
    }
    let ended = seen[seen.len() - 1].1.unwrap();
    assert_eq!(watch.0.len() + 1, seen.len(), "one word of each retry");
    assert_eq!(watch.1.len(), 1, "one end");
    let (attempts, stop, elapsed) = watch.1[0];
    assert_eq!((attempts, elapsed), (made, ended), "the observer's end");
    match stop {
        // an answer that is not on the list is the server's answer, and not a failure of the attempt
        None => assert!(matches!(last_is, Is::Good | Is::Wrong), "no reason"),
        Some(stop) => assert!(last_stops.contains(&stop), "{stop:?} is none of {last_stops:?}"),
    }
    assert!(run.other.0.lock().unwrap().1.is_empty(), "the override's observer hears nothing");
    if let Some(history) = &told.history {
        assert_eq!(told.stop, stop);
        assert_eq!(history.attempts_made(), made);
        assert_eq!(history.elapsed(), ended, "the history's time");
        for (record, (index, &(began, ended, _))) in history.attempts().iter().zip(seen.iter().enumerate()) {
            assert_eq!((record.began(), record.took()), (began, ended.unwrap() - began), "attempt {index}");
            let expected = match is(rules, &script.steps[index].outcome) {
                Is::Failed(phase) => Some(phase),
                Is::Good => None,
                Is::Wrong | Is::Never => record.phase(),
            };
            assert_eq!(record.phase(), expected, "phase of attempt {index}");
        }
    } else {
        let none = seen.len() == 1 && (last_is == Is::Good || last_is == Is::Wrong);
        assert!(none || rules.total == 0, "no history: {stop:?}");
    }
    // the accounts
    let ledger = &run.ledger;
    let failed = ledger.failed();
    assert!((failures.0..=failures.1).contains(&failed), "{failed} failures, not {failures:?}");
    assert_eq!(ledger.granted(), granted, "grants");
    assert_eq!(ledger.count(|entry| *entry == Entry::RetryEnded), granted, "granted retries that ended");
    assert_eq!(ledger.given_back(), 0);
    assert_eq!(ledger.count(|entry| *entry == Entry::Refused), u32::from(stop == Some(StopReason::Budget)));
    assert_eq!(ledger.kinds_granted(), kinds, "what was paid for");
    ledger.check_order();
    assert_eq!(
        (ledger.count(|entry| *entry == Entry::Begin), ledger.count(|entry| *entry == Entry::End)),
        (1, 1)
    );
    let ends = ledger.ends();
    assert_eq!(ends.len(), 1, "settled once");
    match last_is {
        Is::Good if granted == 0 => assert_eq!(ends[0], RequestEnd::FirstTry),
        Is::Good => assert_eq!(ends[0], RequestEnd::AfterRetry(kinds[kinds.len() - 1])),
        Is::Wrong => assert_eq!(ends[0], RequestEnd::NotRetried),
        Is::Failed(Phase::Other) => assert_eq!(ends[0], RequestEnd::NotRetried),
        Is::Failed(_) | Is::Never => {
            assert!(matches!(ends[0], RequestEnd::Failed | RequestEnd::NotRetried), "{ends:?}");
        }
    }
}

/// Phases whose retries cost nothing.
const FREE: [Phase; 1] = [Phase::Unprocessed];

/// A clock of each call's own, so that every time is a whole millisecond.
fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// The seeds of one run: 10,000, or those from `HOSTILE_SEED` on.
fn seeds() -> std::ops::Range<u64> {
    let first = std::env::var("HOSTILE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    first..first + 10_000
}

over_each_loop!(
    #[test]
    every_call_is_as_documented,
    a_call_that_is_dropped_at_any_poll_leaves_the_accounts_in_order,
);

fn every_call_is_as_documented(which: Loop) {
    for seed in seeds() {
        let run = Run::new(seed);
        let told = told(paused().block_on(async { run.call(which, seed).await }));
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&run, &told)));
        assert!(
            result.is_ok(),
            "seed {seed}: {:?}\nseen {:?}\nstop {:?}\nledger {:?}",
            run.script,
            run.seen,
            told.stop,
            run.ledger.entries()
        );
    }
}

fn a_call_that_is_dropped_at_any_poll_leaves_the_accounts_in_order(which: Loop) {
    for seed in seeds() {
        let run = Run::new(seed);
        let mut random = Random::new(seed ^ 0xD409);
        let polls = random.below(12);
        let ended = paused().block_on(async {
            let mut call = Box::pin(run.call(which, seed));
            let mut left = polls;
            std::future::poll_fn(|context| {
                if left == 0 {
                    return std::task::Poll::Ready(false);
                }
                left -= 1;
                call.as_mut().poll(context).map(|_| true)
            })
            .await
        });
        let count = |wanted| run.ledger.count(|entry| *entry == wanted);
        run.ledger.check_order();
        let story = || format!("seed {seed}, {polls} polls, ended {ended}: {:?}", run.ledger.entries());
        assert_eq!(count(Entry::Begin), count(Entry::End), "{}", story());
        assert_eq!(run.ledger.granted(), count(Entry::RetryEnded) + run.ledger.given_back(), "{}", story());
        assert_eq!(run.ledger.ends().len(), usize::from(ended), "{}", story());
        let sent = u32::try_from(run.seen.lock().unwrap().len()).unwrap();
        // tower's loop does not tell its policy of a call that is dropped
        let is_told = ended || sent > 0 && which != Loop::Towers;
        assert_eq!(run.watch.0.lock().unwrap().1.len(), usize::from(is_told), "{}", story());
        assert!(count(Entry::RetryEnded) <= sent.saturating_sub(1), "{}", story());
        let waiting = run.watch.0.lock().unwrap().0.len() >= sent as usize;
        assert!(run.ledger.given_back() <= u32::from(waiting), "{}", story());
    }
}

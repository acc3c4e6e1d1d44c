//! A call that is not over: its attempts, and when the next one starts.

mod prepare;

use super::{
    before_retry::FailedAttempt,
    call::Call,
    extras::Extras,
    hedge::Hedging,
    judgement::{Others, Verdict},
    kept::Kept,
    progress::Begun,
    running::{Ended, Handed, Running},
    start::{Preparation, Replacement, Starts},
};
use crate::{
    AttemptNumber, Phase, RetryPolicy,
    budget::{Grant, RequestHead},
    classify::Failure,
    policy::{HedgeDecision, RepeatableBody},
    replay_body,
};
use http::{HeaderValue, Request, Response, StatusCode};
use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;
use tower::BoxError;
use tower_service::Service;

/// What a timer can tell.
const A_TICK: Duration = Duration::from_millis(1);

pub(super) struct Open<S, B>
where
    S: Service<Request<B>>,
{
    call: Call,
    kept: Kept<B>,
    /// What further attempts are cloned from, where any may follow.
    inner: Option<S>,
    /// What the layer has beside its policy, where any attempt may follow.
    extras: Option<Arc<Extras>>,
    first_runs: bool,
    is_over: bool,
    /// Made when the first attempt is not all there is.
    further: Option<Box<Further<S, B>>>,
}

/// The attempts after the first.
struct Further<S, B>
where
    S: Service<Request<B>>,
{
    /// In the order in which they began.
    running: Vec<Pin<Box<Running<S, B>>>>,
    starts: Starts,
}

/// What is to be done when no attempt has ended.
pub(super) enum Turn {
    Wait,
    Prepare,
    Replace,
    Hedge,
}

// ===== impl Open =====

impl<S, B> Open<S, B>
where
    S: Service<Request<B>>,
{
    /// Opens a call, just before its request is sent.
    #[inline]
    pub(super) fn new(
        policy: &RetryPolicy,
        request: &mut Request<B>,
        inner: &S,
        extras: Option<&Arc<Extras>>,
    ) -> Self
    where
        S: Clone,
        B: RepeatableBody,
    {
        let call = Call::open(policy, RequestHead::new(request));
        let follows = call.may_follow();
        Self {
            kept: Kept::of(request, call.wants_the_whole()),
            call,
            inner: follows.then(|| inner.clone()),
            extras: extras.filter(|_| follows).cloned(),
            first_runs: true,
            is_over: false,
            further: None,
        }
    }

    pub(super) fn started(&self) -> Instant {
        self.call.started
    }

    /// Whether nothing but the first attempt is to be asked or waited for.
    #[inline]
    pub(super) fn waits_for_the_first(&self) -> bool {
        self.further.is_none() && self.extras.is_none()
    }

    #[inline]
    pub(super) fn passes_at_once(&mut self, status: StatusCode) -> bool {
        let passes = self.further.is_none() && self.call.passes_at_once(status);
        if passes {
            self.is_over = true;
            if let Some(hedge) = self.hedging() {
                hedge.learn(self.call.started);
            }
        }
        passes
    }

    /// Nothing is hedged that may not be repeated in every phase.
    #[inline]
    fn hedging(&self) -> Option<&Arc<Hedging>> {
        let hedging = self.extras.as_ref()?.hedging.as_ref()?;
        (self.call.repeatable && hedging.at_once() > 1).then_some(hedging)
    }

    fn further_mut(&mut self) -> &mut Further<S, B> {
        self.further
            .get_or_insert_with(|| Box::new(Further { running: Vec::new(), starts: Starts::default() }))
    }

    /// The attempts that run: their numbers, and when they began.
    fn running(&self) -> Vec<(u32, Instant)> {
        let first = self.first_runs.then_some((1, self.call.started));
        let further = self.further.iter().flat_map(|further| &further.running);
        let further = further.filter_map(|running| running.begun()).map(|begun| (begun.number, begun.at));
        first.into_iter().chain(further).collect()
    }
}

impl<S, B, R> Open<S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
    B: RepeatableBody,
{
    /// The first of the further attempts that has ended.
    pub(super) fn poll_running(&mut self, cx: &mut Context<'_>) -> Option<Ended<Response<R>>> {
        let further = self.further.as_deref_mut()?;
        for index in 0..further.running.len() {
            if let Poll::Ready(ended) = further.running[index].as_mut().poll(cx) {
                further.running.remove(index);
                return ended;
            }
        }
        None
    }

    /// Judges an attempt that has ended. The outcome of the call, if that is it.
    pub(super) fn ended(&mut self, ended: Ended<Response<R>>) -> Option<Result<Response<R>, BoxError>> {
        let Ended { begun, mut result, handed } = ended;
        let now = Instant::now();
        let mut reader = begun.reader;
        if begun.number == 1 {
            self.first_runs = false;
            reader = self.kept.first_reader();
        }
        let mut failure = self.call.failure(self.kept.shown().head, begun.number, &result);
        if let Some(failure) = &mut failure {
            match handed {
                Handed::Over => {}
                Handed::Unready => failure.was_unsent(),
                // whatever error it is, it says nothing of the server
                Handed::Unprepared => *failure = Failure::new(Phase::Other),
            }
        }
        if failure.is_none()
            && (begun.number == 1 || self.first_runs)
            && let Some(hedge) = self.hedging()
        {
            hedge.learn_at(self.call.started, now);
        }
        let held = failure.as_ref().is_some_and(|failure| self.call.hold(failure, now));
        if (held || self.is_committed())
            && let Some(further) = &mut self.further
        {
            further.starts.replacement = None;
        }
        let running = self.running();
        let awaited = self.further.as_ref().is_some_and(|further| further.starts.replacement.is_some());
        let others = Others { running: &running, awaited };
        let (number, phase) = (begun.number, failure.as_ref().map_or(Phase::Other, |failure| failure.phase));
        match self.call.judge(self.kept.shown(), begun, &mut result, failure, now, others) {
            Verdict::Over => {
                self.is_over = true;
                self.further = None;
                return Some(result);
            }
            Verdict::Again { wait, grant } => {
                let paid = grant.as_ref().map(Grant::kind).or(self.call.last_charged());
                let hook = self.extras.as_ref().and_then(|extras| extras.before_retry.as_ref());
                let preparation = hook.map(|_| {
                    let status = result.as_ref().ok().map(Response::status);
                    Box::new(Preparation::Due(FailedAttempt::new(number, phase, status)))
                });
                let replacement = Replacement::after(wait, now, grant, paid, preparation);
                self.further_mut().starts.replacement = Some(replacement);
            }
            Verdict::Await => {}
        }
        if let (Some(body), Some(reader)) = (self.kept.shown().body, reader) {
            // its upload may still go on, and nobody waits for it; a sibling's goes on
            replay_body::retire(body, reader);
        }
        let hold = self.call.hold_until();
        self.further_mut().starts.hold(hold);
        None
    }

    /// When nothing has ended: whether an attempt is due, or else who wakes the task when it is.
    pub(super) fn turn(&mut self, cx: &mut Context<'_>) -> Turn {
        let hedge_at = self.hedge_at();
        let starts = &mut self.further_mut().starts;
        if let Some(replacement) = &mut starts.replacement
            && replacement.has_to_yield()
        {
            cx.waker().wake_by_ref();
            return Turn::Wait;
        }
        let replaces = starts.replacement.is_some();
        let preparation =
            starts.replacement.as_ref().and_then(|replacement| replacement.preparation.as_deref());
        let prepares = preparation.is_some();
        if let Some(Preparation::Runs(..)) = preparation {
            return Turn::Prepare;
        }
        let at = match &starts.replacement {
            Some(replacement) => replacement.due(),
            None if hedge_at.is_none() => return Turn::Wait,
            None => hedge_at,
        };
        match at.map_or(Poll::Ready(()), |at| starts.poll_until(at, cx)) {
            Poll::Pending => Turn::Wait,
            Poll::Ready(()) if prepares => Turn::Prepare,
            Poll::Ready(()) if replaces => Turn::Replace,
            Poll::Ready(()) => Turn::Hedge,
        }
    }

    /// When the newest attempt has run for long enough that another may start beside it. Not while one is awaited, and not
    /// while the newest is not sent: a client that queues on its own limit must not queue more.
    fn hedge_at(&mut self) -> Option<Instant> {
        let hedge = Arc::clone(self.hedging()?);
        let (first_runs, started) = (self.first_runs, self.call.started);
        let further = self.further_mut();
        if further.starts.replacement.is_some()
            || usize::from(first_runs) + further.running.len() >= hedge.at_once()
        {
            return None;
        }
        let (number, at) = match further.running.last() {
            Some(newest) if newest.is_sent() => newest.begun().map(|begun| (begun.number, begun.at))?,
            Some(_) => return None,
            None if first_runs => (1, started),
            None => return None,
        };
        further.starts.hedge_at(number, || at.checked_add(hedge.delay(at)?))
    }

    /// An upload that outgrew what is kept of it commits the call to the attempts that run, as gRPC A6 has it.
    fn is_committed(&mut self) -> bool {
        self.kept.shown().body.is_some_and(|body| !replay_body::is_replayable(body))
    }

    /// Starts the attempt that follows a failed one.
    pub(super) fn replace(&mut self) {
        let Some(replacement) = self.further_mut().starts.replacement.take() else { return };
        if self.is_committed() && !self.running().is_empty() {
            return;
        }
        let (grant, paid) = replacement.granted();
        let number = self.call.next_number();
        self.start(Begun { number, at: Instant::now(), grant, paid, reader: None });
    }

    /// Starts an attempt beside those that run, if it may and the budget grants it.
    pub(super) fn hedge(&mut self) {
        let Some(hedge) = self.hedging().map(Arc::clone) else { return };
        let now = Instant::now();
        // a delay of nothing would ask for ever, and let nobody answer
        let again_at = hedge.delay(now).and_then(|delay| now.checked_add(delay.max(A_TICK)));
        match self.call.may_hedge(self.kept.shown(), hedge.hedges(), now) {
            HedgeDecision::Start => match self.call.grant_hedge(now) {
                Some(grant) => {
                    let paid = grant.as_ref().map(Grant::kind);
                    let number = self.call.next_number();
                    self.call.tell_of_hedge(self.kept.shown().head, number, now);
                    self.start(Begun { number, at: now, grant, paid, reader: None });
                }
                None => self.further_mut().starts.ask_again(again_at),
            },
            HedgeDecision::Later => self.further_mut().starts.ask_again(again_at),
            HedgeDecision::Never => self.further_mut().starts.ask_again(None),
        }
    }

    fn start(&mut self, mut begun: Begun) {
        let keep = self.call.wants_the_whole();
        let Some(inner) = &self.inner else { return };
        let Some(mut request) = self.kept.next(keep) else { return };
        begun.reader = replay_body::number(request.body_mut());
        let number = begun.number;
        request.extensions_mut().insert(AttemptNumber::new(number, self.call.connection_broke()));
        if let Some(name) = &self.call.config().attempt_header {
            request.headers_mut().insert(name, HeaderValue::from(number));
        }
        let running = Running::new(inner.clone(), request, begun);
        self.further_mut().running.push(Box::pin(running));
    }
}

impl<S, B> Drop for Open<S, B>
where
    S: Service<Request<B>>,
{
    /// The caller has gone away.
    fn drop(&mut self) {
        if !mem::replace(&mut self.is_over, true) && self.call.tells_of_its_end() {
            let running = self.running();
            self.call.abandoned(self.kept.shown().head, &running);
        }
        // what the budget has granted goes back before the call's place among those in flight
        self.further = None;
    }
}

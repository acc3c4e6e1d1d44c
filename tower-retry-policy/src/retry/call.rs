use super::{of_stream::OfStream, progress::Progress};
use crate::{
    Deadline, FailureKind, RequestEnd, RetryBudget, RetryPatch, RetryPolicy,
    budget::{RequestHead, SharedPlace},
    endpoints::Tried,
    policy::{Budgeting, Config},
};
use http::{StatusCode, Uri};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// What a call has of its budget from its first send on.
#[derive(Clone, Default)]
pub(super) struct Chosen {
    /// The budget that this request was given, where each may have another.
    pub(super) budget: Option<Arc<dyn RetryBudget>>,
    pub(super) place: Option<SharedPlace>,
}

/// One call: whose rules hold for it, and how far it has come.
pub(crate) struct Call {
    /// The layer's settings: budget and observers are always these.
    pub(super) layer: Arc<Config>,
    /// The settings that this request brought with it.
    own: Option<Arc<Config>>,
    /// The budget that this request was given, where each may have another.
    budget: Option<Arc<dyn RetryBudget>>,
    place: Option<SharedPlace>,
    pub(super) started: Instant,
    pub(super) deadline: Option<Deadline>,
    /// Where the attempts are sent, if there are endpoints to choose from.
    tried: Option<Tried>,
    /// The method or the owner of the request allows a repeat whatever the server has done.
    pub(super) repeatable: bool,
    /// Made when an attempt has failed or a second one begins: a call of one attempt allocates nothing. That of a stream
    /// has one from its beginning.
    pub(super) progress: Option<Box<Progress>>,
}

// ===== impl Call =====

impl Call {
    /// Opens a call that is not [idle](Self::is_idle).
    #[inline]
    pub(super) fn open(policy: &RetryPolicy, head: RequestHead<'_>) -> Self {
        Self::open_place(policy, head, Instant::now())
    }

    /// Opens a call with a place among the requests in flight, for budgets that count those.
    #[inline]
    pub(super) fn open_place(policy: &RetryPolicy, head: RequestHead<'_>, now: Instant) -> Self {
        let mut call = Self::open_at(policy, head, now);
        call.place = call.place_in_flight();
        call
    }

    /// Whether there is nothing to decide and nobody to tell: the outcome is handed on as it is.
    #[inline]
    pub(super) fn is_idle(policy: &RetryPolicy, head: RequestHead<'_>) -> bool {
        // asked first, because most policies have a budget, and then nobody looks for another policy twice
        policy.config.listens_to_nobody() && Self::repeats_nothing(policy, head)
    }

    /// Whether no attempt can follow the first, as far as it is known without asking a patch.
    #[inline]
    fn repeats_nothing(policy: &RetryPolicy, head: RequestHead<'_>) -> bool {
        if head.extensions().is_empty() {
            return policy.config.never_retries();
        }
        let own = head.extensions().get().unwrap_or(policy);
        own.config.never_retries() && head.extensions().get::<RetryPatch>().is_none()
    }

    /// For a call that is opened anew when its first attempt has ended.
    pub(super) fn chosen(self) -> Option<Chosen> {
        let place = self.place_in_flight();
        let chosen = Chosen { budget: self.budget, place };
        (chosen.budget.is_some() || chosen.place.is_some()).then_some(chosen)
    }

    /// A place among the requests in flight, for budgets that count those.
    fn place_in_flight(&self) -> Option<SharedPlace> {
        // the stream has one for all of its calls
        let budget = self.budget().filter(|_| !self.is_of_stream());
        budget.filter(|budget| budget.tracks_in_flight()).map(SharedPlace::enter)
    }

    #[inline]
    pub(super) fn open_at(policy: &RetryPolicy, head: RequestHead<'_>, now: Instant) -> Self {
        let chosen = Chosen { budget: policy.config.budget.of(head, now.into_std()), place: None };
        Self::open_with(policy, head, now, chosen)
    }

    /// Opens a call whose budget was chosen when it was sent.
    #[inline]
    pub(super) fn open_with(
        policy: &RetryPolicy,
        head: RequestHead<'_>,
        now: Instant,
        chosen: Chosen,
    ) -> Self {
        let layer = Arc::clone(&policy.config);
        let (own, deadline, tried, progress) = if head.extensions().is_empty() {
            (None, None, None, None)
        } else {
            let own = head.extensions().get::<RetryPolicy>();
            let own = match head.extensions().get::<RetryPatch>() {
                None => own.map(|own| Arc::clone(&own.config)),
                Some(patch) => Some(patch.apply(own.unwrap_or(policy))),
            };
            let progress = head.extensions().get().map(|of: &OfStream| Box::new(Progress::from(*of)));
            (own, head.extensions().get().copied(), head.extensions().get().cloned(), progress)
        };
        let repeatable = own.as_ref().unwrap_or(&layer).repeatable.allows(head);
        let Chosen { budget, place } = chosen;
        Self { layer, own, budget, place, started: now, deadline, tried, repeatable, progress }
    }

    /// The settings of this call: the request's own, or the layer's.
    #[inline]
    pub(super) fn config(&self) -> &Config {
        self.own.as_deref().unwrap_or(&self.layer)
    }

    /// The budget of this call; always the layer's, whatever the request brought.
    #[inline]
    pub(super) fn budget(&self) -> Option<&Arc<dyn RetryBudget>> {
        match &self.layer.budget {
            Budgeting::Nothing => None,
            Budgeting::OneForAll(budget) => Some(budget),
            Budgeting::PerRequest(_) => self.budget.as_ref(),
        }
    }

    /// Whether another attempt may follow those that have begun, as far as it is known before they end.
    #[inline]
    pub(super) fn may_follow(&self) -> bool {
        let config = self.config();
        let used_up = config.total.is_some_and(|total| self.retries() >= total);
        !used_up && (self.repeatable || config.retries_unprocessed())
    }

    /// Whether somebody is shown the head of the request when an attempt has ended, or another attempt needs it.
    #[inline]
    pub(super) fn wants_the_whole(&self) -> bool {
        self.may_follow() || self.config().condition.is_some() || !self.layer.observers.is_empty()
    }

    /// Whether somebody wants to hear how it ended.
    pub(super) fn tells_of_its_end(&self) -> bool {
        !self.layer.observers.is_empty()
    }

    /// Whether it asks for the rest of a body.
    #[inline]
    fn is_of_stream(&self) -> bool {
        self.progress.as_deref().is_some_and(|progress| progress.of_stream)
    }

    /// Whether an attempt has failed, or a second one has begun.
    pub(super) fn has_story(&self) -> bool {
        self.progress.as_deref().is_some_and(|progress| progress.begun > 1 || progress.attempts.made() > 0)
    }

    /// Retries so far, of whatever kind.
    #[inline]
    pub(super) fn retries(&self) -> u32 {
        self.progress.as_deref().map_or(0, |progress| progress.retries)
    }

    pub(super) fn progress_mut(&mut self) -> &mut Progress {
        self.progress.get_or_insert_default()
    }

    /// The number of an attempt that begins now.
    pub(super) fn next_number(&mut self) -> u32 {
        let progress = self.progress_mut();
        progress.begun = progress.begun.saturating_add(1);
        progress.begun
    }

    /// Attempts that have begun, the first send included.
    pub(super) fn attempts_begun(&self) -> u32 {
        self.progress.as_deref().map_or(1, |progress| progress.begun)
    }

    /// The kind of failure that the budget was last charged for.
    pub(super) fn last_charged(&self) -> Option<FailureKind> {
        self.progress.as_deref().and_then(|progress| progress.last_charged)
    }

    /// Whether a connection broke or fell silent under an attempt.
    pub(super) fn connection_broke(&self) -> bool {
        self.progress.as_deref().is_some_and(|progress| progress.connection_broke)
    }

    /// The server wants no further attempt before this.
    pub(super) fn hold_until(&self) -> Option<Instant> {
        self.progress.as_deref().and_then(|progress| progress.hold_until)
    }

    /// Where the attempt of this number was sent.
    pub(super) fn endpoint(&self, number: u32) -> Option<Box<Uri>> {
        self.tried.as_ref()?.endpoint(number).map(Box::new)
    }

    pub(super) fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    /// The way of most calls: the first attempt brought what is not retried, and only the budget has to hear of it.
    #[inline]
    pub(super) fn passes_at_once(&self, status: StatusCode) -> bool {
        let passes = self.progress.is_none()
            && self.layer.observers.is_empty()
            && self.config().responses.accept(status);
        if passes && let Some(budget) = self.budget() {
            // RFC 9110 section 15: from 400 on the request failed
            let end = if status.as_u16() < 400 { RequestEnd::FirstTry } else { RequestEnd::NotRetried };
            budget.settle(end, Instant::now().into_std());
        }
        passes
    }

    /// Tells the budget that the request is over. That of a stream was over with the head of its first call.
    #[inline]
    pub(super) fn settle(&self, end: RequestEnd, now: Instant) {
        let Some(budget) = self.budget() else { return };
        match end {
            RequestEnd::AfterRetry(kind) if self.is_of_stream() => budget.recovered(kind, now.into_std()),
            _ if self.is_of_stream() => {}
            _ => budget.settle(end, now.into_std()),
        }
    }
}

use super::{RetryPolicy, config::Budgeting, repeatable::Methods};
use crate::{Attempt, Observer, Phase, RetryAfter, RetryBudget, budget::BudgetSource, hint::GrpcCodes};
use http::{HeaderName, Method, StatusCode};
use std::{sync::Arc, time::SystemTime};
use tower_backoff::{Backoff, Draws};

impl RetryPolicy {
    /// Retries in all: 3 means at most four attempts. 0 switches retrying off.
    #[must_use]
    pub fn retries(self, total: u32) -> Self {
        self.change(|config| config.total = Some(total))
    }

    /// No limit on the retries in all (urllib3's `total=None`): the limits of the phases alone count, and a phase
    /// without one of its own is not retried.
    #[must_use]
    pub fn without_total(self) -> Self {
        self.change(|config| config.total = None)
    }

    /// Retries after failures of one phase, beside the total: whichever is used up first ends the call.
    ///
    /// [`Phase::Other`] is 0 in every preset, all others are bounded by the total alone.
    #[must_use]
    pub fn retries_after(self, phase: Phase, retries: u32) -> Self {
        self.change(|config| config.by_phase[phase.index()] = Some(retries))
    }

    /// The statuses that ask for a retry, instead of the preset's.
    ///
    /// 413, 429 and 503 with a `Retry-After` do so without being listed (RFC 9110 sections 15.5.14 and 15.6.4, RFC 6585
    /// section 4), unless that is [ignored](RetryAfter::Ignore), and with a pushback or a rate limit's reset where
    /// those are obeyed. 421 and 425 say that the request was not processed ([`Phase::Unprocessed`]) and need not be
    /// listed either. A 425 to a request that carries `Early-Data` is never retried: an intermediary has to forward it
    /// (RFC 8470 section 5.2).
    #[must_use]
    pub fn statuses(self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        self.change(|config| config.responses.statuses = statuses.into_iter().collect())
    }

    /// The methods that may be repeated after the server may have acted on the request, instead of the
    /// idempotent ones (RFC 9110 section 9.2.2: GET, HEAD, OPTIONS, TRACE, PUT, DELETE; and QUERY).
    ///
    /// An empty list means none. A request that carries one well-formed `Idempotency-Key` (unless
    /// [`honour_idempotency_key`](Self::honour_idempotency_key) is off) or [`Idempotent`](crate::Idempotent) may be
    /// repeated whatever its method.
    #[doc(alias = "idempotency")]
    #[must_use]
    pub fn methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.change(|config| config.repeatable.methods = Methods::Listed(methods.into_iter().collect()))
    }

    /// Any method may be repeated. Only right for a server that tolerates every request twice.
    #[must_use]
    pub fn any_method(self) -> Self {
        self.change(|config| config.repeatable.methods = Methods::Any)
    }

    /// Whether an `Idempotency-Key` in a request permits repeating it. On by default: applications set the field
    /// themselves, for servers that honour it.
    ///
    /// Switch it off where the header fields come from outside, as in a gateway: a client that sends the field says
    /// nothing about whether the upstream recognises it. [`Idempotent`](crate::Idempotent) always counts, because
    /// extensions do not travel over the network.
    ///
    /// One field with one key counts: a structured-field string in quotes, or visible ASCII without quotes and commas.
    /// An empty or malformed field, or several of them, permit nothing.
    #[doc(alias = "idempotency")]
    #[must_use]
    pub fn honour_idempotency_key(self, honour: bool) -> Self {
        self.change(|config| config.repeatable.by_key = honour)
    }

    /// The waits before the retries.
    #[doc(alias = "jitter")]
    #[must_use]
    pub fn backoff(self, backoff: Backoff) -> Self {
        self.change(|config| config.backoff = backoff)
    }

    /// What is done with a wait that the server asks for, by `Retry-After` or by gRPC's pushback; by default one of more
    /// than 60 s is refused.
    #[doc(alias = "rate limit")]
    #[must_use]
    pub fn retry_after(self, rule: RetryAfter) -> Self {
        self.change(|config| config.responses.retry_after = rule)
    }

    /// The gRPC status codes that ask for a retry where they stand in the head of a response without a body
    /// ("trailers-only"), instead of none; and the server's `grpc-retry-pushback-ms` is obeyed (gRPC A6), to the
    /// millisecond and within the limit of [`retry_after`](Self::retry_after). A pushback not to retry ends the call, and
    /// counts as a failure for the budget, whatever the code.
    ///
    /// gRPC calls are `POST`s: which of them may be repeated is for their owner to say, by
    /// [`any_method`](Self::any_method) or [`Idempotent`](crate::Idempotent). A status in the trailers after a
    /// body is seen by a content check.
    #[must_use]
    pub fn grpc(self, codes: impl IntoIterator<Item = u8>) -> Self {
        self.change(|config| {
            config.responses.grpc = GrpcCodes::new(codes);
            config.responses.hints.grpc_pushback = true;
        })
    }

    /// Whether, without a `Retry-After`, the reset of an exhausted `RateLimit`
    /// (draft-ietf-httpapi-ratelimit-headers) is waited for, or that of `X-RateLimit-Reset` with an
    /// `X-RateLimit-Remaining` of 0. The rule of [`retry_after`](Self::retry_after) holds for it too. Off by default.
    #[doc(alias = "rate limit")]
    #[cfg(feature = "rate-limit")]
    #[must_use]
    pub fn rate_limit_reset(self, wait: bool) -> Self {
        self.change(|config| config.responses.hints.rate_limit = wait)
    }

    /// The budget that all requests of this layer share, and with them those of every policy that is cloned from this
    /// one, whatever its further settings; see [`RetryPolicy`](Self#policies-that-share-a-budget). An
    /// [`Arc`](std::sync::Arc) of a budget is one too, for whoever keeps a handle or shares it otherwise.
    #[doc(alias = "retry budget")]
    #[must_use]
    pub fn budget(self, budget: impl RetryBudget + 'static) -> Self {
        self.change(|config| config.budget = Budgeting::OneForAll(Arc::new(budget)))
    }

    /// A budget for each request from this source, for example one per host, so that one server that fails does
    /// not use up the retries of the others. It takes the place of [`budget`](Self::budget).
    #[must_use]
    pub fn budget_per(self, source: impl BudgetSource + 'static) -> Self {
        self.change(|config| config.budget = Budgeting::PerRequest(Arc::new(source)))
    }

    /// No budget: nothing bounds the share of retries among all requests.
    #[must_use]
    pub fn without_budget(self) -> Self {
        self.change(|config| config.budget = Budgeting::Nothing)
    }

    /// Somebody who hears of every retry and of the end of every call, beside those who already do.
    ///
    /// Like the budget, the observers are the layer's: they hear of calls with an override too.
    #[must_use]
    pub fn observer(self, observer: impl Observer + 'static) -> Self {
        self.change(|config| config.observers.push(Arc::new(observer)))
    }

    /// The header field that tells the server which attempt this is: `2` for the first retry. It is absent on
    /// the first send, and by default on all.
    #[must_use]
    pub fn attempt_header(self, name: HeaderName) -> Self {
        self.change(|config| config.attempt_header = Some(name))
    }

    /// A further condition: a failure that the policy would retry is retried only if this says yes.
    #[must_use]
    pub fn retry_if(self, condition: impl Fn(&Attempt<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.change(|config| config.condition = Some(Arc::new(condition)))
    }

    /// Whether a last response that the policy would have retried becomes a [`RetryError`](crate::RetryError)
    /// that carries its status and header fields. By default (`false`) it is returned as it is, with its
    /// [`History`](crate::History) in the extensions.
    #[must_use]
    pub fn last_response_as_error(self, as_error: bool) -> Self {
        self.change(|config| config.response_as_error = as_error)
    }

    /// Whether what an inner retry has given up on is tried again.
    ///
    /// Off by default: three attempts around three attempts are nine. What the inner one gave up on counts as sent if any
    /// of its attempts was.
    #[must_use]
    pub fn retry_exhausted_inner(self, again: bool) -> Self {
        self.change(|config| config.retries_exhausted_inner = again)
    }

    /// Whether a 401 is tried again: at once, at most once in a call, and whatever the method. Off by default.
    ///
    /// It is of use where the next attempt has other credentials: from a [hook](crate::RetryLayer::before_retry) that fetches
    /// a token, or from a layer below the retry that signs each attempt anew. The
    /// [recipe](crate::guide::recipes#401-refresh-once) has both halves.
    ///
    /// A 401 says that the request "has not been applied" (RFC 9110 section 15.5.2), so it is [`Phase::Unprocessed`]: it may
    /// be repeated as a `POST`, takes nothing of the budget, and counts in the total and in
    /// [`retries_after(Phase::Unprocessed, ..)`](Self::retries_after). That is the server's word and not a proof: one that
    /// checks credentials after its first step, or hands on the 401 of another server that it called on the way, says so of
    /// work that was done. Therefore it is for the owner of the calls to say that this server checks first.
    ///
    /// The second 401 of a call is handed to the caller as it is, and is not an error of
    /// [`last_response_as_error`](Self::last_response_as_error); other credentials would have been better than the same ones
    /// again. Where 401 is among the [`statuses`](Self::statuses), further ones are retried as those are. A body that cannot
    /// be sent again is not, and the server's `Retry-After` is waited for.
    #[doc(alias = "401")]
    #[must_use]
    pub fn retry_unauthorized(self, once: bool) -> Self {
        self.change(|config| config.responses.unauthorized = once)
    }

    /// Whether a request is sent again after the same wrong content has come twice in one call.
    ///
    /// Off by default: an error page that is always the same is not fetched again and again. Compared
    /// is only whole content that was read to a proven end and rejected for what it is, by all of its bytes; cuts, empty
    /// bodies, rejections by the head and those of `Rejection::transient` never count.
    #[must_use]
    pub fn retry_same_content(self, again: bool) -> Self {
        self.change(|config| config.retries_same_content = again)
    }

    /// Draws the jitter from a generator with this seed, for tests and simulations: the same seed and the same
    /// order of calls give the same waits. By default the draws are not predictable.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.change(|config| config.random = Draws::seeded(seed))
    }

    /// The wall clock that the dates of `Retry-After` are compared with where the response has no `Date`.
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.change(|config| config.responses.clock = Arc::new(clock))
    }
}

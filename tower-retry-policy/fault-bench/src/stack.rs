use crate::upload::Upload;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};
use tower_backoff::Backoff;
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{AttemptTimeoutLayer, DeadlineLayer, RetryLayer, RetryPolicy, retry::Hedge};

/// The layers above the client.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// `RetryPolicy::standard()` with a short backoff, and nothing else.
    Retry,
    /// The same, with an attempt timeout below it.
    Timeout,
    /// Deadline, retry, JSON check, attempt timeout.
    Full,
    /// The same, with a second attempt beside one that has brought nothing for a moment.
    Hedged,
}

/// Half the backoff, so that hedges come beside the first attempt and beside those that follow one.
const HEDGE: Duration = Duration::from_millis(25);

const DEADLINE: DeadlineLayer = DeadlineLayer::new(Duration::from_secs(15));

pub(crate) type Caller = BoxCloneSyncService<Request<Upload>, Response<Answer>, BoxError>;
pub(crate) type Answer = UnsyncBoxBody<Bytes, BoxError>;

/// How often the client was called; counted by the bench, below all layers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts(Arc<AtomicUsize>);

// ===== impl Attempts =====

impl Attempts {
    pub(crate) fn number(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn restart(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

// ===== impl Stack =====

impl Stack {
    /// All of them, in the order in which the document has them.
    pub const ALL: [Self; 4] = [Self::Retry, Self::Timeout, Self::Full, Self::Hedged];

    /// The name on the command line and in the document.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry only",
            Self::Timeout => "with timeout",
            Self::Full => "full stack",
            Self::Hedged => "full stack, hedged",
        }
    }

    /// Whether bodies are checked and time is limited.
    pub(crate) const fn is_full(self) -> bool {
        matches!(self, Self::Full | Self::Hedged)
    }

    /// The client keeps the types of its bodies: what the layers recognise by type must not be boxed away.
    pub(crate) fn over<S, B>(self, client: S, limits: AttemptTimeoutLayer, attempts: &Attempts) -> Caller
    where
        S: Service<Request<Upload>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let attempts = attempts.clone();
        let client = client.map_err(Into::<BoxError>::into).map_request(move |request| {
            attempts.one_more();
            request
        });
        // a client needs a moment to notice that a connection has gone, or the next attempt may get it again
        let policy = RetryPolicy::standard().backoff(Backoff::constant(Duration::from_millis(50)));
        let retry = RetryLayer::new(policy);
        let stack = ServiceBuilder::new();
        match self {
            Self::Retry => boxed(stack.layer(retry).service(client)),
            Self::Timeout => boxed(stack.layer(retry).layer(limits).service(client)),
            Self::Full | Self::Hedged => {
                let retry = if self == Self::Hedged { retry.hedge(Hedge::after(HEDGE)) } else { retry };
                let check = ContentCheckLayer::json();
                boxed(stack.layer(DEADLINE).layer(retry).layer(check).layer(limits).service(client))
            }
        }
    }
}

fn boxed<S, B>(stack: S) -> Caller
where
    S: Service<Request<Upload>, Response = Response<B>, Error = BoxError> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    BoxCloneSyncService::new(
        stack.map_response(|response| response.map(|body| body.map_err(Into::into).boxed_unsync())),
    )
}

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
use tower_retry_policy::{AttemptTimeoutLayer, DeadlineLayer, RetryPolicy};

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
}

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
    pub const ALL: [Self; 3] = [Self::Retry, Self::Timeout, Self::Full];

    /// The name on the command line and in the document.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry only",
            Self::Timeout => "with timeout",
            Self::Full => "full stack",
        }
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
        let stack = ServiceBuilder::new();
        match self {
            Self::Retry => boxed(stack.retry(policy).service(client)),
            Self::Timeout => boxed(stack.retry(policy).layer(limits).service(client)),
            Self::Full => boxed(
                stack
                    .layer(DeadlineLayer::new(Duration::from_secs(15)))
                    .retry(policy)
                    .layer(ContentCheckLayer::json())
                    .layer(limits)
                    .service(client),
            ),
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

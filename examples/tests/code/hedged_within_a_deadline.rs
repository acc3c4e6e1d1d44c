use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower::{BoxError, Service, ServiceBuilder};
use tower_backoff::{Backoff, Jitter};
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::{
    AttemptTimeoutLayer, DeadlineLayer, RetryLayer, RetryPolicy, retry::Hedge,
};

/// A stack for a test.
pub fn stack<S, B>(
    client: S,
) -> impl Service<
    Request<Full<Bytes>>,
    Response = Response<impl Body<Data = Bytes, Error: Into<BoxError>>>,
    Error = BoxError,
    Future: Send,
> + Clone
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>, Future: Send>,
    S: Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let backoff = Backoff::exponential(Duration::from_millis(100))
        .cap(Duration::from_secs(2))
        .jitter(Jitter::Full);
    // Measured without the budget, which limits retries to a share of the requests. It protects a
    // server that others use too: for such a one, leave `without_budget` out.
    let retry = RetryPolicy::standard()
        .retries(19)
        .backoff(backoff)
        .without_budget();
    let hedge = Hedge::after(Duration::from_millis(1720)).at_once(2);
    let limits = AttemptTimeoutLayer::new()
        .head(Duration::from_secs(5))
        .idle(Duration::from_secs(35));
    ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(90)))
        .layer(RetryLayer::new(retry).hedge(hedge))
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(limits)
        .service(client)
}

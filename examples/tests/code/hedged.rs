use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower::{BoxError, Service, ServiceBuilder};
use tower_backoff::Backoff;
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{AttemptTimeoutLayer, RetryLayer, RetryPolicy, retry::Hedge};

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
    let backoff = Backoff::none().cap(Duration::from_secs(2));
    // Measured without the budget, which limits retries to a share of the requests. It protects a
    // server that others use too: for such a one, leave `without_budget` out.
    let retry = RetryPolicy::standard()
        .retries(19)
        .backoff(backoff)
        .without_budget();
    let hedge = Hedge::after(Duration::from_secs(10)).at_once(3);
    let limits = AttemptTimeoutLayer::new()
        .head(Duration::from_secs(60))
        .idle(Duration::from_secs(60));
    ServiceBuilder::new()
        .layer(RetryLayer::new(retry).hedge(hedge))
        .layer(ContentCheckLayer::json())
        .layer(limits)
        .service(client)
}

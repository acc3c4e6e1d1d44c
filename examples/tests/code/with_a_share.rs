use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower::{BoxError, Service, ServiceBuilder};
use tower_backoff::Backoff;
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{AttemptTimeoutLayer, RetryLayer, RetryPolicy, budget::RatioBudget};

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
    let backoff = Backoff::exponential(Duration::from_millis(100)).cap(Duration::from_secs(2));
    // Measured with this budget, which all clones of the stack share.
    let budget = RatioBudget::new().ratio(0.15).per_second(0);
    let retry = RetryPolicy::standard()
        .retries(0)
        .backoff(backoff)
        .budget(budget);
    let limits = AttemptTimeoutLayer::new()
        .head(Duration::from_secs(14))
        .idle(Duration::from_secs(35));
    ServiceBuilder::new()
        .layer(RetryLayer::new(retry))
        .layer(ContentCheckLayer::json())
        .layer(limits)
        .service(client)
}

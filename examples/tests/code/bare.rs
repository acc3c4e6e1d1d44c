use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower::{BoxError, Service, ServiceBuilder};
use tower_backoff::Backoff;
use tower_retry_policy::{RetryLayer, RetryPolicy};

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
    let backoff = Backoff::none();
    // Measured without the budget, which limits retries to a share of the requests. It protects a
    // server that others use too: for such a one, leave `without_budget` out.
    let retry = RetryPolicy::standard()
        .retries(0)
        .backoff(backoff)
        .without_budget();
    ServiceBuilder::new()
        .layer(RetryLayer::new(retry))
        .service(client)
}

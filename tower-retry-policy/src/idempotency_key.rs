//! [`IdempotencyKeyLayer`]: the header that lets a `POST` be repeated.

use crate::policy::IDEMPOTENCY_KEY;
use http::{HeaderValue, Method, Request};
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;
use uuid::Uuid;

/// Gives each `POST` and `PATCH` an `Idempotency-Key`, unless it has one.
///
/// It stands outside the retry, so that all attempts of a call carry the same key; the retry policy then repeats
/// them like a `PUT`. Only for servers that honour the key: one that ignores it acts on every attempt.
///
/// A field that is there stays as it is, also an empty or malformed one: that is the caller's mistake, which a server
/// answers with 400, and the policy repeats nothing because of it.
///
/// The key is a random UUID as a structured-field string (draft-ietf-httpapi-idempotency-key-header), in quotes.
///
/// ```
/// use tower::{ServiceBuilder, ServiceExt};
/// use tower_retry_policy::{IdempotencyKeyLayer, RetryLayer, RetryPolicy};
///
/// # type Request = http::Request<http_body_util::Empty<bytes::Bytes>>;
/// # let client = tower::service_fn(|request: Request| async move {
/// #     assert_eq!(request.headers()["idempotency-key"].len(), 38);
/// #     Ok::<_, tower::BoxError>(http::Response::new(()))
/// # });
/// let service = ServiceBuilder::new()
///     .layer(IdempotencyKeyLayer::new())
///     .layer(RetryLayer::new(RetryPolicy::standard()))
///     .service(client);
/// # let request = http::Request::post("/").body(Default::default()).unwrap();
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
/// #     .block_on(service.oneshot(request)).unwrap();
/// ```
#[doc(alias = "idempotency")]
#[derive(Clone, Copy, Debug, Default)]
pub struct IdempotencyKeyLayer {
    _private: (),
}

/// Service of [`IdempotencyKeyLayer`].
#[derive(Clone, Copy, Debug)]
pub struct IdempotencyKey<S> {
    inner: S,
}

// ===== impl IdempotencyKeyLayer =====

impl IdempotencyKeyLayer {
    /// Keys for `POST` and `PATCH`, the methods of RFC 9110 and RFC 5789 that are not idempotent.
    pub const fn new() -> Self {
        Self { _private: () }
    }
}

impl<S> Layer<S> for IdempotencyKeyLayer {
    type Service = IdempotencyKey<S>;

    fn layer(&self, inner: S) -> Self::Service {
        IdempotencyKey::new(inner)
    }
}

// ===== impl IdempotencyKey =====

impl<S> IdempotencyKey<S> {
    /// Adds keys to what goes to `inner`.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }

    /// The inner service.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B> Service<Request<B>> for IdempotencyKey<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if matches!(*request.method(), Method::POST | Method::PATCH) {
            request.headers_mut().entry(IDEMPOTENCY_KEY).or_insert_with(random_key);
        }
        self.inner.call(request)
    }
}

fn random_key() -> HeaderValue {
    let key = format!("\"{}\"", Uuid::new_v4());
    // hexadecimal digits, hyphens and quotes: always a header value
    HeaderValue::try_from(key).unwrap_or_else(|_| HeaderValue::from_static(""))
}

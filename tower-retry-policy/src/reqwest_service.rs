use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tower::BoxError;
use tower_service::Service;

/// A [`reqwest::Client`] as a service of [`http::Request`], which is what the layers need below them.
///
/// reqwest's own service takes its own request type, which has no body type that can be repeated. This one takes any body
/// that is `Send` and `Sync`, streams the answer's, and hands on reqwest's errors as they are.
///
/// ```no_run
/// # async fn example() -> Result<(), tower::BoxError> {
/// use bytes::Bytes;
/// use http::Request;
/// use http_body_util::Full;
/// use tower::ServiceExt;
/// use tower_retry_policy::{ReqwestService, Standard, StandardLayer};
///
/// let client = ReqwestService::build(reqwest::Client::builder().user_agent("example"))?;
/// let client: Standard<ReqwestService> = StandardLayer::plain().service(client);
///
/// let request = Request::get("https://example.com/").body(Full::<Bytes>::default())?;
/// let response = client.oneshot(request).await?;
/// // for those who want to go on with reqwest's own response
/// let response = reqwest::Response::from(response.map(reqwest::Body::wrap));
/// let text = response.text().await?;
/// # let _ = text;
/// # Ok(())
/// # }
/// ```
///
/// # What a client does by itself
///
/// reqwest follows redirects below the retry, which does not see them: a `POST` that was redirected to a host that cannot be
/// reached looks as if it had never been sent, and is sent again. [`build`] switches that off. [`new`](Self::new) takes a
/// client as it is. tower-http's `FollowRedirectLayer`, outside the retry, follows redirects safely. reqwest's own repeats
/// need a body that it can copy; these are streams to it, so it repeats none.
///
/// [`build`]: Self::build
///
/// # What this cannot do
///
/// - Take a body that is not `Sync`: a [`ReplayBodyLayer`](crate::ReplayBodyLayer) makes any body so, and repeatable.
/// - Take more than `http` has: what only a `reqwest::RequestBuilder` can do (`json`, `form`, `basic_auth`) is done before,
///   by `builder.build()?` and `http::Request::try_from(request)?`. The body is then reqwest's, which a retry cannot repeat
///   without a [`ReplayBodyLayer`](crate::ReplayBodyLayer) outside it.
#[derive(Clone)]
pub struct ReqwestService {
    client: reqwest::Client,
}

pin_project! {
    /// The future of [`ReqwestService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture {
        #[pin]
        state: State,
    }
}

pin_project! {
    #[project = StateProj]
    enum State {
        Called { #[pin] future: <reqwest::Client as Service<reqwest::Request>>::Future },
        // the request cannot be one of reqwest's
        Refused { error: Option<reqwest::Error> },
    }
}

// ===== impl ReqwestService =====

impl ReqwestService {
    /// Sends requests by this client, with the redirects that it follows by itself.
    pub const fn new(client: reqwest::Client) -> Self {
        Self { client }
    }

    /// Builds a client that does not follow redirects by itself, nor repeat anything.
    ///
    /// # Errors
    ///
    /// Those of [`reqwest::ClientBuilder::build`].
    pub fn build(builder: reqwest::ClientBuilder) -> Result<Self, reqwest::Error> {
        let builder = builder.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never());
        Ok(Self::new(builder.build()?))
    }

    /// The client.
    pub const fn get_ref(&self) -> &reqwest::Client {
        &self.client
    }

    /// Gives the client back.
    pub fn into_inner(self) -> reqwest::Client {
        self.client
    }
}

impl From<reqwest::Client> for ReqwestService {
    fn from(client: reqwest::Client) -> Self {
        Self::new(client)
    }
}

impl<B> Service<Request<B>> for ReqwestService
where
    B: Body + Send + Sync + 'static,
    B::Data: Into<bytes::Bytes>,
    B::Error: Into<BoxError>,
{
    type Response = Response<reqwest::Body>;
    type Error = reqwest::Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), reqwest::Error>> {
        Service::<reqwest::Request>::poll_ready(&mut self.client, cx)
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        let state = match reqwest::Request::try_from(request.map(reqwest::Body::wrap)) {
            Ok(request) => State::Called { future: self.client.call(request) },
            Err(error) => State::Refused { error: Some(error) },
        };
        ResponseFuture { state }
    }
}

impl fmt::Debug for ReqwestService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestService").finish_non_exhaustive()
    }
}

// ===== impl ResponseFuture =====

impl Future for ResponseFuture {
    type Output = Result<Response<reqwest::Body>, reqwest::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Called { future } => future.poll(cx).map_ok(Response::from),
            StateProj::Refused { error } => {
                error.take().map_or(Poll::Pending, |error| Poll::Ready(Err(error)))
            }
        }
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

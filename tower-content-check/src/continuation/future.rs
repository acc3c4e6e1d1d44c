use super::{
    ContinuePolicy, asking::Asking, body::ContinuedBody, call::Call, error::ContinueError, judging::Judging,
    service::Shared,
};
use crate::{
    BoxError, check::FlowCheck, declared::Declared, head::Asked, range::Representation, stream_end::StreamEnd,
};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tower_service::Service;

pin_project! {
    /// The response future of [`Continue`](super::Continue): ready with the head.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, P, C, ReqB>
    where
        S: Service<Request<ReqB>>,
    {
        #[pin]
        future: S::Future,
        asking: Option<Asking<S, ReqB>>,
        asked: Asked,
        shared: Arc<Shared<P, C>>,
    }
}

// ===== impl ResponseFuture =====

impl<S, P, C, ReqB> ResponseFuture<S, P, C, ReqB>
where
    S: Service<Request<ReqB>>,
{
    pub(super) fn new(
        future: S::Future,
        asking: Option<Asking<S, ReqB>>,
        asked: Asked,
        shared: Arc<Shared<P, C>>,
    ) -> Self {
        Self { future, asking, asked, shared }
    }
}

impl<S, P, C, ReqB, ResB> Future for ResponseFuture<S, P, C, ReqB>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    S::Error: Into<BoxError>,
    P: ContinuePolicy,
    C: FlowCheck + Clone,
    ResB: Body<Data = Bytes>,
    ResB::Error: Into<BoxError>,
{
    type Output = Result<Response<ContinuedBody<S, P, C, ReqB, ResB>>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.future.poll(cx)).map_err(Into::into)?;
        let Shared { policy, check, settings } = &**this.shared;
        let (mut parts, body) = response.into_parts();
        let declared = Declared::of(parts.version, &parts.headers, body.size_hint().exact());
        let judging = Judging::begin(check, this.asked, &parts, declared)
            .map_err(|rejection| ContinueError::rejected(rejection, declared.length()))?;
        let call = this.asking.take().filter(|_| parts.status == StatusCode::OK).and_then(|asking| {
            let accepts = asking.first_accepts();
            let content = Representation::of(&parts.headers, declared, accepts, settings.dates)?;
            let stream = policy.begin(&asking.request, &parts);
            Some(Call::new(asking, content, stream, *settings))
        });
        if let Some(call) = &call {
            parts.extensions.insert(call.handle.clone());
        }
        let body = match (call, judging) {
            (None, None) => ContinuedBody::passing(body),
            (call, judging) => {
                let body = StreamEnd::new(body, parts.version);
                ContinuedBody::reading(body, declared, call, judging)
            }
        };
        Poll::Ready(Ok(Response::from_parts(parts, body)))
    }
}

impl<S, P, C, ReqB> fmt::Debug for ResponseFuture<S, P, C, ReqB>
where
    S: Service<Request<ReqB>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

use super::{
    BreakKind, Continuations, ContinuePolicy, ContinueStream,
    answer::{Answer, Refusal},
    call::Call,
    error::{ContinueError, ErrorKind},
    failure::Failure,
    flow::{Fault, Flow},
    judging::Judging,
    splice::Splice,
};
use crate::{
    BoxError, ContentCheckError, Rejection, check::FlowCheck, declared::Declared, stream_end::StreamEnd,
    turn::Turn,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower_service::Service;

type WaitOf<P> = <<P as ContinuePolicy>::Stream as ContinueStream>::Wait;

pin_project! {
    /// The body of [`Continue`](super::Continue): it goes on where it broke off.
    ///
    /// It works only when it is polled: a reader that is away costs nothing, and dropping it leaves nothing behind. Its
    /// [`size_hint`](Body::size_hint) is what is left of the whole, through all breaks.
    #[must_use = "bodies do nothing unless polled"]
    pub struct ContinuedBody<S, P, C, ReqB, ResB>
    where
        S: Service<Request<ReqB>>,
        P: ContinuePolicy,
    {
        #[pin]
        stage: Stage<ResB, WaitOf<P>, S::Future>,
        flow: Flow<C>,
        call: Option<Call<S, P::Stream, ReqB>>,
        handle: Option<Continuations>,
    }

    impl<S, P, C, ReqB, ResB> PinnedDrop for ContinuedBody<S, P, C, ReqB, ResB>
    where
        S: Service<Request<ReqB>>,
        P: ContinuePolicy,
    {
        /// Who has all bytes of a known length need not ask for the end: a server above that has written them does not.
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let is_read = this.flow.length == Some(this.flow.delivered());
            if let Some(call) = this.call.as_mut().filter(|_| is_read) {
                call.stream.ended(None);
            }
        }
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<B, W, F> {
        /// Nothing is looked at.
        Passing { #[pin] body: B },
        Reading { #[pin] body: StreamEnd<B> },
        Waiting { #[pin] wait: W },
        Readying,
        Calling { #[pin] future: F },
        /// Nothing is to come but what was kept back.
        Over,
    }
}

/// What follows.
enum Step<B> {
    Read(StreamEnd<B>),
    Ready,
    Break(BreakKind, BoxError),
    Finish,
    Fail(BoxError),
}

// ===== impl ContinuedBody =====

impl<S, P, C, ReqB, ResB> ContinuedBody<S, P, C, ReqB, ResB>
where
    S: Service<Request<ReqB>>,
    P: ContinuePolicy,
{
    pub(super) fn passing(body: ResB) -> Self {
        let flow = Flow::new(Splice::new(None), None, None);
        Self { stage: Stage::Passing { body }, flow, call: None, handle: None }
    }

    pub(super) fn reading(
        body: StreamEnd<ResB>,
        declared: Declared,
        call: Option<Call<S, P::Stream, ReqB>>,
        judging: Option<Judging<C>>,
    ) -> Self {
        let length = declared.length();
        // A body that cannot be continued is as long as it is: that is for the checks to judge.
        let splice = Splice::new(length.filter(|_| call.is_some()));
        let handle = call.as_ref().map(|call| call.handle.clone());
        Self { stage: Stage::Reading { body }, flow: Flow::new(splice, judging, length), call, handle }
    }
}

impl<S, P, C, ReqB, ResB> Body for ContinuedBody<S, P, C, ReqB, ResB>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    S::Error: Into<BoxError>,
    P: ContinuePolicy,
    C: FlowCheck + Clone,
    ReqB: Clone,
    ResB: Body<Data = Bytes>,
    ResB::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        let mut turn = Turn::new();
        while turn.goes_on(cx) {
            let step = match (this.stage.as_mut().project(), &mut *this.call) {
                (StageProj::Passing { body }, _) => return body.poll_frame(cx).map_err(Into::into),
                (StageProj::Reading { body }, call) => match ready!(body.poll_frame(cx)) {
                    Some(Ok(frame)) => match this.flow.frame(frame) {
                        Ok(Some(data)) => {
                            if let Some(handle) = this.handle {
                                handle.set_delivered(this.flow.delivered());
                            }
                            return Poll::Ready(Some(Ok(Frame::data(data))));
                        }
                        Ok(None) => continue,
                        Err(fault) => failed(fault, this.flow, call.as_mut()),
                    },
                    Some(Err(error)) => broke_off(error, this.flow, call.as_mut()),
                    None => ended(this.flow, call.as_mut()),
                },
                (StageProj::Waiting { wait }, Some(_)) => {
                    ready!(wait.poll(cx));
                    Step::Ready
                }
                (StageProj::Readying, Some(call)) => match ready!(call.asking.service.poll_ready(cx)) {
                    Ok(()) => {
                        let request = call.request(this.flow.splice.delivered);
                        let future = call.asking.service.call(request);
                        this.stage.set(Stage::Calling { future });
                        continue;
                    }
                    Err(error) => {
                        Step::Fail(call.error(ErrorKind::NotReady, this.flow.delivered(), Some(error.into())))
                    }
                },
                (StageProj::Calling { future }, Some(call)) => match ready!(future.poll(cx)) {
                    Ok(response) => answered(response, this.flow, call),
                    Err(error) => {
                        let error = error.into();
                        call.stream.answered(Err(&error));
                        Step::Break(BreakKind::Request, error)
                    }
                },
                (StageProj::Over, _) | (_, None) => {
                    let frame = this.flow.pop();
                    if let (Some(handle), Some(_)) = (this.handle, &frame) {
                        handle.set_delivered(this.flow.delivered());
                    }
                    return Poll::Ready(frame.map(Ok));
                }
            };
            let step = match (step, &mut *this.call) {
                (Step::Break(kind, error), Some(call)) => {
                    // What broke is let go before the wait: its connection may be the one that is needed.
                    this.stage.set(Stage::Over);
                    match call.broke(kind, error, this.flow.splice.delivered) {
                        Ok(wait) => {
                            this.stage.set(Stage::Waiting { wait });
                            continue;
                        }
                        Err(error) => Step::Fail(error),
                    }
                }
                (Step::Break(_, error), None) => Step::Fail(error),
                (step, _) => step,
            };
            let outcome = match step {
                Step::Read(body) => {
                    this.stage.set(Stage::Reading { body });
                    continue;
                }
                Step::Ready | Step::Break(..) => {
                    this.stage.set(Stage::Readying);
                    continue;
                }
                Step::Finish => {
                    let end = this.flow.end();
                    end.map_err(|rejection| rejected(rejection, this.flow, this.call.as_mut()))
                }
                Step::Fail(error) => Err(error),
            };
            this.stage.set(Stage::Over);
            if let Some(mut call) = this.call.take() {
                call.stream.ended(outcome.as_ref().err());
            }
            if let Err(error) = outcome {
                this.flow.discard();
                return Poll::Ready(Some(Err(error)));
            }
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        match &self.stage {
            Stage::Passing { body } => body.is_end_stream(),
            // A check may still object, and a body that ended too early goes on.
            Stage::Reading { .. } | Stage::Waiting { .. } | Stage::Readying | Stage::Calling { .. } => false,
            Stage::Over => self.flow.is_finished(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.stage {
            Stage::Passing { body } => body.size_hint(),
            Stage::Over => SizeHint::with_exact(self.flow.held_len()),
            _ => match self.flow.length {
                Some(length) => SizeHint::with_exact(length.saturating_sub(self.flow.delivered())),
                None => SizeHint::default(),
            },
        }
    }
}

impl<S, P, C, ReqB, ResB> fmt::Debug for ContinuedBody<S, P, C, ReqB, ResB>
where
    S: Service<Request<ReqB>>,
    P: ContinuePolicy,
{
    /// Says how far it is, and shows no content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Passing { .. } => "Passing",
            Stage::Reading { .. } => "Reading",
            Stage::Waiting { .. } => "Waiting",
            Stage::Readying => "Readying",
            Stage::Calling { .. } => "Calling",
            Stage::Over => "Over",
        };
        f.debug_struct("ContinuedBody")
            .field("stage", &stage)
            .field("delivered", &self.flow.delivered())
            .field("length", &self.flow.length)
            .finish_non_exhaustive()
    }
}

/// A frame could not be handed on.
#[cold]
fn failed<S, T, C, ReqB, B>(
    fault: Fault,
    flow: &mut Flow<C>,
    call: Option<&mut Call<S, T, ReqB>>,
) -> Step<B> {
    const SURPLUS: Failure = Failure::Refused("more came than was announced");
    match (fault, call) {
        (Fault::Rejected(rejection), call) => Step::Fail(rejected(rejection, flow, call)),
        (Fault::Surplus, Some(call)) if flow.is_whole() => {
            Step::Fail(call.ended_by(SURPLUS, flow.delivered()))
        }
        (Fault::Surplus, _) => Step::Break(BreakKind::Answer, SURPLUS.into()),
    }
}

/// The message failed.
#[cold]
fn broke_off<S, T, C, ReqB, B>(
    error: BoxError,
    flow: &mut Flow<C>,
    call: Option<&mut Call<S, T, ReqB>>,
) -> Step<B> {
    match call {
        // What it was to bring has come.
        Some(call) if flow.splice.is_proven() => complete(flow, call),
        _ => Step::Break(BreakKind::Body, error),
    }
}

/// The message ended by itself, which does not say that it is whole.
fn ended<S, T, C, ReqB, B>(flow: &mut Flow<C>, call: Option<&mut Call<S, T, ReqB>>) -> Step<B> {
    match call {
        None => Step::Finish,
        Some(call) if flow.splice.is_complete() => complete(flow, call),
        Some(_) => Step::Break(BreakKind::Body, Failure::Short.into()),
    }
}

/// All of the message has come.
fn complete<S, T, C, ReqB, B>(flow: &mut Flow<C>, call: &mut Call<S, T, ReqB>) -> Step<B> {
    if flow.length.is_none() || flow.is_whole() {
        return Step::Finish;
    }
    // A part may end before the whole does (RFC 9110 section 15.3.7). The next one follows at once, unless the parts are so
    // small that each of them would be a request for next to nothing.
    if call.has_progressed(flow.splice.delivered) {
        return Step::Ready;
    }
    Step::Break(BreakKind::Answer, Failure::Refused("the part that was sent is a small one").into())
}

/// The request for the rest was answered.
fn answered<S, T, C, ReqB, B>(
    response: Response<B>,
    flow: &mut Flow<C>,
    call: &mut Call<S, T, ReqB>,
) -> Step<B>
where
    T: ContinueStream,
    ReqB: Clone,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let (parts, body) = response.into_parts();
    let delivered = flow.splice.delivered;
    match call.answered(&parts, body.size_hint().exact(), delivered) {
        Ok(Answer::Message { of, skip, left, length }) => {
            flow.next(of, skip, left);
            flow.length = length;
            Step::Read(StreamEnd::new(body, parts.version))
        }
        Ok(Answer::End) => {
            flow.length = Some(delivered);
            Step::Finish
        }
        Err(Refusal::Break(kind, failure)) => Step::Break(kind, failure.into()),
        Err(Refusal::Bare(failure) | Refusal::Final(failure)) => {
            Step::Fail(call.ended_by(failure, delivered))
        }
    }
}

/// The error in place of content that is not right.
#[cold]
fn rejected<S, T, C, ReqB>(
    rejection: Rejection,
    flow: &Flow<C>,
    call: Option<&mut Call<S, T, ReqB>>,
) -> BoxError {
    let (delivered, received) = (flow.delivered(), flow.splice.delivered);
    let error = ContentCheckError::rejected_with(rejection, received, flow.length, None).into();
    match call {
        Some(call) => call.error(ErrorKind::Rejected, delivered, Some(error)),
        None => ContinueError::new(ErrorKind::Rejected, delivered, flow.length).caused_by(Some(error)).into(),
    }
}

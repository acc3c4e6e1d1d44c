use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::{
    BoxError, Check, CheckedBody, Head,
    declared::Declared,
    draining::Draining,
    head::Asked,
    judging::Judging,
    settings::{Course, Settings},
};

pin_project! {
    /// The response future of [`ContentCheck`](crate::ContentCheck): ready when the body has been read and judged.
    ///
    /// Dropping it drops the body, and with it the download.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, C, B> {
        #[pin]
        state: State<F, C, B>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum State<F, C, B> {
        Head { #[pin] future: F, call: Option<Call<C>> },
        Judge { #[pin] body: B, judging: Option<Judging<C>> },
        Drain { draining: Option<Draining<B>> },
        // The body was handed on or dropped.
        Done,
    }
}

#[derive(Debug)]
struct Call<C> {
    asked: Asked,
    check: C,
    settings: Settings,
}

/// What follows from the head.
enum Next<C, B> {
    Judge(B, Judging<C>),
    Drain(Draining<B>),
    Return(Result<Response<CheckedBody<B>>, BoxError>),
}

// ===== impl ResponseFuture =====

impl<F, C, B> ResponseFuture<F, C, B> {
    pub(crate) fn new(future: F, asked: Asked, check: C, settings: Settings) -> Self {
        Self { state: State::Head { future, call: Some(Call { asked, check, settings }) } }
    }
}

impl<F, C, B, E> Future for ResponseFuture<F, C, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    C: Check,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Output = Result<Response<CheckedBody<B>>, BoxError>;

    #[expect(clippy::panic, reason = "a future must not be polled again, and its type cannot say so")]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let outcome = match state.as_mut().project() {
                StateProj::Head { future, call } => {
                    let result = ready!(future.poll(cx));
                    let call = call.take().expect("the call is taken with the head, once");
                    match result.map(|response| call.next(response)) {
                        Ok(Next::Judge(body, judging)) => {
                            state.set(State::Judge { body, judging: Some(judging) });
                            continue;
                        }
                        Ok(Next::Drain(draining)) => {
                            state.set(State::Drain { draining: Some(draining) });
                            continue;
                        }
                        Ok(Next::Return(outcome)) => outcome,
                        Err(error) => Err(error.into()),
                    }
                }
                StateProj::Judge { body, judging } => ready!(Judging::poll(judging, body, cx)),
                StateProj::Drain { draining } => Ok(ready!(Draining::poll(draining, cx))),
                StateProj::Done => panic!("polled after completion"),
            };
            // A rejected body is dropped here, which ends its download, and not when the caller gets round to
            // dropping the future.
            state.set(State::Done);
            return Poll::Ready(outcome);
        }
    }
}

// ===== impl Call =====

impl<C: Check> Call<C> {
    fn next<B>(self, response: Response<B>) -> Next<C, B>
    where
        B: Body<Data = Bytes>,
    {
        let Self { asked, check, settings } = self;
        let (parts, body) = response.into_parts();
        let declared = Declared::of(parts.version, &parts.headers, body.size_hint().exact());
        let head = Head {
            asked: &asked,
            status: parts.status,
            version: parts.version,
            headers: &parts.headers,
            declared,
        };
        match settings.course(&head) {
            Course::PassOn => Next::Return(Ok(Response::from_parts(parts, CheckedBody::passed_on(body)))),
            Course::Drain => Next::Drain(Draining::new(parts, body, settings.drain_bytes)),
            Course::Judge => {
                let mut judging = Judging::new(asked, parts, declared, check, &settings);
                match judging.head(body.size_hint().lower()) {
                    Ok(()) => Next::Judge(body, judging),
                    Err(error) => Next::Return(Err(error.into())),
                }
            }
        }
    }
}

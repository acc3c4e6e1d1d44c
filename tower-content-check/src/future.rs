use crate::{
    BoxError, Check, CheckedBody,
    draining::{Drained, drain},
    head::Asked,
    judging::Judging,
    settings::{Course, Settings},
    stream_end::StreamEnd,
};
use bytes::Bytes;
use http::{Response, response::Parts};
use http_body::Body;
use pin_project_lite::pin_project;
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

pin_project! {
    /// The response future of [`ContentCheck`](crate::ContentCheck): ready when the body has been read and judged.
    ///
    /// Dropping it drops the body, and with it the download.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, C, B> {
        #[pin]
        stage: Stage<F, B>,
        // Beside the stages and not within them: it is large, and would be moved from each to the next.
        judging: Judging<C>,
        parts: Option<Parts>,
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<F, B> {
        Head { #[pin] future: F },
        Judge { #[pin] body: StreamEnd<B> },
        // On the heap because the rest of a longer body is handed on after it was polled.
        Drain { body: Option<Pin<Box<StreamEnd<B>>>> },
        // The body was handed on or dropped.
        Done,
    }
}

// ===== impl ResponseFuture =====

impl<F, C, B> ResponseFuture<F, C, B> {
    pub(crate) fn new(future: F, asked: Asked, check: C, settings: Settings) -> Self {
        Self { stage: Stage::Head { future }, judging: Judging::new(asked, check, settings), parts: None }
    }
}

/// Says how far it is; the head that it may hold has fields that belong in no log.
impl<F, C, B> fmt::Debug for ResponseFuture<F, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Head { .. } => "Head",
            Stage::Judge { .. } => "Judge",
            Stage::Drain { .. } => "Drain",
            Stage::Done => "Done",
        };
        f.debug_struct("ResponseFuture").field("stage", &stage).finish_non_exhaustive()
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
        let mut this = self.project();
        loop {
            let outcome = match this.stage.as_mut().project() {
                StageProj::Head { future } => match ready!(future.poll(cx)) {
                    Ok(response) => {
                        let (parts, body) = response.into_parts();
                        let body = StreamEnd::new(body, parts.version);
                        let parts = this.parts.insert(parts);
                        match this.judging.begin(parts, &body.size_hint()) {
                            Ok(Course::Judge) => {
                                this.stage.set(Stage::Judge { body });
                                continue;
                            }
                            Ok(Course::Drain) => {
                                this.stage.set(Stage::Drain { body: Some(Box::pin(body)) });
                                continue;
                            }
                            Ok(Course::PassOn) => Ok(CheckedBody::passed_on(body)),
                            Err(error) => Err(error),
                        }
                    }
                    Err(error) => Err(error.into()),
                },
                StageProj::Judge { body } => {
                    let parts = this.parts.as_mut().expect("kept until the verdict");
                    let verdict = ready!(this.judging.poll(parts, body, cx));
                    verdict.map(|()| CheckedBody::kept(this.judging.kept.take()))
                }
                StageProj::Drain { body } => {
                    let Judging { kept, seen, settings, .. } = this.judging;
                    let reading = body.as_mut().expect("kept until it is drained").as_mut();
                    let drained = ready!(drain(reading, kept, seen, settings.drain_bytes, cx));
                    let frames = kept.take();
                    Ok(match drained {
                        Drained::Whole => CheckedBody::kept(frames),
                        Drained::Longer => {
                            CheckedBody::begun(frames, body.take().expect("polled a moment ago"))
                        }
                        Drained::Failed(error) => CheckedBody::failed(frames, error),
                    })
                }
                StageProj::Done => panic!("polled after completion"),
            };
            // A rejected body is dropped here, which ends its download, and not when the caller gets round to
            // dropping the future; so is what came of it.
            this.stage.set(Stage::Done);
            let parts = this.parts.take();
            return Poll::Ready(match outcome {
                Ok(body) => Ok(Response::from_parts(parts.expect("a body has its head"), body)),
                Err(error) => {
                    this.judging.kept.clear();
                    Err(error)
                }
            });
        }
    }
}

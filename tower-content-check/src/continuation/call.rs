use super::{
    Break, BreakKind, BreakRecord, Continuations, ContinueStream,
    answer::{self, Answer, Refusal},
    asking::Asking,
    count::Count,
    error::{ContinueError, ErrorKind},
    failure::Failure,
    settings::Settings,
    story::Story,
};
use crate::{BoxError, range::Representation};
use http::{Request, response::Parts};
use std::mem;

/// What a body needs to continue itself.
pub(super) struct Call<S, T, B> {
    pub(super) asking: Asking<S, B>,
    pub(super) content: Representation,
    pub(super) stream: T,
    pub(super) handle: Continuations,
    settings: Settings,
    count: Count,
    story: Story,
    /// The error of the last break.
    cause: Option<BoxError>,
    /// Whether the range was refused without a word since the last byte came, and where.
    bare_at: Option<u64>,
}

// ===== impl Call =====

impl<S, T, B> Call<S, T, B> {
    pub(super) fn new(asking: Asking<S, B>, content: Representation, stream: T, settings: Settings) -> Self {
        let handle = Continuations::new(content.length);
        let (count, story) = (Count::default(), Story::default());
        Self { asking, content, stream, handle, settings, count, story, cause: None, bare_at: None }
    }

    /// Whether enough came for a part that ended early to be followed by the next one without a word.
    pub(super) fn has_progressed(&mut self, delivered: u64) -> bool {
        self.count.reached(delivered, self.settings.progress)
    }

    /// The error that the body ends with.
    #[cold]
    pub(super) fn error(&mut self, kind: ErrorKind, delivered: u64, source: Option<BoxError>) -> BoxError {
        let source = source.or_else(|| self.cause.take());
        ContinueError::new(kind, delivered, self.content.length)
            .caused_by(source)
            .after(self.count.breaks, mem::take(&mut self.story))
            .into()
    }

    /// The error of an answer that ends it.
    pub(super) fn ended_by(&mut self, failure: Failure, delivered: u64) -> BoxError {
        self.error(ErrorKind::Answer(failure), delivered, None)
    }
}

impl<S, T: ContinueStream, B: Clone> Call<S, T, B> {
    /// Asks the policy; gives the wait, or the error that the body ends with.
    #[cold]
    pub(super) fn broke(
        &mut self,
        kind: BreakKind,
        error: BoxError,
        delivered: u64,
    ) -> Result<T::Wait, BoxError> {
        let progressed = self.count.broke(delivered, self.settings.progress);
        let record = BreakRecord::new(self.count.breaks, kind, delivered, &*error);
        self.story.push(record.clone());
        self.handle.broke(record);
        let decision = self.stream.broke(&Break {
            request: &self.asking.request,
            error: &*error,
            kind,
            delivered,
            length: self.content.length,
            in_a_row: self.count.in_a_row,
            breaks: self.count.breaks,
            progressed,
        });
        self.handle.set_waited(self.stream.waited());
        self.cause = Some(error);
        decision.map_err(|why| self.error(ErrorKind::Policy(why), delivered, None))
    }

    /// The request for the rest.
    pub(super) fn request(&mut self, delivered: u64) -> Request<B> {
        let mut extensions = self.asking.request.extensions().clone();
        self.stream.prepare(&mut extensions);
        self.handle.asked();
        self.asking.request(&self.content, delivered, extensions)
    }

    /// Judges the answer to it.
    pub(super) fn answered(
        &mut self,
        parts: &Parts,
        exact: Option<u64>,
        delivered: u64,
    ) -> Result<Answer, Refusal> {
        self.stream.answered(Ok(parts));
        let accepts = self.asking.accepts(&self.content);
        let answer = answer::judge(&self.content, delivered, self.settings.skip, parts, accepts, exact);
        match answer {
            Ok(Answer::Message { length, .. }) => {
                self.content.length = length;
                self.handle.set_length(length);
            }
            Ok(Answer::End) => {
                self.content.length = Some(delivered);
                self.handle.set_length(Some(delivered));
            }
            // Twice, with no byte between, it will go on so.
            Err(Refusal::Bare(failure)) => {
                return Err(match self.bare_at.replace(delivered) {
                    Some(at) if at == delivered => Refusal::Final(failure),
                    _ => Refusal::Break(BreakKind::Answer, failure),
                });
            }
            Err(_) => {}
        }
        answer
    }
}

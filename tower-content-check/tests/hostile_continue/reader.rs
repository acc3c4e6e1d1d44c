//! What a reader may see, whatever carries it.

use crate::{plan::Plan, server::Last, truth::truth};
use bytes::Bytes;
use http_body::{Body, Frame};
use std::error::Error;
use tower_content_check::{
    BoxError,
    continuation::{Continuations, ContinueError},
};

#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) delivered: u64,
    /// Whether all of it is true so far.
    pub(crate) right: bool,
    trailers: bool,
    pub(crate) ended: Option<bool>,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self { right: true, ..Self::default() }
    }

    pub(crate) fn frame(&mut self, plan: &Plan, damaged: bool, part: bool, frame: Frame<Bytes>) {
        assert!(!self.trailers, "a frame behind the trailers");
        match frame.into_data() {
            Ok(data) => {
                let end = self.delivered + data.len() as u64;
                if plan.is_continued() {
                    assert!(end <= plan.length, "more than all of it");
                }
                let right = data == truth(self.delivered, end);
                self.right &= right;
                self.delivered = end;
                assert!(self.right || damaged, "wrong bytes before {end} of {}", plan.length);
                // a reader may stop at the last byte
                if plan.is_continued() && plan.told && end == plan.length {
                    assert!(self.right, "the last byte of content that is not right");
                }
            }
            Err(frame) => {
                self.trailers = true;
                let trailers = frame.into_trailers().unwrap();
                assert!(!part || !trailers.contains_key("content-md5"), "{trailers:?}");
            }
        }
    }

    pub(crate) fn end(&mut self, plan: &Plan) {
        self.ended = Some(true);
        if plan.is_continued() {
            assert_eq!(self.delivered, plan.length, "taken for whole");
            assert!(self.right, "taken for right");
        }
    }

    pub(crate) fn error(&mut self, plan: &Plan, last: Option<Last>, error: &BoxError) {
        self.ended = Some(false);
        if !plan.is_continued() {
            return;
        }
        let Some(error) = error.downcast_ref::<ContinueError>() else { panic!("not the layer's: {error:?}") };
        assert!(!plan.honest, "an honest server was given up: {}", told(error));
        assert_eq!(error.delivered(), self.delivered, "{}", told(error));
        if plan.told {
            assert_eq!(error.length(), Some(plan.length));
        }
        assert!(error.breaks().len() <= 10);
        assert!(u64::from(error.count()) >= error.breaks().len() as u64);
        told(error);
        match last {
            Some(Last::Changed) => assert!(error.is_changed(), "{}", told(error)),
            Some(Last::Gone) => assert!(error.is_gone(), "{}", told(error)),
            Some(Last::Status(status)) => {
                assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{}", told(error));
            }
            None => {}
        }
    }
}

/// All the messages of its chain, each of which says something that was not said.
fn told(error: &dyn Error) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let message = error.to_string();
        assert!(!told.contains(&message), "{message:?} twice, after {told:?}");
        assert!(!message.contains('\n') && !message.ends_with('.'), "{message:?}");
        told.push(message);
        next = error.source();
    }
    told.join(": ")
}

/// What a body and its handle say of how far it is.
pub(crate) fn says<B: Body>(
    plan: &Plan,
    reader: &Reader,
    claims: &[u64],
    requests: u32,
    body: &B,
    handle: Option<&Continuations>,
) {
    if !plan.is_continued() {
        assert!(handle.is_none(), "a handle on a body that is not continued");
        return;
    }
    let handle = handle.expect("a handle");
    assert_eq!((handle.delivered(), handle.count()), (reader.delivered, requests - 1));
    let hint = body.size_hint();
    if reader.ended.is_none() {
        let exact = hint.exact().map(|left| reader.delivered.checked_add(left).unwrap());
        if plan.told {
            assert_eq!(exact, Some(plan.length), "after {}", reader.delivered);
        } else {
            assert!(exact.is_none_or(|length| claims.contains(&length)), "{exact:?}");
        }
        if body.is_end_stream() {
            assert_eq!(reader.delivered, plan.length);
        }
    } else {
        assert_eq!(hint.exact().unwrap_or_default(), 0, "{hint:?} after the end");
    }
    if plan.told && plan.length != u64::MAX {
        assert_eq!(handle.length(), Some(plan.length));
    }
}

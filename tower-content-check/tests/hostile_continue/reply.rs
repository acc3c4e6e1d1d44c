//! What the server sends, whatever carries it.

use crate::rng::Rng;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    /// Nothing for a while.
    Wait,
    Fail,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) fields: HeaderMap,
    /// What the body says of its length, where no field does.
    pub(crate) hint: Option<u64>,
    pub(crate) steps: Vec<Step>,
}

/// How a message ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ending {
    Whole,
    /// An error after all bytes.
    FailAfter,
    /// An error after some bytes.
    Fail,
    /// A good end after some bytes.
    Short,
    /// Bytes behind the announced ones, in a frame of their own or in the last one.
    Surplus,
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn field(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.add(name, value);
        self
    }

    pub(crate) fn add(&mut self, name: &'static str, value: impl AsRef<[u8]>) {
        let value = HeaderValue::from_bytes(value.as_ref()).unwrap();
        self.fields.append(HeaderName::from_static(name), value);
    }

    /// Cuts `content` into frames.
    pub(crate) fn content(mut self, rng: &mut Rng, content: &Bytes, ending: Ending, surplus: &Bytes) -> Self {
        let mut content = match ending {
            Ending::Whole | Ending::FailAfter | Ending::Surplus => content.clone(),
            Ending::Fail | Ending::Short => content.slice(..below(rng, content.len())),
        };
        let mut frames = Vec::new();
        while !content.is_empty() {
            let most = if rng.chance(50) { content.len() } else { content.len().min(40) };
            frames.push(content.split_to(1 + below(rng, most)));
            if rng.chance(5) {
                frames.push(Bytes::new());
            }
        }
        if ending == Ending::Surplus {
            let surplus = surplus.slice(..1 + below(rng, surplus.len()));
            match frames.pop() {
                Some(last) if rng.chance(50) => frames.push([last, surplus].concat().into()),
                last => frames.extend(last.into_iter().chain([surplus])),
            }
        }
        for frame in frames {
            if rng.chance(10) {
                self.steps.push(Step::Wait);
            }
            self.steps.push(Step::Data(frame));
        }
        // they end a stream of HTTP/2
        if !matches!(ending, Ending::Short | Ending::Fail) && rng.chance(10) {
            let mut trailers = HeaderMap::new();
            trailers.insert("x-end", HeaderValue::from_static("1"));
            if rng.chance(50) {
                trailers.insert("content-md5", HeaderValue::from_static("AAAAAAAAAAAAAAAAAAAAAA=="));
            }
            self.steps.push(Step::Trailers(trailers));
        }
        if rng.chance(10) {
            self.steps.push(Step::Wait);
        }
        if matches!(ending, Ending::Fail | Ending::FailAfter) {
            self.steps.push(Step::Fail);
        }
        self
    }
}

fn below(rng: &mut Rng, bound: usize) -> usize {
    if bound == 0 { 0 } else { usize::try_from(rng.below(bound as u64)).unwrap() }
}

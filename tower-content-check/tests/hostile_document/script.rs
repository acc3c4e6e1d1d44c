use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};
use tower_content_check::BoxError;

/// `SplitMix64`.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).unwrap()
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

#[derive(Debug)]
enum Step {
    Data(Bytes),
    Wait,
    Trailers(HeaderMap),
    Fail,
}

/// A body in random frames.
#[derive(Debug)]
pub(crate) struct Script {
    steps: VecDeque<Step>,
    declared: Option<u64>,
}

impl Script {
    pub(crate) fn new(random: &mut Random, content: &[u8], declared: Option<u64>) -> Self {
        let mut steps = VecDeque::new();
        let mut rest = Bytes::copy_from_slice(content);
        let longest = [1, 3, 40, 4096][random.index(4)];
        while !rest.is_empty() {
            match random.below(8) {
                0 => steps.push_back(Step::Wait),
                1 => steps.push_back(Step::Data(Bytes::new())),
                _ => {
                    let length = (1 + random.index(longest)).min(rest.len());
                    steps.push_back(Step::Data(rest.split_to(length)));
                }
            }
        }
        Self { steps, declared }
    }

    pub(crate) fn failing(mut self) -> Self {
        self.steps.push_back(Step::Fail);
        self
    }

    pub(crate) fn trailers(mut self, trailers: HeaderMap) -> Self {
        self.steps.push_back(Step::Trailers(trailers));
        self
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(match self.steps.pop_front() {
            None => None,
            Some(Step::Data(data)) => {
                self.declared = self.declared.map(|left| left.saturating_sub(data.len() as u64));
                Some(Ok(Frame::data(data)))
            }
            Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
            Some(Step::Fail) => {
                self.steps.clear();
                Some(Err("the connection broke".into()))
            }
            Some(Step::Wait) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.declared.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

//! A server in process: one file, and for each request what its script says. It writes down what it was asked.

use bytes::Bytes;
use http::{
    Request, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, RANGE, RETRY_AFTER},
};
use http_body::{Body, Frame, SizeHint};
use std::{
    collections::VecDeque,
    future::{Ready, ready},
    io::{Error, ErrorKind},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;
use tower::{BoxError, Service};
use tower_retry_policy::AttemptNumber;

pub(crate) type Empty = http_body_util::Empty<Bytes>;

const FRAME: u64 = 16 * 1024;
/// No power of two, so that bytes of another place are other bytes.
const PERIOD: u64 = 65_521;

/// What becomes of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// All that was asked for.
    Whole,
    /// So many bytes of it, then a reset.
    Cut(u64),
    /// So many bytes of it, then nothing more.
    Silent(u64),
    /// This status.
    Status(u16),
    /// 503 with this `Retry-After`.
    Busy(&'static str),
    /// No head, but a reset.
    Reset,
    /// A 200 of another version.
    Changed,
}

/// A request, and when it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Duration,
    pub(crate) range: Option<String>,
    pub(crate) attempt: u32,
    pub(crate) broke: bool,
    pub(crate) name: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Server {
    length: u64,
    script: Arc<Mutex<VecDeque<Step>>>,
    last: Step,
    asked: Arc<Mutex<Vec<Asked>>>,
    started: Instant,
    open: Arc<AtomicUsize>,
}

/// The body of an answer.
pub(crate) struct Part {
    at: u64,
    end: u64,
    /// Where it would end.
    announced: u64,
    /// After the last frame: the end, an error, or silence.
    then: Then,
    /// Whether what came before the error had its chance to leave.
    flushed: bool,
    _open: Open,
}

#[derive(Clone, Copy, Debug)]
enum Then {
    End,
    Reset,
    Silence,
}

/// Counts bodies that have not been dropped.
struct Open(Arc<AtomicUsize>);

// ===== impl Server =====

impl Server {
    /// A file of this length, and the steps in order; when they are used up, the last one again and again.
    pub(crate) fn new(length: u64, steps: impl IntoIterator<Item = Step>) -> Self {
        let script: VecDeque<_> = steps.into_iter().collect();
        let last = *script.back().unwrap();
        Self {
            length,
            script: Arc::new(Mutex::new(script)),
            last,
            asked: Arc::default(),
            started: Instant::now(),
            open: Arc::default(),
        }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// When each request came, in milliseconds.
    pub(crate) fn times(&self) -> Vec<u128> {
        self.asked().iter().map(|asked| asked.at.as_millis()).collect()
    }

    /// The ranges that were asked for, in order; an empty one where none was.
    pub(crate) fn ranges(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.range.unwrap_or_default()).collect()
    }

    /// Bodies that have not been dropped.
    pub(crate) fn open(&self) -> usize {
        self.open.load(SeqCst)
    }

    fn serve(&self, range: Option<&str>, cut: Option<u64>, then: Then) -> Response<Part> {
        let mut head = Response::builder().header(ETAG, "\"a\"");
        let (mut from, mut to) = (0, self.length);
        if let Some(range) = range {
            let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            from = first.parse().unwrap();
            to = last.parse::<u64>().map_or(self.length, |last| last + 1);
            assert!(from < to && to <= self.length, "{range} of {}", self.length);
            head = head
                .status(StatusCode::PARTIAL_CONTENT)
                .header(CONTENT_RANGE, format!("bytes {from}-{}/{}", to - 1, self.length));
        }
        let end = cut.map_or(to, |cut| to.min(from + cut));
        let then = if end == to { Then::End } else { then };
        head.header(CONTENT_LENGTH, to - from).body(self.part(from, end, to, then)).unwrap()
    }

    fn part(&self, at: u64, end: u64, announced: u64, then: Then) -> Part {
        self.open.fetch_add(1, SeqCst);
        Part { at, end, announced, then, flushed: false, _open: Open(Arc::clone(&self.open)) }
    }

    fn answer(&self, range: Option<&str>) -> Result<Response<Part>, BoxError> {
        let step = self.script.lock().unwrap().pop_front().unwrap_or(self.last);
        let (status, fields) = match step {
            Step::Whole => return Ok(self.serve(range, None, Then::End)),
            Step::Cut(after) => return Ok(self.serve(range, Some(after), Then::Reset)),
            Step::Silent(after) => return Ok(self.serve(range, Some(after), Then::Silence)),
            Step::Reset => return Err(Error::from(ErrorKind::ConnectionReset).into()),
            Step::Status(status) => (status, None),
            Step::Busy(seconds) => (503, Some((RETRY_AFTER, seconds))),
            Step::Changed => (200, Some((ETAG, "\"b\""))),
        };
        let mut response = Response::new(self.part(0, 0, 0, Then::End));
        *response.status_mut() = StatusCode::from_u16(status)?;
        if let Some((name, value)) = fields {
            response.headers_mut().insert(name, value.parse()?);
        }
        Ok(response)
    }
}

impl Service<Request<Empty>> for Server {
    type Response = Response<Part>;
    type Error = BoxError;
    type Future = Ready<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Empty>) -> Self::Future {
        let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let range = text(RANGE.as_str());
        self.asked.lock().unwrap().push(Asked {
            at: self.started.elapsed(),
            range: range.clone(),
            attempt: AttemptNumber::of(&request),
            broke: AttemptNumber::connection_broke(&request),
            name: text("x-name"),
        });
        ready(self.answer(range.as_deref()))
    }
}

// ===== impl Part =====

impl Body for Part {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.at < self.end {
            let data = content(self.at, FRAME.min(self.end - self.at));
            self.at += data.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match self.then {
            Then::End => Poll::Ready(None),
            Then::Reset if !self.flushed => {
                self.flushed = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Then::Reset => Poll::Ready(Some(Err(Error::from(ErrorKind::ConnectionReset).into()))),
            Then::Silence => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced - self.at)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// The file's bytes from here on.
pub(crate) fn content(at: u64, length: u64) -> Bytes {
    static PAGE: std::sync::LazyLock<Bytes> = std::sync::LazyLock::new(|| {
        (0..PERIOD + FRAME).map(|at| (at % PERIOD * 31 % 251) as u8).collect::<Vec<_>>().into()
    });
    let from = (at % PERIOD) as usize;
    PAGE.slice(from..from + length as usize)
}

/// The file's beginning, up to here.
pub(crate) fn contents(length: u64) -> Bytes {
    (0..length).map(|at| (at % PERIOD * 31 % 251) as u8).collect::<Vec<_>>().into()
}

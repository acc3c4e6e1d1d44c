//! A service that answers by a script, a policy that is a table, and one call.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::{
    collections::VecDeque,
    error::Error,
    future::{Future, Ready, ready},
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep};
use tower::{Layer, Service, ServiceExt};
use tower_content_check::{
    BoxError,
    continuation::{
        Break, BreakKind, Continue, ContinueError, ContinueLayer, ContinuePolicy, ContinueStream,
        ContinuedBody,
    },
};

pub(crate) const FILE: &str = "0123456789";
pub(crate) const TAG: (&str, &str) = ("etag", "\"v1\"");
pub(crate) const LENGTH: (&str, &str) = ("content-length", "10");

// ===== bodies =====

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    /// Another turn of the task.
    Yield,
    /// Time that passes while it is polled.
    Sleep(Duration),
    Fail(io::ErrorKind, &'static str),
    Hang,
}

/// Plays its steps.
#[derive(Debug)]
pub(crate) struct Script {
    steps: VecDeque<Step>,
    sleep: Option<Pin<Box<Sleep>>>,
    world: Option<Arc<()>>,
    over: bool,
}

pub(crate) fn data(content: &str) -> Step {
    Step::Data(Bytes::copy_from_slice(content.as_bytes()))
}

pub(crate) fn reset() -> Step {
    Step::Fail(io::ErrorKind::ConnectionReset, "reset by peer")
}

pub(crate) fn trailers(fields: &[(&str, &str)]) -> Step {
    Step::Trailers(headers(fields))
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                std::task::ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
            }
            return Poll::Ready(match self.steps.pop_front() {
                Some(Step::Data(data)) => Some(Ok(Frame::data(data))),
                Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
                Some(Step::Yield) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Step::Sleep(duration)) => {
                    self.sleep = Some(Box::pin(tokio::time::sleep(duration)));
                    continue;
                }
                Some(Step::Fail(kind, text)) => Some(Err(io::Error::new(kind, text))),
                Some(Step::Hang) => {
                    self.steps.push_front(Step::Hang);
                    return Poll::Pending;
                }
                None => {
                    self.over = true;
                    None
                }
            });
        }
    }

    fn is_end_stream(&self) -> bool {
        self.over
    }

    fn size_hint(&self) -> SizeHint {
        if self.over { SizeHint::with_exact(0) } else { SizeHint::default() }
    }
}

// ===== answers =====

/// What a request meets.
pub(crate) enum Reply {
    Answer(Response<Script>),
    Refused(&'static str),
    Never,
}

pub(crate) fn headers(fields: &[(&str, &str)]) -> HeaderMap {
    fields
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()))
        .collect()
}

/// Of HTTP/1.1, chunked where no length is stated.
pub(crate) fn answer(status: u16, fields: &[(&str, &str)], steps: impl IntoIterator<Item = Step>) -> Reply {
    let mut response =
        Response::new(Script { steps: steps.into_iter().collect(), sleep: None, world: None, over: false });
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    *response.version_mut() = Version::HTTP_11;
    // one by one, because a field may be stated twice
    for (name, value) in fields {
        let name = HeaderName::try_from(*name).unwrap();
        response.headers_mut().append(name, HeaderValue::try_from(*value).unwrap());
    }
    if !response.headers().contains_key(header::CONTENT_LENGTH) {
        response.headers_mut().insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    Reply::Answer(response)
}

/// The file, as far as it comes.
pub(crate) fn first(steps: impl IntoIterator<Item = Step>) -> Reply {
    answer(200, &[TAG, LENGTH], steps)
}

/// The file from `from` to its end.
pub(crate) fn rest(from: usize) -> Reply {
    part(from, FILE.len() - 1, [data(&FILE[from..])])
}

/// The bytes of the file from `from` to `last`, as far as they come.
pub(crate) fn part(from: usize, last: usize, steps: impl IntoIterator<Item = Step>) -> Reply {
    let range = format!("bytes {from}-{last}/{}", FILE.len());
    let length = (last + 1 - from).to_string();
    answer(206, &[TAG, ("content-range", &range), ("content-length", &length)], steps)
}

// ===== the service =====

/// The reply to a request for these bytes, the last of which may be left open.
type Replies = dyn FnMut(Option<(usize, Option<usize>)>) -> Reply + Send;

/// Answers in turn; refuses to be called before it was made ready, and hangs on an unready clone.
pub(crate) struct Server {
    replies: Arc<Mutex<Replies>>,
    pub(crate) seen: Arc<Mutex<Vec<Request<()>>>>,
    pub(crate) times: Arc<Mutex<Vec<Instant>>>,
    /// One for each body and each head in flight.
    pub(crate) alive: Arc<()>,
    ready: bool,
}

impl Clone for Server {
    fn clone(&self) -> Self {
        let Self { replies, seen, times, alive, .. } = self;
        // A clone is not ready, whatever the original is.
        Self {
            replies: replies.clone(),
            seen: seen.clone(),
            times: times.clone(),
            alive: alive.clone(),
            ready: false,
        }
    }
}

impl Server {
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: VecDeque<_> = replies.into_iter().collect();
        Self::answering(move |_| replies.pop_front().expect("no further request was expected"))
    }

    pub(crate) fn answering(
        replies: impl FnMut(Option<(usize, Option<usize>)>) -> Reply + Send + 'static,
    ) -> Self {
        Self {
            replies: Arc::new(Mutex::new(replies)),
            seen: Arc::default(),
            times: Arc::default(),
            alive: Arc::default(),
            ready: false,
        }
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// The `Range` of each request; more than one field would show as several.
    pub(crate) fn ranges(&self) -> Vec<Option<String>> {
        self.field(&header::RANGE)
    }

    pub(crate) fn field(&self, name: &HeaderName) -> Vec<Option<String>> {
        let join = |request: &Request<()>| {
            let values = request.headers().get_all(name).iter();
            let values: Vec<_> = values.map(|value| value.to_str().unwrap()).collect();
            (!values.is_empty()).then(|| values.join(" | "))
        };
        self.seen.lock().unwrap().iter().map(join).collect()
    }

    /// Nothing of a body or a call is left: the server itself, and one clone of it in the layer.
    pub(crate) fn is_let_go(&self) -> bool {
        Arc::strong_count(&self.alive) == 1
    }
}

impl Service<Request<()>> for Server {
    type Response = Response<Script>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Script>, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called before it was ready");
        let asked = request.headers().get(header::RANGE).map(asked);
        self.seen.lock().unwrap().push(request);
        self.times.lock().unwrap().push(Instant::now());
        let reply = (self.replies.lock().unwrap())(asked);
        Box::pin(play(reply, self.alive.clone()))
    }
}

/// Of `bytes=1-[2]`.
fn asked(range: &HeaderValue) -> (usize, Option<usize>) {
    let (first, last) = range.to_str().unwrap().strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    (first.parse().unwrap(), (!last.is_empty()).then(|| last.parse().unwrap()))
}

async fn play(reply: Reply, alive: Arc<()>) -> io::Result<Response<Script>> {
    match reply {
        Reply::Answer(response) => Ok(response.map(|mut body| {
            body.world = Some(alive);
            body
        })),
        Reply::Refused(text) => Err(io::Error::new(io::ErrorKind::ConnectionRefused, text)),
        Reply::Never => std::future::pending().await,
    }
}

// ===== policies =====

/// So many breaks in a row, with no wait.
pub(crate) fn at_once(
    in_a_row: u32,
) -> impl Fn(&Break<'_>) -> Option<Ready<()>> + Clone + Send + Sync + 'static {
    move |broke: &Break<'_>| (broke.in_a_row() <= in_a_row).then(|| ready(()))
}

/// What was put to a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) kind: BreakKind,
    pub(crate) offset: u64,
    pub(crate) in_a_row: u32,
    pub(crate) error: String,
}

/// So many in a row, waiting one second, then two, and so on; it notes all that it is told.
#[derive(Clone, Default)]
pub(crate) struct Patient {
    pub(crate) limit: u32,
    pub(crate) heard: Arc<Mutex<Vec<Heard>>>,
    pub(crate) answers: Arc<Mutex<Vec<String>>>,
    pub(crate) ends: Arc<Mutex<Vec<String>>>,
}

pub(crate) struct PatientStream {
    policy: Patient,
    waited: Duration,
}

impl Patient {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, ..Self::default() }
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

impl ContinuePolicy for Patient {
    type Stream = PatientStream;

    fn begin(&self, _: &Request<()>, _: &http::response::Parts) -> PatientStream {
        PatientStream { policy: self.clone(), waited: Duration::ZERO }
    }
}

impl ContinueStream for PatientStream {
    type Wait = Sleep;

    fn broke(&mut self, broke: &Break<'_>) -> Result<Sleep, BoxError> {
        self.policy.heard.lock().unwrap().push(Heard {
            kind: broke.kind(),
            offset: broke.delivered(),
            in_a_row: broke.in_a_row(),
            error: broke.error().to_string(),
        });
        if broke.in_a_row() > self.policy.limit {
            return Err("enough".into());
        }
        let wait = Duration::from_secs(broke.in_a_row().into());
        self.waited += wait;
        Ok(tokio::time::sleep(wait))
    }

    fn prepare(&mut self, extensions: &mut http::Extensions) {
        extensions.insert("prepared");
    }

    fn answered(&mut self, answer: Result<&http::response::Parts, &BoxError>) {
        self.policy.answers.lock().unwrap().push(match answer {
            Ok(parts) => parts.status.as_u16().to_string(),
            Err(error) => error.to_string(),
        });
    }

    fn waited(&self) -> Duration {
        self.waited
    }

    fn ended(&mut self, error: Option<&BoxError>) {
        let end = error.map_or_else(|| "whole".to_owned(), ToString::to_string);
        self.policy.ends.lock().unwrap().push(end);
    }
}

// ===== a call =====

pub(crate) type ServedBody<P, C> = ContinuedBody<Server, P, C, (), Script>;

pub(crate) fn get() -> Request<()> {
    Request::get("http://test/file").body(()).unwrap()
}

pub(crate) async fn open<P, C>(
    layer: &ContinueLayer<P, C>,
    server: &Server,
    request: Request<()>,
) -> Response<ServedBody<P, C>>
where
    P: ContinuePolicy + Clone,
    C: tower_content_check::check::FlowCheck + Clone,
{
    let service: Continue<Server, P, C> = layer.layer(server.clone());
    service.oneshot(request).await.unwrap()
}

/// What a reader gets: the content up to the end or the error, and the trailers.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) content: String,
    pub(crate) frames: Vec<usize>,
    pub(crate) trailers: Option<HeaderMap>,
    pub(crate) error: Option<BoxError>,
}

impl Read {
    #[track_caller]
    pub(crate) fn whole(self) -> String {
        assert!(self.error.is_none(), "{:?} after {:?}", chain(self.error.as_deref().unwrap()), self.content);
        self.content
    }

    #[track_caller]
    pub(crate) fn error(&self) -> &ContinueError {
        self.error.as_ref().expect("it fails").downcast_ref().expect("an error of the layer")
    }
}

/// Reads to the end, and once more.
pub(crate) async fn read<B>(body: B) -> Read
where
    B: Body<Data = Bytes, Error = BoxError>,
{
    let mut body = std::pin::pin!(body);
    let mut read = Read::default();
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => {
                read.frames.push(data.len());
                read.content.push_str(str::from_utf8(&data).unwrap());
            }
            Ok(Err(frame)) => read.trailers = Some(frame.into_trailers().unwrap()),
            Err(error) => {
                read.error = Some(error);
                break;
            }
        }
    }
    assert!(body.frame().await.is_none(), "nothing comes after the end");
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    read
}

/// A call that is read to its end, over these answers, with five breaks in a row at the most and any byte for progress.
pub(crate) async fn fetch(replies: impl IntoIterator<Item = Reply>) -> (Read, Server) {
    let server = Server::new(replies);
    let layer = ContinueLayer::new(at_once(5)).progress(1);
    let response = open(&layer, &server, get()).await;
    (read(response.into_body()).await, server)
}

/// The messages of an error and its causes.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts
}

pub(crate) fn range(from: usize) -> Option<String> {
    Some(format!("bytes={from}-9"))
}

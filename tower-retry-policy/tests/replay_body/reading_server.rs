//! A service that reads as much of each request's body as its script says, and then answers or fails.

use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use std::{
    collections::VecDeque,
    io::{Error, ErrorKind},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use tower::{BoxError, Service};
use tower_retry_policy::{Phase, PhasedError, ReplayBody, ReplayBodyError};

/// What the service does with one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// It reads frames until it has so many bytes.
    pub(crate) reads: usize,
    pub(crate) then: Then,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    Answers(u16),
    Fails(ErrorKind),
    /// Answers, and keeps the body, as a connection does that goes on with the upload.
    AnswersAndHolds(u16),
    /// After so many milliseconds it reads the rest and answers.
    ReadsOnAfter(u64, u16),
    /// The same, and so many milliseconds between the two.
    ReadsOnAndAnswers(u64, u64, u16),
    Silent,
}

/// What came of one request's body.
#[derive(Debug, Default)]
pub(crate) struct Got {
    pub(crate) data: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
}

#[derive(Clone, Debug)]
pub(crate) struct Server {
    turns: Arc<Mutex<VecDeque<Turn>>>,
    got: Arc<Mutex<Vec<Got>>>,
    held: Arc<Mutex<Vec<ReplayBody>>>,
    began: Arc<Mutex<Vec<Instant>>>,
}

pub(crate) const ALL: usize = usize::MAX;

pub(crate) fn reads(bytes: usize, then: Then) -> Turn {
    Turn { reads: bytes, then }
}

impl Server {
    /// After these turns it reads everything and answers 200.
    pub(crate) fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        let turns = Arc::new(Mutex::new(turns.into_iter().collect()));
        Self { turns, got: Arc::default(), held: Arc::default(), began: Arc::default() }
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        std::mem::take(&mut self.got.lock().unwrap())
    }

    pub(crate) fn held(&self) -> Vec<ReplayBody> {
        std::mem::take(&mut self.held.lock().unwrap())
    }

    /// The milliseconds from the first request to each.
    pub(crate) fn began(&self) -> Vec<u128> {
        let began = self.began.lock().unwrap();
        began.iter().map(|at| at.duration_since(began[0]).as_millis()).collect()
    }

    async fn serve(self, turn: Turn, mut body: ReplayBody) -> Result<Response<()>, BoxError> {
        let mut got = Got::default();
        let mut read = got.read(&mut body, turn.reads).await;
        if let (Ok(()), Then::ReadsOnAfter(millis, _) | Then::ReadsOnAndAnswers(millis, ..)) =
            (&read, turn.then)
        {
            sleep(Duration::from_millis(millis)).await;
            read = got.read(&mut body, ALL).await;
        }
        self.got.lock().unwrap().push(got);
        read?;
        let answer = |code: u16| Ok(Response::builder().status(StatusCode::from_u16(code)?).body(())?);
        match turn.then {
            // as a client says it that was connecting
            Then::Fails(kind @ ErrorKind::ConnectionRefused) => {
                Err(PhasedError::new(Phase::Connect, Error::from(kind)).into())
            }
            Then::Fails(kind) => Err(Error::from(kind).into()),
            Then::Answers(code) | Then::ReadsOnAfter(_, code) => answer(code),
            Then::ReadsOnAndAnswers(_, millis, code) => {
                sleep(Duration::from_millis(millis)).await;
                answer(code)
            }
            Then::Silent => std::future::pending().await,
            Then::AnswersAndHolds(code) => {
                self.held.lock().unwrap().push(body);
                answer(code)
            }
        }
    }
}

impl Got {
    async fn read(&mut self, body: &mut ReplayBody, bytes: usize) -> Result<(), ReplayBodyError> {
        while self.data.len() < bytes
            && let Some(frame) = body.frame().await
        {
            match frame?.into_data() {
                Ok(data) => self.data.extend(data),
                Err(frame) => self.trailers = frame.into_trailers().ok(),
            }
        }
        Ok(())
    }
}

impl Service<Request<ReplayBody>> for Server {
    type Response = Response<()>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<()>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReplayBody>) -> Self::Future {
        self.began.lock().unwrap().push(Instant::now());
        let turn = self.turns.lock().unwrap().pop_front().unwrap_or(reads(ALL, Then::Answers(200)));
        Box::pin(self.clone().serve(turn, request.into_body()))
    }
}

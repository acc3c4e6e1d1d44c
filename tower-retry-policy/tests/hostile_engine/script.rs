//! What happens to a call: drawn at random, and printed when the engine does something else than the oracle.

use crate::random::Random;
use http::{HeaderName, Method, Request, Response};
use tower::BoxError;
use tower_retry_policy::{Idempotent, Phase, PhasedError};

/// One call with everything that bounds it. All times are in milliseconds.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub permission: Permission,
    pub retries: u32,
    pub connects: Option<u32>,
    /// failures of this phase are not retried
    pub no_retries_after: Option<Phase>,
    pub wait: u64,
    pub tokens: u64,
    pub deadline: Option<u64>,
    pub hedge: Option<Overlap>,
    /// when the caller loses patience
    pub patience: Option<u64>,
    /// the caller leaves instead of polling so many times
    pub polls: Option<usize>,
    pub attempts: Vec<Try>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Permission {
    Get,
    PostWithMark,
    PostWithKey,
    /// only what was not processed may be repeated
    Post,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Overlap {
    pub delay: u64,
    pub at_once: usize,
    pub hedges: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Try {
    pub ready_after: u64,
    pub ready: Readiness,
    pub takes: u64,
    pub ends: End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Readiness {
    Yes,
    KnownError,
    UnknownError,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum End {
    Status(u16),
    /// seconds
    RetryAfter(u16, u64),
    /// milliseconds
    Pushback(i64),
    Error(Phase),
    Never,
}

impl Script {
    pub(crate) fn draw(random: &mut Random, hedged: bool) -> Self {
        let permission = if hedged {
            random.pick(&[
                Permission::Get,
                Permission::Get,
                Permission::PostWithMark,
                Permission::PostWithKey,
                Permission::Post,
            ])
        } else {
            random.pick(&[Permission::Get, Permission::PostWithMark, Permission::Post])
        };
        let overlap = Overlap {
            delay: random.pick(&[0, 10, 30, 50, 70, 200]),
            at_once: usize::try_from(random.below(5)).unwrap(),
            hedges: random.one_in(3).then(|| u32::try_from(random.below(3)).unwrap()),
        };
        Self {
            permission,
            retries: u32::try_from(random.below(6)).unwrap(),
            connects: random.one_in(5).then(|| u32::try_from(random.below(2)).unwrap()),
            no_retries_after: random.one_in(8).then(|| random.pick(&[Phase::Status, Phase::Read])),
            wait: random.pick(&[0, 10, 20, 50, 100]),
            tokens: random.pick(&[0, 1, 2, 100, 100, 100]),
            deadline: random.one_in(4).then(|| random.pick(&[1, 50, 100, 150, 300, 1100])),
            hedge: hedged.then_some(overlap),
            patience: random.one_in(4).then(|| 5 + 10 * random.below(30)),
            polls: None,
            attempts: (0..8).map(|index| Try::draw(random, index == 0)).collect(),
        }
    }

    pub(crate) fn request(&self) -> Request<String> {
        let method = match self.permission {
            Permission::Get => Method::GET,
            _ => Method::POST,
        };
        let mut request =
            Request::builder().method(method).uri("http://example.com/").body(String::new()).unwrap();
        match self.permission {
            Permission::PostWithMark => {
                request.extensions_mut().insert(Idempotent);
            }
            Permission::PostWithKey => {
                request
                    .headers_mut()
                    .insert(HeaderName::from_static("idempotency-key"), "\"a\"".parse().unwrap());
            }
            Permission::Get | Permission::Post => {}
        }
        request
    }
}

impl Try {
    fn draw(random: &mut Random, first: bool) -> Self {
        let (ready_after, ready) = match random.below(8) {
            // the first attempt takes the service that was polled ready, or what that said instead
            1 if first => (0, random.pick(&[Readiness::KnownError, Readiness::UnknownError])),
            _ if first => (0, Readiness::Yes),
            0 => (random.pick(&[10, 40, 100]), Readiness::Yes),
            1 => (random.pick(&[0, 30]), random.pick(&[Readiness::KnownError, Readiness::UnknownError])),
            _ => (0, Readiness::Yes),
        };
        Self {
            ready_after,
            ready,
            takes: random.pick(&[0, 10, 20, 30, 50, 60, 100, 250]),
            ends: End::draw(random),
        }
    }
}

impl End {
    fn draw(random: &mut Random) -> Self {
        match random.below(20) {
            0..=3 => Self::Status(200),
            4 => Self::Status(random.pick(&[404, 429])),
            5..=8 => Self::Status(random.pick(&[500, 503])),
            9 => Self::Status(421),
            10 => Self::RetryAfter(random.pick(&[429, 503, 200]), random.pick(&[0, 1, 5])),
            11 => Self::Pushback(random.pick(&[-1, 0, 15, 130, 5000])),
            12 => Self::Never,
            13 => Self::Error(Phase::Other),
            _ => Self::Error(random.pick(&[
                Phase::Connect,
                Phase::Unprocessed,
                Phase::Read,
                Phase::Read,
                Phase::Body,
                Phase::Content,
            ])),
        }
    }

    pub(crate) fn outcome(self, attempt: u32) -> Result<Response<String>, BoxError> {
        let response = Response::builder().header("x-attempt", attempt);
        Ok(match self {
            Self::Status(status) => response.status(status),
            Self::RetryAfter(status, seconds) => response.status(status).header("retry-after", seconds),
            Self::Pushback(wait) => response.header("grpc-status", 14).header("grpc-retry-pushback-ms", wait),
            Self::Error(phase) => return Err(error(phase, attempt)),
            Self::Never => unreachable!(),
        }
        .body(String::new())
        .unwrap())
    }
}

/// An error that says how far which attempt got.
pub(crate) fn error(phase: Phase, attempt: u32) -> BoxError {
    PhasedError::new(phase, format!("attempt {attempt}")).into()
}

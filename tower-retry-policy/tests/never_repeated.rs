//! What is never repeated: every method, after a failure of every phase, with every kind of permission, and how
//! often the server saw the request.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Body, request},
};
use http::{Request, Response, StatusCode};
use std::{
    io::{Error, ErrorKind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_content_check::{Check, ContentCheckLayer, check::ContentType};
use tower_retry_policy::{
    AttemptRecord, Deadline, History, Idempotent, Phase, PhasedError, RetryAfter, RetryError, RetryPolicy,
};

const ATTEMPTS: usize = 4;

/// Every method of RFC 9110, PATCH (RFC 5789), QUERY, one of WebDAV's that is idempotent by its own standard only,
/// and one that nobody knows; and whether the server may be asked twice without anybody's permission.
const METHODS: [(&str, bool); 12] = [
    ("GET", true),
    ("HEAD", true),
    ("OPTIONS", true),
    ("TRACE", true),
    ("PUT", true),
    ("DELETE", true),
    ("QUERY", true),
    ("POST", false),
    ("PATCH", false),
    ("CONNECT", false),
    ("PROPFIND", false),
    ("BREW", false),
];

/// Every phase, and how often the server sees a request that may be repeated, and one that may not.
const PHASES: [(Phase, usize, usize); 7] = [
    (Phase::Connect, ATTEMPTS, ATTEMPTS),
    (Phase::Unprocessed, ATTEMPTS, ATTEMPTS),
    (Phase::Read, ATTEMPTS, 1),
    (Phase::Status, ATTEMPTS, 1),
    (Phase::Body, ATTEMPTS, 1),
    (Phase::Content, ATTEMPTS, 1),
    (Phase::Other, 1, 1),
];

type Permit = fn(&mut Request<Body>);

/// What the owner of a request may say of it, and whether it lets the request be repeated.
const PERMISSIONS: [(&str, Permit, bool); 7] = [
    ("Idempotency-Key", with_key, true),
    ("Idempotent", marked, true),
    ("nothing", |_| {}, false),
    ("an empty key", |request| add_key(request, ""), false),
    ("an empty key in quotes", |request| add_key(request, "\"\""), false),
    ("half a key", |request| add_key(request, "\"8e03978e"), false),
    (
        "two keys",
        |request| {
            add_key(request, "\"a\"");
            add_key(request, "\"b\"");
        },
        false,
    ),
];

fn with_key(request: &mut Request<Body>) {
    add_key(request, "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"");
}

fn add_key(request: &mut Request<Body>, key: &str) {
    request.headers_mut().append("idempotency-key", key.parse().unwrap());
}

fn marked(request: &mut Request<Body>) {
    request.extensions_mut().insert(Idempotent);
}

/// How a failure of a phase comes about.
#[derive(Clone, Copy, Debug)]
enum Face {
    Answer(u16),
    Fails(ErrorKind),
    /// The client was connecting, and says so.
    Unconnected,
    Unknown,
    /// The head came and the body broke off.
    Cut,
    /// The body came and is not what it should be.
    Wrong,
    /// The head came and is not what it should be; nobody reads the body.
    WrongHead,
}

fn faces(phase: Phase) -> Vec<Face> {
    use Face::{Answer, Cut, Fails, Unconnected, Unknown, Wrong, WrongHead};
    match phase {
        Phase::Connect => vec![Unconnected],
        Phase::Unprocessed => vec![Answer(421), Answer(425)],
        Phase::Read => vec![
            // Linux says these of connections in use too
            Fails(ErrorKind::ConnectionRefused),
            Fails(ErrorKind::HostUnreachable),
            Fails(ErrorKind::NetworkUnreachable),
            Fails(ErrorKind::NetworkDown),
            Fails(ErrorKind::ConnectionReset),
            Fails(ErrorKind::ConnectionAborted),
            Fails(ErrorKind::UnexpectedEof),
            Fails(ErrorKind::BrokenPipe),
            Fails(ErrorKind::TimedOut),
        ],
        Phase::Status => [408, 429, 500, 502, 503, 504].map(Answer).into(),
        Phase::Body => vec![Cut],
        Phase::Content => vec![Wrong, WrongHead],
        _ => vec![Unknown, Fails(ErrorKind::InvalidData), Fails(ErrorKind::PermissionDenied)],
    }
}

impl Face {
    async fn show(self) -> Result<Response<Body>, BoxError> {
        match self {
            Self::Answer(code) => {
                let mut response = Response::new(Body::default());
                *response.status_mut() = StatusCode::from_u16(code)?;
                Ok(response)
            }
            Self::Fails(kind) => Err(Error::from(kind).into()),
            Self::Unconnected => {
                Err(PhasedError::new(Phase::Connect, Error::from(ErrorKind::ConnectionRefused)).into())
            }
            Self::Unknown => Err("nobody knows this error".into()),
            // what the check says of a response is no matter of the request's method, so one is made for it here
            Self::Cut => {
                let head = Response::builder().header("content-length", "9");
                Err(rejected(ContentCheckLayer::json(), head, "[1]").await)
            }
            Self::Wrong => Err(rejected(ContentCheckLayer::json(), Response::builder(), "not JSON").await),
            Self::WrongHead => {
                let check = ContentCheckLayer::new(ContentType::new("text/csv"));
                Err(rejected(check, Response::builder().header("content-type", "text/html"), "[1]").await)
            }
        }
    }
}

async fn rejected<C: Check + Clone>(
    check: ContentCheckLayer<C>,
    head: http::response::Builder,
    body: &'static str,
) -> BoxError {
    let response = head.body(Body::from(body)).unwrap();
    let server = service_fn(|_: Request<Body>| std::future::ready(Ok::<_, BoxError>(response.clone())));
    ServiceBuilder::new().layer(check).service(server).oneshot(request("GET")).await.map(drop).unwrap_err()
}

/// What the server saw of a request, and the phases that the policy saw.
struct Seen {
    times: usize,
    at_once: usize,
    phases: Vec<Phase>,
}

/// A server that takes so long for what it does.
async fn seen(which: Loop, takes: Duration, policy: RetryPolicy, face: Face, request: Request<Body>) -> Seen {
    let (times, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    // an attempt that is dropped has been seen, and the server goes on with it
    let begun = Arc::new(Mutex::new(Vec::new()));
    let (counter, busiest) = (Arc::clone(&times), Arc::clone(&most));
    let server = service_fn(move |_: Request<Body>| {
        counter.fetch_add(1, Ordering::SeqCst);
        let mut begun = begun.lock().unwrap();
        begun.retain(|at: &Instant| at.elapsed() < takes);
        begun.push(Instant::now());
        busiest.fetch_max(begun.len(), Ordering::SeqCst);
        async move {
            tokio::time::sleep(takes).await;
            face.show().await
        }
    });
    let phases = |history: &History| history.attempts().iter().filter_map(AttemptRecord::phase).collect();
    let service = ServiceBuilder::new().layer(which.retry(policy)).service(server);
    let phases = match service.oneshot(request).await {
        Ok(response) => phases(History::of(&response).unwrap()),
        Err(error) => phases(RetryError::find(&*error).unwrap().history()),
    };
    Seen { times: times.load(Ordering::SeqCst), at_once: most.load(Ordering::SeqCst), phases }
}

/// How often the server saw the request, and the phases that the policy saw.
async fn sent(which: Loop, policy: RetryPolicy, face: Face, request: Request<Body>) -> (usize, Vec<Phase>) {
    let seen = seen(which, Duration::ZERO, policy, face, request).await;
    (seen.times, seen.phases)
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    every_method_after_every_failure_with_every_permission,
    a_post_that_may_have_arrived_is_sent_once_whatever_else_is_set,
);

async fn every_method_after_every_failure_with_every_permission(which: Loop) {
    let retries = u32::try_from(ATTEMPTS - 1).unwrap();
    let policy = RetryPolicy::standard().retries(retries).retry_same_content(true).without_budget();
    for (method, idempotent) in METHODS {
        for (phase, if_allowed, if_not) in PHASES {
            for (permission, permit, permits) in PERMISSIONS {
                for face in faces(phase) {
                    let mut request = request(method);
                    permit(&mut request);
                    let expected = if idempotent || permits { if_allowed } else { if_not };
                    let told = format!("{method}, {face:?}, {permission}");
                    assert_eq!(
                        sent(which, policy.clone(), face, request).await,
                        (expected, vec![phase; expected]),
                        "{told}"
                    );
                }
            }
        }
    }
}

/// Every attempt takes three times as long as a hedge waits.
#[tokio::test(start_paused = true)]
async fn only_what_may_be_repeated_in_every_phase_is_hedged() {
    let second = Duration::from_secs(1);
    let retries = u32::try_from(ATTEMPTS - 1).unwrap();
    let policy = RetryPolicy::standard().retries(retries).retry_same_content(true).without_budget();
    for (method, idempotent) in METHODS {
        for (phase, _, if_not) in PHASES {
            for (permission, permit, permits) in PERMISSIONS {
                for face in faces(phase) {
                    let mut request = request(method);
                    permit(&mut request);
                    let told = format!("{method}, {face:?}, {permission}");
                    let seen = seen(Loop::Hedging(second), 3 * second, policy.clone(), face, request).await;
                    if idempotent || permits {
                        assert_eq!(seen.at_once, 2, "{told}");
                        assert!((2..=ATTEMPTS).contains(&seen.times), "{told}: {}", seen.times);
                    } else {
                        // nor because it could be repeated if it had not arrived
                        assert_eq!(seen.at_once, 1, "{told}");
                        assert_eq!((seen.times, seen.phases), (if_not, vec![phase; if_not]), "{told}");
                    }
                }
            }
        }
    }
}

/// No setting that speaks of anything but methods and permissions has a say in it.
async fn a_post_that_may_have_arrived_is_sent_once_whatever_else_is_set(which: Loop) {
    let may_have_arrived = [Phase::Read, Phase::Status, Phase::Body, Phase::Content];
    let many =
        || RetryPolicy::urllib3(9).statuses((400..600).map(|code| StatusCode::from_u16(code).unwrap()));
    let policies = [
        RetryPolicy::standard(),
        many(),
        Phase::ALL.into_iter().fold(many().without_total(), |policy, phase| policy.retries_after(phase, 9)),
        many().methods([]),
        many().retry_if(|_| true),
        many().retry_after(RetryAfter::Ignore),
        many().last_response_as_error(true),
        many().retry_exhausted_inner(true).retry_same_content(true),
        many().grpc(0..17),
        many().rate_limit_reset(true),
        many().backoff(Backoff::constant(Duration::from_secs(1))).without_budget(),
    ];
    for policy in policies {
        for phase in may_have_arrived {
            for face in faces(phase) {
                let told = format!("{face:?} {policy:?}");
                assert_eq!(
                    sent(which, policy.clone(), face, request("POST")).await,
                    (1, vec![phase]),
                    "{told}"
                );

                let mut overriding = request("POST");
                overriding.extensions_mut().insert(policy.clone());
                overriding.extensions_mut().insert(Deadline::after(Duration::from_secs(60)));
                let layers = RetryPolicy::urllib3(9).any_method();
                assert_eq!(sent(which, layers, face, overriding).await, (1, vec![phase]), "override: {told}");
            }
        }
    }
    // the settings that do speak of it
    let face = Face::Fails(ErrorKind::ConnectionReset);
    for policy in
        [RetryPolicy::urllib3(9).any_method(), RetryPolicy::urllib3(9).methods([http::Method::POST])]
    {
        assert_eq!(sent(which, policy, face, request("POST")).await.0, 10);
    }
}

//! What is printed of a call: one line, and no secret, whatever the caller, the server and the client's errors hold.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Answer, Body, Script, request},
};
use http::{Request, Response};
use std::{
    error::Error,
    sync::{Arc, Mutex},
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{
    Attempt, CallEnd, Deadline, History, Idempotent, Observer, Phase, RetryError, RetryPolicy, RetryWait,
    budget::{BudgetSource, RequestHead, RetryBudget, UnlimitedBudget},
};

const SECRETS: [&str; 4] = ["hunter2", "t0ken", "c00kie", "passw0rd"];

/// A request with a secret wherever one may stand.
fn secretive() -> Request<Body> {
    let mut request = request("GET");
    *request.uri_mut() = "https://me:hunter2@example.com:8443/path?key=t0ken".parse().unwrap();
    request.headers_mut().insert("authorization", "Bearer passw0rd".parse().unwrap());
    request.headers_mut().insert("cookie", "id=c00kie".parse().unwrap());
    request.extensions_mut().insert(Idempotent);
    request
}

fn policy() -> RetryPolicy {
    RetryPolicy::standard().backoff(Backoff::none())
}

/// Prints whatever it is given.
#[derive(Clone, Debug, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Observer for Notes {
    fn retrying(&self, failed: &Attempt<'_>, wait: RetryWait) {
        self.0.lock().unwrap().push(format!("{failed:?} {wait:?}"));
    }

    fn ended(&self, call: &CallEnd<'_>) {
        self.0.lock().unwrap().push(format!("{call:?} {:?} {:?}", call.failed(), call.history()));
    }
}

impl BudgetSource for Notes {
    fn budget(&self, request: &RequestHead<'_>, _: std::time::Instant) -> Arc<dyn RetryBudget> {
        self.0.lock().unwrap().push(format!("{request:?} {:?}", request.authority()));
        Arc::new(UnlimitedBudget::new())
    }
}

fn assert_safe(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    let breaks = |char: char| char.is_control() || "\u{2028}\u{2029}\u{202e}\u{2066}".contains(char);
    assert!(!text.contains(breaks), "{text:?} is more than a line");
}

/// As reqwest's, it names the URL whole, and as a server's text it holds what it likes.
#[derive(Debug)]
struct Talkative {
    #[allow(dead_code, reason = "shown by `{:?}`")]
    url: &'static str,
}

impl std::fmt::Display for Talkative {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "no\r\n200 \u{1b}[2J\u{202e}\u{2028} (https://me:hunter2@example.com/?key=t0ken) {}",
            "x".repeat(9_999)
        )
    }
}

impl Error for Talkative {}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    nothing_that_is_handed_out_shows_a_secret,
    a_chain_of_sources_says_each_message_once,
    an_outer_story_tells_the_inner_one,
    the_error_names_method_and_host_of_a_request_whose_head_is_not_kept,
);

async fn nothing_that_is_handed_out_shows_a_secret(which: Loop) {
    let notes = Notes::default();
    let policy = policy().observer(notes.clone()).budget_per(notes.clone()).last_response_as_error(true);
    const COOKIE: &[(&str, &str)] = &[("set-cookie", "id=c00kie"), ("location", "/?key=t0ken")];
    let script = Script::new([Answer::Fields(503, COOKIE)]);
    let service = ServiceBuilder::new().layer(which.retry(policy.clone())).service(script);
    let error = service.oneshot(secretive()).await.unwrap_err();
    let last = RetryError::find(&*error).unwrap();
    assert_eq!(last.headers().unwrap()["set-cookie"], "id=c00kie");
    for text in [format!("{error}"), format!("{error:?}"), format!("{policy:?}")] {
        assert_safe(&text);
    }

    let talkative = service_fn(|_: Request<Body>| async {
        let url = "https://me:hunter2@example.com/?key=t0ken";
        Err::<Response<Body>, BoxError>(
            std::io::Error::new(std::io::ErrorKind::ConnectionReset, Talkative { url }).into(),
        )
    });
    let error = ServiceBuilder::new()
        .layer(which.retry(policy))
        .service(talkative)
        .oneshot(secretive())
        .await
        .unwrap_err();
    let last = RetryError::find(&*error).unwrap();
    let texts = [
        format!("{last}"),
        format!("{last:?}"),
        format!("{}", last.history()),
        format!("{:?}", last.history()),
        format!("{:?} {0}", last.history().attempts()[0]),
        format!("{:?}", Deadline::after(std::time::Duration::from_secs(1))),
    ];
    for text in texts.iter().chain(notes.0.lock().unwrap().iter()) {
        assert_safe(text);
        assert!(text.len() < 4096, "{} bytes", text.len());
    }
    assert_eq!(last.host(), Some("example.com:8443"));
    let told = notes.0.lock().unwrap();
    assert!(
        told.iter().any(|text| text.contains("https://example.com:8443/path")),
        "what is no secret is told"
    );
}

async fn a_chain_of_sources_says_each_message_once(which: Loop) {
    let script = Script::new([Answer::Fails(std::io::ErrorKind::ConnectionReset)]);
    let service = ServiceBuilder::new().layer(which.retry(policy())).service(script);
    let error = service.oneshot(secretive()).await.unwrap_err();
    let chain: Vec<_> =
        std::iter::successors(Some(&*error as &(dyn Error + 'static)), |error| (*error).source())
            .map(ToString::to_string)
            .collect();
    assert_eq!(
        chain,
        [
            "GET example.com:8443: 3 attempts in 0 ms, stopped: attempts used up; 1: read; 2: read; 3: read",
            "connection reset",
        ]
    );
}

async fn an_outer_story_tells_the_inner_one(which: Loop) {
    let script = Script::new([Answer::Fails(std::io::ErrorKind::ConnectionReset)]);
    let service = ServiceBuilder::new()
        .layer(which.retry(policy().retry_exhausted_inner(true).retries(1)))
        .layer(which.retry(policy().retries(1)))
        .service(script);
    let error = service.oneshot(secretive()).await.unwrap_err();
    let inner = "2 attempts in 0 ms, stopped: attempts used up; 1: connection reset; 2: connection reset";
    assert_eq!(
        RetryError::find(&*error).map(RetryError::history).map(History::to_string).unwrap(),
        format!("2 attempts in 0 ms, stopped: attempts used up; 1: {inner}; 2: {inner}")
    );
}

async fn the_error_names_method_and_host_of_a_request_whose_head_is_not_kept(which: Loop) {
    // nothing can follow a `POST` where no phase allows one, so its head is not copied
    let once = policy().retries_after(Phase::Connect, 0).retries_after(Phase::Unprocessed, 0);
    let mut in_process = secretive();
    *in_process.uri_mut() = "/path?key=t0ken".parse().unwrap();
    in_process.headers_mut().insert("host", "me:hunter2@inner.test".parse().unwrap());
    for (mut request, host) in [(secretive(), "example.com:8443"), (in_process, "inner.test")] {
        *request.method_mut() = http::Method::POST;
        request.extensions_mut().clear();
        let script = Script::new([Answer::Fails(std::io::ErrorKind::ConnectionReset)]);
        let error = ServiceBuilder::new()
            .layer(which.retry(once.clone()))
            .service(script)
            .oneshot(request)
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("POST {host}: 1 attempt in 0 ms, stopped: not repeatable; 1: read")
        );
    }
}

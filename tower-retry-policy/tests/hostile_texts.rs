//! Whatever a server, a client's error or a request says: what is handed out prints one line of bounded length
//! without a secret, and a chain of sources says each message once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "hostile_model/random.rs"]
mod random;

use crate::random::Random;
use http::{Method, Request, Response, Uri};
use http_body_util::BodyExt;
use metrics_util::debugging::DebuggingRecorder;
use std::{
    error::Error,
    fmt,
    iter::successors,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{
    Attempt, CallEnd, History, MetricsObserver, Observer, Phase, PhasedError, RetryError, RetryLayer,
    RetryPolicy, RetrySpanLayer, RetryWait, TracingObserver,
    budget::{BudgetSource, RequestHead, RetryBudget, UnlimitedBudget},
    replay_body::{ReplayBody, ReplayBodyError, ReplayBodyLayer},
};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context as Within, Layer, SubscriberExt};

const SECRET: &str = "s3cr3t";

/// Everything that breaks a line or turns its direction.
fn is_nasty(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[track_caller]
fn assert_safe(text: &str, limit: usize, whence: &str) {
    let shown: String = text.chars().take(3000).collect();
    assert!(!text.contains(SECRET), "{whence}: a secret is in {shown:?}");
    assert!(!text.contains(is_nasty), "{whence}: not one line: {shown:?}");
    assert!(text.len() <= limit, "{whence}: {} bytes: {shown:?}", text.len());
}

/// An error that says what it is told, by itself and by `Debug`.
#[derive(Debug)]
struct Says(String, Option<BoxError>);

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Says {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|error| error as _)
    }
}

/// A request body that fails.
struct Fails(Option<Says>);

impl http_body::Body for Fails {
    type Data = bytes::Bytes;
    type Error = Says;
    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Says>>> {
        Poll::Ready(self.0.take().map(Err))
    }
}

#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn write(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

impl Observer for Notes {
    fn retrying(&self, failed: &Attempt<'_>, wait: RetryWait) {
        self.write(format!("{failed:?} {wait:?}"));
    }
    fn ended(&self, call: &CallEnd<'_>) {
        self.write(format!("{call:?}"));
        if let Some(failed) = call.failed() {
            self.write(format!("{failed:?}"));
        }
        for record in call.history().map_or(&[][..], History::attempts) {
            self.write(format!("{record:?}"));
            self.write(format!("{record}"));
        }
        if let Some(history) = call.history() {
            self.write(format!("{history:?}"));
            self.write(format!("{history}"));
        }
    }
}

impl BudgetSource for Notes {
    fn budget(&self, request: &RequestHead<'_>, _: std::time::Instant) -> Arc<dyn RetryBudget> {
        self.write(format!("{request:?}"));
        Arc::new(UnlimitedBudget::new())
    }
}

/// Writes down the fields of spans and events.
struct Collect(Notes);

impl Visit for Collect {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.write(format!("{field}={value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.write(format!("{field}={value}"));
    }
}

impl<S: tracing::Subscriber> Layer<S> for Collect {
    fn on_new_span(&self, span: &tracing::span::Attributes<'_>, _: &tracing::Id, _: Within<'_, S>) {
        span.record(&mut Self(self.0.clone()));
    }
    fn on_record(&self, _: &tracing::Id, values: &tracing::span::Record<'_>, _: Within<'_, S>) {
        values.record(&mut Self(self.0.clone()));
    }
    fn on_event(&self, event: &tracing::Event<'_>, _: Within<'_, S>) {
        event.record(&mut Self(self.0.clone()));
    }
}

/// What a call prints of itself everywhere, under the given outcome of each attempt.
fn printed(
    request: Request<String>,
    outcome: impl Fn() -> Result<Response<String>, BoxError> + Clone,
) -> (Notes, Result<Response<String>, BoxError>) {
    let notes = Notes::default();
    let policy = RetryPolicy::standard()
        .any_method()
        .backoff(Backoff::none())
        .budget_per(notes.clone())
        .observer(notes.clone())
        .observer(TracingObserver::new())
        .observer(MetricsObserver::new())
        .last_response_as_error(true);
    let server = service_fn(move |_: Request<String>| std::future::ready(outcome()));
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let subscriber = tracing_subscriber::registry().with(Collect(notes.clone()));
    let call = ServiceBuilder::new()
        .layer(RetrySpanLayer::new())
        .layer(RetryLayer::new(policy))
        .service(server)
        .oneshot(request);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let result = tracing::subscriber::with_default(subscriber, || {
        metrics::with_local_recorder(&recorder, || runtime.block_on(call))
    });
    for (key, ..) in snapshotter.snapshot().into_vec() {
        for label in key.key().labels() {
            notes.write(format!("{}={}", label.key(), label.value()));
        }
    }
    if let Err(error) = &result {
        notes.write(format!("{error}"));
        notes.write(format!("{error:?}"));
        let error = RetryError::find(&**error).unwrap();
        assert!(!error.host().unwrap_or_default().contains(SECRET), "{:?}", error.host());
        notes.write(format!("{} {:?}", error.history(), error.stop_reason()));
    }
    (notes, result)
}

#[track_caller]
fn assert_all_safe(notes: &Notes, limit: usize, whence: &str) {
    for text in &*notes.0.lock().unwrap() {
        // a name of a host is a value of its own there, as it was given
        let limit = if text.starts_with("server.address=") { 65_536 } else { limit };
        assert_safe(text, limit, whence);
    }
}

/// URLs whose secret stands where RFC 3986 lets it stand.
fn secret_url(random: &mut Random) -> String {
    let scheme = *random.pick(&["http://", "https://", "HTTP://", "ws://", "postgres://", "http+unix://"]);
    let odd = *random.pick(&["", ")", "(", "'", "!", "$&", "*+,;=", ":", "%40", "a)b", "~", ").", "x,"]);
    let host = *random.pick(&["host", "a.example:80", "[::1]:8080", "127.0.0.1", "h-1"]);
    let path = *random.pick(&["", "/", "/a/b", "/a(b)c", "/x;y=1"]);
    let query_odd =
        *random.pick(&["", ")", "(", "'", "/", "?", "a)b", "@", ":", "x:/", "//", "://", "/?", "a).b"]);
    match random.below(5) {
        0 => format!("{scheme}me:{odd}{SECRET}@{host}{path}"),
        1 => format!("{scheme}{odd}{SECRET}{odd}@{host}{path}"),
        2 => format!("{scheme}{host}{path}?{query_odd}{SECRET}"),
        3 => format!("{scheme}{host}{path}?k={query_odd}&x={SECRET}{odd}"),
        _ => format!("{scheme}{host}{path}#{query_odd}{SECRET}"),
    }
}

fn nasty_text(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(6) {
        match random.below(7) {
            0 => text.push_str(random.pick::<&str>(&[
                "\r\n",
                "\n\n",
                "\0",
                "\u{1b}[2J",
                "\u{85}",
                "\u{7f}",
                "\t",
            ])),
            1 => text.push_str(
                random.pick::<&str>(&["\u{202e}", "\u{2066}", "\u{2028}", "\u{2029}", "\u{61c}", "\u{200f}"]),
            ),
            2 => text.push_str(&format!("error for url ({}): ", secret_url(random))),
            3 => text.push_str(&format!("\"{}\" ", secret_url(random))),
            4 => text.push_str(&format!("<{}> ", secret_url(random))),
            5 => text.push_str(&format!("{} ", secret_url(random))),
            _ => text.push_str(&"日本e\u{301} ".repeat(usize::try_from(random.below(800)).unwrap())),
        }
    }
    text
}

/// Two errors of each attempt, three attempts, every text at most 300 bytes: and the frame around them.
const LIMIT: usize = 8 * 1024;

#[test]
fn error_texts_are_one_bounded_line_without_secrets() {
    for seed in 0..1_500 {
        let mut random = Random::new(seed);
        let texts: Vec<String> = (0..=random.below(3)).map(|_| nasty_text(&mut random)).collect();
        let phase = if random.chance(30) { Phase::Read } else { *random.pick(&Phase::ALL) };
        let whence = format!("seed {seed}, {phase}: {texts:?}");
        let outcome = move || {
            let chain =
                texts.iter().fold(None, |source, text| Some(BoxError::from(Says(text.clone(), source))));
            Err(PhasedError::new(phase, chain.unwrap()).into())
        };
        let request = Request::get("http://a.example/x").body(String::new()).unwrap();
        let (notes, _) = printed(request, outcome);
        assert_all_safe(&notes, LIMIT, &whence);
    }
}

#[test]
fn a_secret_longer_than_what_is_looked_at_is_not_shown_in_part() {
    for length in [200, 299, 301, 4_700, 4_780, 4_790, 4_795, 4_800, 4_801, 10_000, 1 << 20] {
        let secret = SECRET.repeat(length / SECRET.len() + 1);
        let texts = [
            format!("http://me:{secret}@host/"),
            format!("(https://{secret}@host/)"),
            format!("http://host/?{secret}"),
            format!("http://a/?{} http://me:{secret}@host/", "x".repeat(length)),
            format!("{} http://me:{secret}@host/", "x".repeat(length.min(290))),
        ];
        for text in texts {
            let whence = format!("{length}: {text:.60}");
            let outcome = move || Err(PhasedError::new(Phase::Read, Says(text.clone(), None)).into());
            let request = Request::get("http://a.example/x").body(String::new()).unwrap();
            assert_all_safe(&printed(request, outcome).0, LIMIT, &whence);
        }
    }
}

#[test]
fn requests_and_answers_of_any_form_print_one_bounded_line_without_secrets() {
    let long = "x".repeat(60_000);
    let uris = [
        format!("http://me:{SECRET}@a.example/x?{SECRET}"),
        format!("http://{SECRET}@a.example:80/x?k={SECRET}"),
        format!("http://me:a@{SECRET}@a.example/x"),
        format!("/x?{SECRET}"),
        format!("*?{SECRET}"),
        "http://a.example/\u{202e}\u{2028}\u{85}x".to_owned(),
        format!("http://a.example/{long}"),
        format!("http://{long}.example/"),
        format!("http://a.example/?{long}{SECRET}"),
        format!("me:{SECRET}@a.example:443"),
        format!("{long}:443"),
    ];
    let hosts = [
        "a.example".to_owned(),
        format!("me:{SECRET}@b.example"),
        "h".repeat(1 << 18),
        format!("b\u{202e}/?{SECRET}"),
    ];
    let methods = ["GET".to_owned(), "M".repeat(1 << 16), "CONNECT".to_owned()];
    let mut parsed = 0;
    for uri in &uris {
        let Ok(target) = uri.parse::<Uri>() else { continue };
        parsed += 1;
        for host in &hosts {
            for method in &methods {
                let mut request = Request::new(String::new());
                *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
                *request.uri_mut() = target.clone();
                request.headers_mut().insert("host", http::HeaderValue::from_bytes(host.as_bytes()).unwrap());
                request.headers_mut().insert("authorization", format!("Basic {SECRET}").parse().unwrap());
                request.headers_mut().insert("x-api-key", SECRET.parse().unwrap());
                let outcome = || {
                    let field =
                        http::HeaderValue::from_bytes(format!("{SECRET}\u{202e}").as_bytes()).unwrap();
                    let response = Response::builder().status(503).header("set-cookie", field.clone());
                    let response =
                        response.header("retry-after", "x".repeat(1 << 16)).header("x-other", field);
                    Ok(response.body(SECRET.to_owned()).unwrap())
                };
                let whence = format!("{uri:.80} host {host:.40} method {method:.20}");
                assert_all_safe(&printed(request, outcome).0, LIMIT, &whence);
            }
        }
    }
    assert!(parsed >= 8, "{parsed}");
}

/// Errors that are handed on by themselves, without a retry around them.
#[tokio::test]
async fn errors_that_hold_another_one_show_no_more_of_it() {
    for seed in 0..500 {
        let text = nasty_text(&mut Random::new(seed));
        let said = || Says(text.clone(), None);
        let phased = PhasedError::new(Phase::Read, said());
        assert_safe(&format!("{phased:?} {phased}"), LIMIT, &format!("seed {seed}"));
        let server = service_fn(|request: Request<ReplayBody>| async {
            request.into_body().collect().await.map(|_| ()).map_err(BoxError::from)
        });
        let service = ServiceBuilder::new().layer(ReplayBodyLayer::new()).service(server);
        let error = service.oneshot(Request::new(Fails(Some(said())))).await.unwrap_err();
        assert!(error.is::<ReplayBodyError>(), "{error:?}");
        assert_safe(&format!("{error:?} {error}"), LIMIT, &format!("seed {seed}"));
    }
}

#[test]
fn a_chain_of_sources_says_each_message_once() {
    type Make = fn() -> BoxError;
    let inner: [(&str, Make); 4] = [
        ("phased", || PhasedError::new(Phase::Read, Says("lowest-1".into(), None)).into()),
        ("deep", || {
            let low = Says("lowest-1".into(), None);
            PhasedError::new(Phase::Body, Says("middle-2".into(), Some(low.into()))).into()
        }),
        ("io", || std::io::Error::other(Says("lowest-1".into(), None)).into()),
        ("bare", || Says("lowest-1".into(), None).into()),
    ];
    for (name, make) in inner {
        for depth in 1..=3 {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
            let error = runtime.unwrap().block_on(async {
                let policy = RetryPolicy::standard().backoff(Backoff::none());
                let server = service_fn(move |_: Request<String>| {
                    std::future::ready(Err::<Response<String>, _>(make()))
                });
                let service = ServiceBuilder::new().layer(RetryLayer::new(policy.clone())).service(server);
                let request = Request::get("http://a.example/").body(String::new()).unwrap();
                match depth {
                    1 => service.oneshot(request).await,
                    2 => {
                        ServiceBuilder::new()
                            .layer(RetryLayer::new(policy.clone()))
                            .service(service)
                            .oneshot(request)
                            .await
                    }
                    _ => {
                        let again = policy.clone().retry_exhausted_inner(true);
                        ServiceBuilder::new()
                            .layer(RetryLayer::new(again))
                            .service(service)
                            .oneshot(request)
                            .await
                    }
                }
            });
            let error = error.unwrap_err();
            let chain: Vec<String> =
                successors(Some(&*error as &(dyn Error + 'static)), |error| (*error).source())
                    .map(ToString::to_string)
                    .collect();
            let whole = chain.join(": ");
            for message in ["lowest-1", "middle-2"] {
                let times = whole.matches(message).count();
                assert!(times <= 1, "{name}, {depth}: {message} {times} times in {chain:#?}");
            }
            assert_eq!(whole.matches("lowest-1").count(), 1, "{name}, {depth}: {chain:#?}");
        }
    }
}

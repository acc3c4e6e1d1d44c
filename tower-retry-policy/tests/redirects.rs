//! Redirects beside the policy: what urllib3's `Retry` counts under `redirect` is tower-http's `FollowRedirect` in the
//! stack, and where it stands decides what the counters mean.
//!
//! | urllib3 | in the stack |
//! |---|---|
//! | `redirect=n` | `policy::Limited::new(n)` |
//! | `raise_on_redirect=True` | `Limited::new(n).or(redirect_fn(\|_\| Err(...)))` |
//! | `raise_on_redirect=False` | `Limited` alone: the last redirect is the response |
//! | `remove_headers_on_redirect` | `policy::FilterCredentials`, which also drops the request's extensions |
//! | `total` counts redirects too | no: the limits are apart, so a call sends at most (redirects + 1) * attempts requests |
//!
//! **Recommended: redirects outside the retry.** Each hop is then a call of its own, with its own method, retries and
//! wait, and what failed behind a redirect is repeated there and not from the start. Inside the retry one attempt follows
//! all redirects: the retries bound the whole call, but the policy takes the failure of any hop for one of the request
//! that it sent. A POST whose `303` leads to a host that cannot be connected looks as if it had never left, and is sent
//! again: only for calls that may be repeated as a whole.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Answer, Body, Script, request},
};
use http::{Method, Request, Response};
use std::{io::ErrorKind, time::Duration};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_http::follow_redirect::{
    FollowRedirectLayer,
    policy::{FilterCredentials, Limited, Policy, PolicyExt, redirect_fn},
};
use tower_retry_policy::{Deadline, History, Idempotent, Phase, RetryError, RetryPolicy, StopReason};

/// Where the redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Outside,
    Inside,
}

use Place::{Inside, Outside};

const WAIT: Duration = Duration::from_millis(100);

/// Three attempts.
fn policy() -> RetryPolicy {
    RetryPolicy::standard().backoff(Backoff::constant(WAIT))
}

fn to(location: &'static str) -> Answer {
    Answer::With(302, "location", location)
}

const ELSEWHERE: &str = "http://elsewhere/b";

async fn call_with<R>(
    which: Loop,
    place: Place,
    redirects: R,
    retry: RetryPolicy,
    script: &Script,
    request: Request<Body>,
) -> Result<Response<Body>, BoxError>
where
    R: Policy<Body, BoxError> + Clone,
{
    let redirects = FollowRedirectLayer::with_policy(redirects);
    match place {
        Outside => {
            ServiceBuilder::new()
                .layer(redirects)
                .layer(which.retry(retry))
                .service(script.clone())
                .oneshot(request)
                .await
        }
        Inside => {
            ServiceBuilder::new()
                .layer(which.retry(retry))
                .layer(redirects)
                .service(script.clone())
                .oneshot(request)
                .await
        }
    }
}

async fn call(
    which: Loop,
    place: Place,
    retry: RetryPolicy,
    script: &Script,
) -> Result<Response<Body>, BoxError> {
    let redirects = Limited::default().and::<_, Body, BoxError>(FilterCredentials::default());
    call_with(which, place, redirects, retry, script, request("GET")).await
}

/// Status or nothing, attempts in the history (0 without one), reason to stop.
fn outcome(result: &Result<Response<Body>, BoxError>) -> (Option<u16>, usize, Option<StopReason>) {
    let (status, history) = match result {
        Ok(response) => (Some(response.status().as_u16()), History::of(response)),
        Err(error) => (None, RetryError::find(&**error).map(RetryError::history)),
    };
    (status, history.map_or(0, |history| history.attempts().len()), history.and_then(History::stop_reason))
}

fn paths(script: &Script) -> Vec<String> {
    script.asked().iter().map(|asked| asked.request.uri().path().to_owned()).collect()
}

fn methods(script: &Script) -> Vec<Method> {
    script.asked().iter().map(|asked| asked.request.method().clone()).collect()
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    outside_each_hop_has_retries_of_its_own_and_inside_the_call_has_them,
    a_limit_of_redirects_ends_the_call_and_is_not_retried,
    the_two_limits_multiply_in_either_order,
    credentials_stay_with_their_host,
    outside_the_settings_of_a_request_cross_hosts_only_where_allowed,
    inside_a_post_that_was_processed_can_be_sent_again,
);

async fn outside_each_hop_has_retries_of_its_own_and_inside_the_call_has_them(which: Loop) {
    use Answer::{Fails, Status};
    let refused = || Fails(ErrorKind::ConnectionRefused);
    let one_connect = || policy().retries_after(Phase::Connect, 1);
    let connects = Some(StopReason::PhaseAttempts(Phase::Connect));
    #[rustfmt::skip]
    let table = [
        // place, policy, answers, paths that were asked for, status, attempts in the history, reason to stop
        (Outside, policy(), vec![to("/b"), Status(200)], vec!["/path", "/b"], Some(200), 0, None),
        (Inside, policy(), vec![to("/b"), Status(200)], vec!["/path", "/b"], Some(200), 0, None),
        // outside a failure is repeated where it happened, inside from the start; the history is that of the last hop
        (Outside, policy(), vec![Status(503), to("/b"), Status(503), Status(200)], vec!["/path", "/path", "/b", "/b"], Some(200), 2, None),
        (Inside, policy(), vec![Status(503), to("/b"), Status(503), Status(200)], vec!["/path", "/path", "/b", "/path"], Some(200), 3, None),
        (Outside, policy(), vec![Status(503), Status(503), to("/b"), Status(503), Status(503), Status(200)], vec!["/path", "/path", "/path", "/b", "/b", "/b"], Some(200), 3, None),
        (Inside, policy(), vec![Status(503), Status(503), to("/b"), Status(503)], vec!["/path", "/path", "/path", "/b"], Some(503), 3, Some(StopReason::Attempts)),
        // so it is with the counters of the phases
        (Outside, one_connect(), vec![refused(), to("/b"), refused(), Status(200)], vec!["/path", "/path", "/b", "/b"], Some(200), 2, None),
        (Inside, one_connect(), vec![refused(), to("/b"), refused(), Status(200)], vec!["/path", "/path", "/b"], None, 2, connects),
    ];
    for (place, policy, answers, asked, status, attempts, stop) in table {
        let script = Script::new(answers.clone());
        let result = call(which, place, policy, &script).await;
        assert_eq!(paths(&script), asked, "{place:?} {answers:?}");
        assert_eq!(outcome(&result), (status, attempts, stop), "{place:?} {answers:?}");
    }
}

async fn a_limit_of_redirects_ends_the_call_and_is_not_retried(which: Loop) {
    for place in [Outside, Inside] {
        for limit in [0, 1, 3] {
            // urllib3's raise_on_redirect=False: the last redirect is the answer
            let script = Script::new([to("/path")]);
            let result =
                call_with(which, place, Limited::new(limit), policy(), &script, request("GET")).await;
            assert_eq!(outcome(&result), (Some(302), 0, None), "{place:?} {limit}");
            assert_eq!(script.count(), limit + 1, "{place:?} {limit}");

            // raise_on_redirect=True: an error that nobody retries
            let script = Script::new([to("/path")]);
            let limited = Limited::new(limit)
                .or::<_, Body, BoxError>(redirect_fn(|_| Err::<_, BoxError>("too many redirects".into())));
            let result = call_with(which, place, limited, policy(), &script, request("GET")).await;
            let expected = match place {
                Outside => (None, 0, None),
                Inside => (None, 1, Some(StopReason::NotRetryable)),
            };
            assert_eq!(outcome(&result), expected, "{limit}");
            let error = result.unwrap_err();
            let story = RetryError::find(&*error).map(|error| error.history().to_string());
            assert!(story.unwrap_or_else(|| error.to_string()).ends_with("too many redirects"));
            assert_eq!(script.count(), limit + 1, "{place:?} {limit}");
        }
    }
}

async fn the_two_limits_multiply_in_either_order(which: Loop) {
    use Answer::Status;
    const LIMIT: usize = 2;
    // outside: each of three hops needs its three attempts; inside: each of three attempts fails at the last of its hops
    let outside = [[Status(503), Status(503), to("/b")].as_slice(); LIMIT + 1].concat();
    let inside = [[to("/b"), to("/c"), Status(503)].as_slice(); LIMIT + 1].concat();
    for (place, answers) in [(Outside, outside), (Inside, inside)] {
        let script = Script::new(answers);
        let _ = call_with(which, place, Limited::new(LIMIT), policy(), &script, request("GET")).await;
        assert_eq!(script.count(), (LIMIT + 1) * 3, "{place:?}");
    }
}

async fn credentials_stay_with_their_host(which: Loop) {
    use Answer::Status;
    const KEPT: [bool; 3] = [true, true, true];
    const STRIPPED: [bool; 3] = [false, false, true];
    let table = [
        // place, where to, which of authorization, cookie and x-app each request had
        (Outside, "/b", vec![KEPT, KEPT, KEPT]),
        (Inside, "/b", vec![KEPT, KEPT, KEPT]),
        // the retry of a hop has what the hop had; an attempt that starts over has them again, for the first host
        (Outside, ELSEWHERE, vec![KEPT, STRIPPED, STRIPPED]),
        (Inside, ELSEWHERE, vec![KEPT, STRIPPED, KEPT]),
    ];
    for (place, location, expected) in table {
        let script = Script::new([to(location), Status(503), Status(200)]);
        let mut request = request("GET");
        for name in ["authorization", "cookie", "x-app"] {
            request.headers_mut().insert(name, "secret".parse().unwrap());
        }
        let filter = FilterCredentials::default();
        let response = call_with(which, place, filter, policy(), &script, request).await.unwrap();
        assert_eq!(response.status(), 200);
        let had: Vec<_> = script
            .asked()
            .iter()
            .map(|asked| {
                ["authorization", "cookie", "x-app"].map(|name| asked.request.headers().contains_key(name))
            })
            .collect();
        assert_eq!(had, expected, "{place:?} {location}");
    }

    // further fields, as urllib3's remove_headers_on_redirect names them: all of them, or a policy of one's own
    let script = Script::new([to(ELSEWHERE), Status(200)]);
    let mut request = request("GET");
    request.headers_mut().insert("x-app", "secret".parse().unwrap());
    call_with(which, Outside, FilterCredentials::new().remove_all(), policy(), &script, request)
        .await
        .unwrap();
    assert!(!script.asked()[1].request.headers().contains_key("x-app"));
}

async fn outside_the_settings_of_a_request_cross_hosts_only_where_allowed(which: Loop) {
    use Answer::Status;
    let allowing = || {
        FilterCredentials::new()
            .allow_extension::<RetryPolicy>()
            .allow_extension::<Deadline>()
            .allow_extension::<Idempotent>()
    };
    // an override that says "no retry", and a deadline that leaves no time for a wait
    for (filter, location, sent, stop) in [
        (FilterCredentials::new(), "/b", 2, Some(StopReason::Deadline)),
        (FilterCredentials::new(), ELSEWHERE, 3, None),
        (allowing(), ELSEWHERE, 2, Some(StopReason::Deadline)),
    ] {
        let script = Script::new([to(location), Status(503), Status(200)]);
        let mut never = request("GET");
        never.extensions_mut().insert(RetryPolicy::never());
        call_with(which, Outside, filter.clone(), policy(), &script, never).await.unwrap();
        assert_eq!(script.count(), sent, "override, {location}");

        let script = Script::new([to(location), Status(503), Status(200)]);
        let mut limited = request("GET");
        limited.extensions_mut().insert(Deadline::after(WAIT / 2));
        let result = call_with(which, Outside, filter, policy(), &script, limited).await;
        assert_eq!(script.count(), sent, "deadline, {location}");
        assert_eq!(outcome(&result).2, stop, "deadline, {location}");
    }
    // inside the retry they are the policy's before a redirect is followed
    let script = Script::new([to(ELSEWHERE), Status(503), Status(200)]);
    let mut never = request("GET");
    never.extensions_mut().insert(RetryPolicy::never());
    call_with(which, Inside, FilterCredentials::new(), policy(), &script, never).await.unwrap();
    assert_eq!(script.count(), 2);
}

async fn inside_a_post_that_was_processed_can_be_sent_again(which: Loop) {
    let see_other = || Answer::With(303, "location", ELSEWHERE);
    let refused = || Answer::Fails(ErrorKind::ConnectionRefused);
    let answers = || [see_other(), refused(), see_other(), refused(), see_other(), refused()];
    let idempotent = || policy().retry_if(|attempt| attempt.method().is_idempotent());
    let (post, get) = (Method::POST, Method::GET);
    for (place, policy, sent) in [
        // only the hop that failed is repeated, and that is a GET
        (Outside, policy(), vec![&post, &get, &get, &get]),
        // the policy knows of one request, and that its connection was refused
        (Inside, policy(), vec![&post, &get, &post, &get, &post, &get]),
        // what mends it where redirects must be inside
        (Inside, idempotent(), vec![&post, &get]),
    ] {
        let script = Script::new(match place {
            Outside => vec![see_other(), refused()],
            Inside => answers().into(),
        });
        let result = call_with(which, place, Limited::default(), policy, &script, request("POST")).await;
        assert!(result.is_err());
        assert_eq!(methods(&script).iter().collect::<Vec<_>>(), sent, "{place:?}");
    }
}

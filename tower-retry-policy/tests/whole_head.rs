//! The policy keeps no copy of a head that no attempt can follow. Whatever the limits, each attempt that is sent carries
//! the whole of it, and the reason to stop is that of the request as it was.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Answer, Script, request},
};
use std::io::ErrorKind;
use tower::{ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{Idempotent, Phase, RetryError, RetryPolicy, StopReason};

#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark(u8);

const FAILURES: [(ErrorKind, Phase); 3] = [
    (ErrorKind::ConnectionRefused, Phase::Connect),
    (ErrorKind::ConnectionReset, Phase::Read),
    (ErrorKind::InvalidData, Phase::Other),
];

fn limited(total: Option<u32>, connect: Option<u32>, unprocessed: Option<u32>) -> RetryPolicy {
    let mut policy = RetryPolicy::standard().backoff(Backoff::none());
    policy = match total {
        Some(retries) => policy.retries(retries),
        None => policy.without_total().retries_after(Phase::Read, 2),
    };
    for (phase, limit) in [(Phase::Connect, connect), (Phase::Unprocessed, unprocessed)] {
        if let Some(retries) = limit {
            policy = policy.retries_after(phase, retries);
        }
    }
    policy
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    every_attempt_carries_the_whole_head,
    the_reason_is_that_of_the_request_as_it_was,
);

async fn every_attempt_carries_the_whole_head(which: Loop) {
    let limits = [None, Some(0), Some(1)];
    for total in [None, Some(0), Some(1), Some(3)] {
        for (connect, unprocessed) in limits.iter().flat_map(|&one| limits.map(|other| (one, other))) {
            let policy = limited(total, connect, unprocessed);
            for policy in [policy.clone(), policy.without_budget()] {
                for method in ["GET", "POST", "PROPFIND"] {
                    for (first, then) in
                        FAILURES.iter().flat_map(|one| FAILURES.map(|other| (one.0, other.0)))
                    {
                        let mut request = request(method);
                        request.headers_mut().insert("x-mark", "1".parse().unwrap());
                        request.extensions_mut().insert(Mark(1));
                        let server = Script::new([Answer::Fails(first), Answer::Fails(then)]);
                        let service =
                            ServiceBuilder::new().layer(which.retry(policy.clone())).service(server.clone());
                        drop(service.oneshot(request).await);

                        let asked = server.asked();
                        assert!(!asked.is_empty());
                        for sent in asked {
                            let sent = sent.request;
                            let told =
                                format!("{total:?} {connect:?} {unprocessed:?} {method} {first} {then}");
                            assert_eq!(sent.method(), method, "{told}");
                            assert_eq!(sent.uri(), "http://test/path", "{told}");
                            assert_eq!(sent.headers()["x-mark"], "1", "{told}");
                            assert_eq!(sent.extensions().get(), Some(&Mark(1)), "{told}");
                        }
                    }
                }
            }
        }
    }
}

async fn the_reason_is_that_of_the_request_as_it_was(which: Loop) {
    use StopReason::{Attempts, NotRepeatable};
    let no_connect = || limited(Some(3), Some(0), Some(0));
    let refused = Answer::Fails(ErrorKind::ConnectionRefused);
    let reset = Answer::Fails(ErrorKind::ConnectionReset);
    let table = [
        // the last attempt that the limit allows, whose head is not kept
        (limited(Some(1), None, None), "POST", false, vec![refused.clone(), reset.clone()], NotRepeatable, 2),
        (limited(Some(1), None, None), "POST", true, vec![refused.clone(), reset.clone()], Attempts, 2),
        (limited(Some(1), None, None), "GET", false, vec![refused.clone(), reset.clone()], Attempts, 2),
        // the only attempt, because nothing allows another
        (no_connect(), "POST", false, vec![reset.clone()], NotRepeatable, 1),
        (no_connect(), "POST", false, vec![refused.clone()], StopReason::PhaseAttempts(Phase::Connect), 1),
        (no_connect(), "POST", true, vec![reset.clone()], Attempts, 4),
        (no_connect(), "GET", false, vec![reset], Attempts, 4),
    ];
    for (policy, method, marked, answers, reason, attempts) in table {
        let mut request = request(method);
        if marked {
            request.extensions_mut().insert(Idempotent);
        }
        let server = Script::new(answers.clone());
        let service = ServiceBuilder::new().layer(which.retry(policy)).service(server.clone());
        let error = service.oneshot(request).await.unwrap_err();
        let history = RetryError::find(&*error).unwrap().history();
        let told = format!("{method}, marked: {marked}, {answers:?}");
        assert_eq!(history.stop_reason(), Some(reason), "{told}");
        assert_eq!(server.count(), attempts, "{told}");
    }
}

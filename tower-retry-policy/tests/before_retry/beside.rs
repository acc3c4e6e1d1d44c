//! The hook of one attempt while others run.

use crate::{
    server::policy,
    support::{Body, request},
};
use http::{HeaderValue, Request, Response};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_retry_policy::{AttemptNumber, History, RetryError, RetryLayer, retry::Hedge};

const SECOND: Duration = Duration::from_secs(1);

/// What an attempt brings: after so many milliseconds this status, and perhaps a `Retry-After`.
type Plan = &'static [(u64, u16, Option<&'static str>)];

/// The plan, how long the hook takes, the attempt that wins, when, how often the hook is called, and the attempts.
type Row = (Plan, u64, u32, u128, u32, &'static [(u128, &'static str)]);

/// When each attempt began, and with which token.
type Seen = Arc<Mutex<Vec<(u128, String)>>>;

fn server(
    plan: Plan,
    seen: &Seen,
) -> impl Service<Request<Body>, Response = Response<u32>, Error = BoxError, Future: Send> + Clone {
    let (seen, began) = (Arc::clone(seen), Instant::now());
    service_fn(move |request: Request<Body>| {
        let token = request.headers().get("x-token").map_or("-", |value| value.to_str().unwrap()).to_owned();
        seen.lock().unwrap().push((began.elapsed().as_millis(), token));
        async move {
            let number = AttemptNumber::of(&request);
            let (millis, status, after) = plan[(number as usize - 1).min(plan.len() - 1)];
            sleep(Duration::from_millis(millis)).await;
            let mut response = Response::builder().status(status);
            if let Some(after) = after {
                response = response.header("retry-after", after);
            }
            Ok::<_, BoxError>(response.body(number)?)
        }
    })
}

/// Hedged after a second; the hook takes so long, sets a token, and counts.
fn layer(takes: u64, hooks: &Arc<AtomicU32>) -> RetryLayer {
    let hooks = Arc::clone(hooks);
    RetryLayer::new(policy().retries(9)).hedge(Hedge::after(SECOND)).before_retry(move |failed, mut next| {
        hooks.fetch_add(1, SeqCst);
        async move {
            sleep(Duration::from_millis(takes)).await;
            next.headers.insert("x-token", HeaderValue::from(failed.number()));
            Ok(next)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn others_go_on_meanwhile() {
    const HANGS: u64 = 86_400_000;
    #[rustfmt::skip]
    let table: [Row; 6] = [
        // the first answers while the hook of the hedge's replacement runs
        (&[(3000, 200, None), (200, 503, None)], 60_000, 1, 3000, 1, &[(0, "-"), (1000, "-")]),
        // in the same instant as the hook ends
        (&[(3000, 200, None), (200, 503, None), (10, 200, None)], 1700, 1, 3000, 1, &[(0, "-"), (1000, "-")]),
        // the replacement wins
        (&[(HANGS, 200, None), (200, 503, None), (10, 200, None)], 700, 3, 2010, 1,
            &[(0, "-"), (1000, "-"), (2000, "2")]),
        // both have failed, and one attempt follows: the one that is awaited
        (&[(1500, 503, None), (200, 503, None), (10, 200, None)], 700, 3, 2010, 1,
            &[(0, "-"), (1000, "-"), (2000, "2")]),
        // hedges have what the hook has changed, and it is not called for them
        (&[(10, 503, None), (HANGS, 200, None), (10, 200, None)], 0, 3, 1120, 1,
            &[(0, "-"), (110, "1"), (1110, "1")]),
        // what a server asks for while the hook runs is waited for
        (&[(1500, 503, Some("4")), (200, 503, None), (10, 200, None)], 700, 3, 5510, 1,
            &[(0, "-"), (1000, "-"), (5500, "2")]),
    ];
    for (index, (plan, takes, by, took, hooks, attempts)) in table.into_iter().enumerate() {
        let (seen, called, began) = (Seen::default(), Arc::default(), Instant::now());
        let service = layer(takes, &called).layer(server(plan, &seen));
        let response = service.oneshot(request("GET")).await.unwrap();
        assert_eq!((*response.body(), began.elapsed().as_millis()), (by, took), "{index}");
        let attempts: Vec<_> = attempts.iter().map(|(at, token)| (*at, (*token).to_owned())).collect();
        assert_eq!(*seen.lock().unwrap(), attempts, "{index}");
        assert_eq!(called.load(SeqCst), hooks, "{index}");
        let made = History::of(&response).unwrap().attempts_made() as usize;
        assert_eq!(made, attempts.len(), "an attempt that was prepared in vain is none, {index}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_hook_of_one_fails_and_another_brings_the_answer() {
    let seen = Seen::default();
    let failing = RetryLayer::new(policy().retries(9))
        .hedge(Hedge::after(SECOND))
        .before_retry(|_, _| async { Err("no token".into()) });
    let response =
        failing.layer(server(&[(3000, 200, None), (200, 503, None)], &seen)).oneshot(request("GET"));
    assert_eq!(*response.await.unwrap().body(), 1);
    let response =
        failing.layer(server(&[(3000, 503, None), (200, 503, None)], &seen)).oneshot(request("GET"));
    let error = response.await.unwrap_err();
    let error = RetryError::find(&*error).unwrap();
    assert_eq!(
        error.history().attempts_made(),
        4,
        "1 and 2 were sent, and the hook failed for 3 and 4: {error}"
    );
}

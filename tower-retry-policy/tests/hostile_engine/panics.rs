//! A service that panics takes the caller's task with it, and nothing else.

use crate::{
    ledger::{Ear, Tokens},
    script::error,
};
use http::{Request, Response};
use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{runtime::Builder, sync::Semaphore, time::sleep};
use tower::{BoxError, Layer, Service, ServiceExt, limit::ConcurrencyLimit, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{AttemptNumber, Phase, RetryLayer, RetryPolicy, retry::Hedge};

#[derive(Debug, Clone, Copy, PartialEq)]
enum At {
    Call,
    Poll,
    Ready,
    Condition,
}

/// Panics at its second use.
struct Brittle {
    at: At,
    clone: u32,
    hangs: bool,
}

impl Clone for Brittle {
    fn clone(&self) -> Self {
        Self { clone: self.clone + 1, ..*self }
    }
}

impl Service<Request<String>> for Brittle {
    type Response = Response<String>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<String>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        assert!(self.at != At::Ready || self.clone == 0, "not ready but panicking");
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let (number, hangs, at) = (AttemptNumber::of(&request), self.hangs, self.at);
        assert!(at != At::Call || number == 1, "called and panicking");
        Box::pin(async move {
            assert!(at != At::Poll || number == 1, "polled and panicking");
            if hangs {
                sleep(Duration::from_secs(60)).await;
            }
            Err(error(Phase::Read, number))
        })
    }
}

#[test]
fn a_panic_leaves_no_token_and_no_permit_behind() {
    for (at, hedged) in
        [At::Call, At::Poll, At::Ready, At::Condition].into_iter().flat_map(|at| [(at, false), (at, true)])
    {
        let context = format!("{at:?}, hedged: {hedged}");
        let (tokens, ear, permits) = (Tokens::new(5), Ear::default(), Arc::new(Semaphore::new(3)));
        let policy = RetryPolicy::standard()
            .backoff(Backoff::none())
            .budget(tokens.clone())
            .observer(ear.clone())
            .retry_if(move |attempt| {
                assert!(at != At::Condition || attempt.number() == 1, "judged and panicking");
                true
            });
        let layer = RetryLayer::new(policy);
        let layer = if hedged { layer.hedge(Hedge::after(Duration::from_millis(10))) } else { layer };
        let brittle = Brittle { at, clone: 0, hangs: hedged };
        let service = layer.layer(ConcurrencyLimit::with_semaphore(brittle, Arc::clone(&permits)));
        let request = Request::get("http://example.com/").body(String::new()).unwrap();
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(service.oneshot(request))));
        assert!(outcome.is_err(), "{context}");
        let account = tokens.account();
        assert_eq!(account.left, 5 - u64::from(account.ended_retries), "{context}");
        assert_eq!(account.granted, account.given_back + account.ended_retries, "{context}");
        assert_eq!((account.begun, account.ended), (1, 1), "{context}");
        assert_eq!(permits.available_permits(), 3, "{context}");
        assert_eq!(ear.heard().ends.len(), 1, "{context}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_gives_its_place_back_with_its_answer_and_not_with_its_future() {
    let tokens = Tokens::new(5);
    let server = service_fn(|request: Request<String>| async move {
        let fails = request.uri().path() == "/fails" && AttemptNumber::of(&request) == 1;
        if fails { Err(error(Phase::Read, 1)) } else { Ok(Response::new(())) }
    });
    let policy = RetryPolicy::standard().backoff(Backoff::none()).budget(tokens.clone());
    let mut service = RetryLayer::new(policy).layer(server);
    for (ended, path) in [(1, "/answers"), (2, "/fails")] {
        let request = Request::get(format!("http://example.com{path}")).body(String::new()).unwrap();
        let mut call = pin!(service.ready().await.unwrap().call(request));
        assert!(call.as_mut().await.is_ok());
        assert_eq!(tokens.account().ended, ended, "{path}");
    }
}

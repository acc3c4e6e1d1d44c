//! A budget for each endpoint.

use crate::hosts::{
    Answer::{Fails, Status},
    Hosts,
    Plan::{Held, Now},
    SECOND, endpoints, policy, request,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio_test::{assert_pending, task};
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_retry_policy::{
    FailureKind, History, Phase, RequestEnd, RetryBudget, RetryError, RetryLayer,
    endpoints::{EndpointStats, EndpointsOutError},
    retry::Hedge,
};

/// So many further attempts, and what was told.
#[derive(Clone, Debug, Default)]
struct Tokens {
    left: Arc<AtomicU64>,
    running: Arc<AtomicU64>,
    settled: Arc<AtomicU64>,
}

impl Tokens {
    fn new(left: u64) -> Self {
        let tokens = Self::default();
        tokens.left.store(left, Relaxed);
        tokens
    }
}

impl RetryBudget for Tokens {
    fn withdraw(&self, _: FailureKind, _: Instant) -> bool {
        let granted = self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
        self.running.fetch_add(u64::from(granted), Relaxed);
        granted
    }

    fn give_back(&self, _: FailureKind, _: Instant) {
        self.left.fetch_add(1, Relaxed);
        self.running.fetch_sub(1, Relaxed);
    }

    fn retry_ended(&self) {
        self.running.fetch_sub(1, Relaxed);
    }

    fn settle(&self, _: RequestEnd, _: Instant) {
        self.settled.fetch_add(1, Relaxed);
    }

    fn balance(&self) -> u64 {
        self.left.load(Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn further_attempts_spend_at_their_endpoint_and_stop_when_none_is_left() {
    // tokens of each endpoint, attempts that are sent
    for (tokens, sent) in [(0, 1), (1, 3), (2, 5), (100, 11)] {
        let (endpoints, layer) = endpoints(2);
        let hosts = Hosts::new(&[Now(Fails(Phase::Connect)); 2]);
        let layer = layer.without_ejection().budget_each(move || Tokens::new(tokens));
        let layer = layer.below(RetryLayer::new(policy().retries(10)));
        let service = ServiceBuilder::new().layer(layer).service(hosts.clone());
        let error = service.oneshot(request()).await.unwrap_err();
        assert_eq!(hosts.asked().len(), sent, "{tokens} tokens");
        let error = RetryError::find(&*error).unwrap();
        let last = error.history().attempts().last().unwrap().error().unwrap();
        let refused = last.downcast_ref::<EndpointsOutError>().is_some_and(EndpointsOutError::is_budget);
        assert_eq!(refused, tokens < 100, "{tokens} tokens: {}", error.history());
        let left: u64 = endpoints.stats().iter().filter_map(EndpointStats::budget_balance).sum();
        assert_eq!(left, (2 * tokens + 1).saturating_sub(sent as u64).min(2 * tokens));
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_whose_budget_is_used_up_gets_first_attempts_only() {
    let (endpoints, layer) = endpoints(3);
    let hosts = Hosts::new(&[Now(Status(503)), Now(Status(200)), Now(Status(200))]);
    // the first one that is asked has a token, the others none
    let made = Arc::new(AtomicU64::new(0));
    let layer = layer
        .without_ejection()
        .budget_each(move || Tokens::new(if made.fetch_add(1, Relaxed) == 0 { 100 } else { 0 }));
    let layer = layer.below(RetryLayer::new(policy().retries(2)));
    let service = ServiceBuilder::new().layer(layer).service(hosts.clone());
    let mut firsts = 0;
    for _ in 0..200 {
        let response = service.clone().oneshot(request()).await;
        let attempts = response.as_ref().ok().and_then(History::of).map_or(1, History::attempts_made);
        firsts += u64::from(attempts == 1);
    }
    let stats = endpoints.stats();
    let spent: u64 = stats.iter().filter_map(EndpointStats::budget_balance).sum();
    let requests: u64 = stats.iter().map(EndpointStats::requests).sum();
    assert!(firsts > 0 && spent < 100, "{firsts} {spent}");
    assert_eq!(requests - 200, 100 - spent, "every further attempt was paid for by the endpoint it went to");
}

#[tokio::test(start_paused = true)]
async fn tokens_come_back_wherever_a_call_is_dropped() {
    let tokens = Tokens::new(5);
    let (endpoints, layer) = endpoints(2);
    let hosts = Hosts::new(&[Held, Held]);
    let shared = tokens.clone();
    let layer = layer.budget_each(move || shared.clone());
    let hedged = policy().retries(3);
    let layer = layer.below(RetryLayer::new(hedged).hedge(Hedge::after(SECOND).at_once(2)));
    let mut service = ServiceBuilder::new().layer(layer).service(hosts.clone());
    let mut call = task::spawn(service.ready().await.unwrap().call(request()));
    assert_pending!(call.poll());
    tokio::time::advance(SECOND + Duration::from_millis(1)).await;
    assert_pending!(call.poll());
    assert_eq!((tokens.left.load(Relaxed), tokens.running.load(Relaxed)), (4, 1));
    drop(call);
    assert_eq!((tokens.left.load(Relaxed), tokens.running.load(Relaxed)), (4, 0));
    assert_eq!(tokens.settled.load(Relaxed), 0, "nobody knows how it would have ended");
    assert!(endpoints.stats().iter().all(|stats| stats.in_flight() == 0));
}

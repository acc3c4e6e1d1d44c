//! One key for all attempts of a call, and none where there is no need.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Answer, Script, request},
};
use std::{collections::HashSet, io::ErrorKind};
use tower::{ServiceBuilder, ServiceExt};
use tower_retry_policy::{IdempotencyKeyLayer, RetryPolicy};

async fn keys(which: Loop, request: http::Request<support::Body>) -> Vec<Option<String>> {
    let script = Script::new([Answer::Fails(ErrorKind::ConnectionReset)]);
    let service = ServiceBuilder::new()
        .layer(IdempotencyKeyLayer::new())
        .layer(which.retry(RetryPolicy::standard()))
        .service(script.clone());
    service.oneshot(request).await.unwrap_err();
    let header = |asked: &support::Asked| {
        Some(asked.request.headers().get("idempotency-key")?.to_str().unwrap().to_owned())
    };
    script.asked().iter().map(header).collect()
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    all_attempts_of_a_call_carry_one_key_and_no_other_call_does,
    what_has_a_key_or_needs_none_is_left_alone,
);

async fn all_attempts_of_a_call_carry_one_key_and_no_other_call_does(which: Loop) {
    let mut seen = HashSet::new();
    for method in ["POST", "PATCH", "POST"] {
        let keys = keys(which, request(method)).await;
        assert_eq!(keys.len(), 3, "the key lets a {method} be repeated");
        let key = keys[0].clone().unwrap();
        assert!(keys.iter().all(|other| other.as_ref() == Some(&key)), "{keys:?}");
        assert!(key.len() == 38 && key.starts_with('"') && key.ends_with('"'), "{key}");
        assert!(seen.insert(key));
    }
}

async fn what_has_a_key_or_needs_none_is_left_alone(which: Loop) {
    assert_eq!(keys(which, request("GET")).await, [None, None, None]);
    let mut keyed = request("POST");
    keyed.headers_mut().insert("idempotency-key", "\"mine\"".parse().unwrap());
    assert_eq!(keys(which, keyed).await, vec![Some("\"mine\"".to_owned()); 3]);
}

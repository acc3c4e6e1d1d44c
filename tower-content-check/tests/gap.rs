//! The faults that a reader outside the retry loop does not see, or sees too late (measured with urllib3 2.8):
//! each is an error of the attempt here.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]
#![cfg(feature = "json")]

mod support;

use http::Method;
use support::{Fields, Script, Step, call_with, data, error, request, response};
use tower_content_check::ContentCheckLayer;

#[tokio::test]
async fn every_fault_is_an_error_of_the_attempt_for_any_method() {
    type Case = (&'static str, Fields, Vec<Step>, bool, &'static str);
    let cases: Vec<Case> = vec![
        // A client that reads on where the length was not reached, and one that reports it.
        (
            "content-length 20, 3 bytes, clean end",
            &[("content-length", "20")],
            vec![data("[1,")],
            true,
            "body cut at 3 of 20 bytes",
        ),
        (
            "content-length 20, 3 bytes, connection reset",
            &[("content-length", "20")],
            vec![data("[1,"), Step::Fail],
            true,
            "body cut at 3 of 20 bytes",
        ),
        ("chunked, no last chunk", &[], vec![data("[1]"), Step::Fail], true, "body cut at 3 bytes"),
        ("no length, closed early", &[], vec![data("[1,")], false, "content rejected: content is not JSON"),
        (
            "200 with content-length 0",
            &[("content-length", "0")],
            vec![],
            false,
            "content rejected: body is empty",
        ),
    ];
    for method in [Method::GET, Method::POST] {
        for (name, fields, steps, is_body, message) in &cases {
            let mut response = response(200, fields, Script::new(steps.clone()));
            if name.starts_with("no length") {
                response.headers_mut().clear();
            }
            let outcome = call_with(ContentCheckLayer::json(), request(method.clone(), &[]), response).await;
            let error = error(outcome);
            assert_eq!(error.to_string(), *message, "{method} {name}");
            assert_eq!(error.is_body(), *is_body, "{method} {name}");
            assert!(!error.is_permanent(), "{method} {name}");
        }
    }
}

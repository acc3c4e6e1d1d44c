//! What the layer sees depends on where it stands.

use crate::hosts::{Body, SECOND, endpoints, request};
use bytes::Bytes;
use http::{Request, Response, header::CONTENT_LENGTH};
use http_body_util::Full;
use std::future::pending;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::AttemptTimeoutLayer;

/// Says nothing, or sends less than it has promised.
async fn server(silent: bool) -> Result<Response<Full<Bytes>>, BoxError> {
    if silent {
        return pending().await;
    }
    Ok(Response::builder().header(CONTENT_LENGTH, 6).body(Full::from("[1, "))?)
}

#[tokio::test(start_paused = true)]
async fn above_what_ends_an_attempt_it_counts_all_failures_and_below_it_none_of_them() {
    for (silent, above, expected) in [
        (true, true, (1, 0, 0)),
        (true, false, (0, 0, 1)),
        (false, true, (1, 0, 0)),
        (false, false, (0, 1, 0)),
    ] {
        let (endpoints, layer) = endpoints(2);
        let server = service_fn(move |_: Request<Body>| server(silent));
        let limits = AttemptTimeoutLayer::new().head(SECOND);
        let check = ContentCheckLayer::json();
        let outcome = if above {
            let stack = ServiceBuilder::new().layer(layer).layer(check).layer(limits).service(server);
            stack.oneshot(request()).await.map(drop)
        } else {
            let stack = ServiceBuilder::new().layer(check).layer(limits).layer(layer).service(server);
            stack.oneshot(request()).await.map(drop)
        };
        assert!(outcome.is_err());
        let stats = endpoints.stats();
        let seen = stats.iter().map(|of| (of.failures(), of.successes(), of.dropped()));
        let seen = seen.fold((0, 0, 0), |all, one| (all.0 + one.0, all.1 + one.1, all.2 + one.2));
        assert_eq!(seen, expected, "silent: {silent}, above: {above}");
    }
}

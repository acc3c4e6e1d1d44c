//! RFC 8470 section 5.2: an intermediary forwards a 425 if the request had `Early-Data` when it came.

use crate::{
    client::policy,
    loops::{Loop, over_our_loop},
};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};

over_our_loop!(
    #[tokio::test]
    a_425_is_not_repeated_where_the_request_came_in_early_data,
);

async fn a_425_is_not_repeated_where_the_request_came_in_early_data(which: Loop) {
    // section 5.1: any value of the field means "1"
    for (fields, expected) in [(&[][..], 2), (&["1"], 1), (&[""], 1), (&["0", "1"], 1)] {
        for method in [Method::GET, Method::POST] {
            for policy in [policy(), policy().statuses([StatusCode::TOO_EARLY])] {
                let calls = Arc::new(AtomicUsize::new(0));
                let count = Arc::clone(&calls);
                let service = ServiceBuilder::new().layer(which.retry(policy)).service(service_fn(
                    move |_: Request<Full<Bytes>>| {
                        let status = if count.fetch_add(1, Ordering::SeqCst) == 0 { 425 } else { 200 };
                        async move { Ok::<_, BoxError>(Response::builder().status(status).body(()).unwrap()) }
                    },
                ));
                let mut request = Request::builder().method(&method).uri("http://shop/");
                for field in fields {
                    request = request.header("early-data", *field);
                }
                let answer = service.oneshot(request.body(Full::default()).unwrap()).await.unwrap();
                assert_eq!(answer.status(), if expected == 1 { 425 } else { 200 }, "{method}, {fields:?}");
                assert_eq!(calls.load(Ordering::SeqCst), expected, "{method}, {fields:?}");
            }
        }
    }
}

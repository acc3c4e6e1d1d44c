//! `.layer(policy)` for `.layer(RetryLayer::new(policy))`.

use tower::ServiceBuilder;
use tower_retry_policy::RetryPolicy;

fn main() {
    let _ = ServiceBuilder::new().layer(RetryPolicy::standard()).service(());
}

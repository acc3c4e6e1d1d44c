//! The content check's own methods, on the body of a deadline above it.

use tower_content_check::CheckedBody;
use tower_retry_policy::{DeadlineError, deadline::LimitedBody};

fn main() {}

async fn read(body: LimitedBody<CheckedBody<String>, DeadlineError>) {
    let _ = body.into_bytes().await;
}

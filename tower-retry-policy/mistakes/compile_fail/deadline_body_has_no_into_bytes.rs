//! The content check's own methods, on the body of a deadline above it.

use tower_content_check::CheckedBody;
use tower_retry_policy::deadline::DeadlineBody;

fn main() {}

async fn read(body: DeadlineBody<CheckedBody<String>>) {
    let _ = body.into_bytes().await;
}

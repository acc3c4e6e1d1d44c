//! A closure where a check is wanted.

use tower_content_check::{ContentCheckLayer, Head, Rejection};

fn main() {
    let _ = ContentCheckLayer::new(|_: &Head<'_>| Ok::<_, Rejection>(()));
}

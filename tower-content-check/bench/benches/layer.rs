//! The layer beside `collect().to_bytes()` of the same body: what reading and keeping costs.
//!
//! `cargo bench --manifest-path tower-content-check/bench/Cargo.toml --bench layer`

use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use tower_content_check::{
    Check, ContentCheckLayer,
    check::{BoxCheck, Json, Length, NotEmpty},
};
use tower_content_check_bench::{Answer, Contender, compare, drain, material, poll_now, wanted};
use tower_layer::Layer;
use tower_service::Service;

/// The read buffer of a busy connection.
const FRAME: usize = 16 * 1024;

fn main() {
    let headers = HeaderMap::new();
    for (bytes, frame) in [(7_000, FRAME), (1_000_000, usize::MAX), (1_000_000, FRAME), (100_000_000, FRAME)]
    {
        let title = match frame {
            usize::MAX => format!("a body of {bytes} bytes in one frame"),
            _ => format!("a body of {bytes} bytes in frames of {frame}"),
        };
        if !wanted(&title) {
            continue;
        }
        let content = material::records(bytes);
        let frames = Answer::cut(&content, frame);
        let mut bare = Answer::new(&frames, &headers);
        let mut bare_again = bare;
        compare(
            &title,
            content.len(),
            &mut [
                Contender::new("collect().to_bytes()", || {
                    let response = poll_now(bare.call(Request::new(()))).expect("it answers");
                    poll_now(response.into_body().collect()).expect("it is whole").to_bytes().len()
                }),
                Contender::new("drained frame by frame", || {
                    let response = poll_now(bare_again.call(Request::new(()))).expect("it answers");
                    drain(response.into_body(), |_| ())
                }),
                layer("Length, NotEmpty", (Length::new(), NotEmpty), Answer::new(&frames, &headers)),
                layer(
                    "the same, boxed",
                    BoxCheck::new((Length::new(), NotEmpty)),
                    Answer::new(&frames, &headers),
                ),
                layer(
                    "Length, NotEmpty, Json",
                    (Length::new(), NotEmpty, Json::new()),
                    Answer::new(&frames, &headers),
                ),
            ],
        );
    }
}

fn layer<'a, C>(name: &'static str, check: C, answer: Answer<'a>) -> Contender<'a>
where
    C: Check + Clone + 'a,
{
    let mut service = ContentCheckLayer::new(check).max_bytes(u64::MAX).layer(answer);
    Contender::new(name, move || {
        let response = poll_now(service.call(Request::new(()))).expect("it is accepted");
        drain(response.into_body(), |_| ())
    })
}

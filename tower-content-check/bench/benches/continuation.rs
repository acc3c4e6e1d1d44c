//! What a body costs that could continue itself, when nothing breaks, beside draining the same body without the layer.
//!
//! `cargo bench --manifest-path tower-content-check/bench/Cargo.toml --bench continuation`

use http::{HeaderMap, HeaderValue, Request, header};
use std::future::{Ready, ready};
use tower_content_check::{
    check::{FlowCheck, Length, NotEmpty},
    continuation::{Break, ContinueLayer},
};
use tower_content_check_bench::{Answer, Contender, compare, drain, material, poll_now, wanted};
use tower_layer::Layer;
use tower_service::Service;

/// The read buffer of a busy connection.
const FRAME: usize = 16 * 1024;

fn main() {
    let tagged = HeaderMap::from_iter([(header::ETAG, HeaderValue::from_static("\"v1\""))]);
    for bytes in [7_000, 1_000_000, 10_000_000] {
        let title = format!("a body of {bytes} bytes in frames of {FRAME}");
        let copied = format!("{title}, copied");
        if !wanted(&title) && !wanted(&copied) {
            continue;
        }
        let content = material::records(bytes);
        let frames = Answer::cut(&content, FRAME);
        let mut bare = Answer::new(&frames, &tagged);
        let untagged = HeaderMap::new();
        compare(
            &title,
            content.len(),
            &mut [
                Contender::new("drained frame by frame", || {
                    let response = poll_now(bare.call(Request::new(()))).expect("it answers");
                    drain(response.into_body(), |_| ())
                }),
                layer("no tag: passed on", (), Answer::new(&frames, &untagged)),
                layer("could continue", (), Answer::new(&frames, &tagged)),
                layer(
                    "could continue: Length, NotEmpty",
                    (Length::new(), NotEmpty),
                    Answer::new(&frames, &tagged),
                ),
            ],
        );
        // A reader that looks at nothing costs less than any other: one that copies, as into a file.
        let mut buffer = Vec::with_capacity(content.len());
        let mut copy = Vec::with_capacity(content.len());
        let mut bare = Answer::new(&frames, &tagged);
        let mut service = ContinueLayer::new(always).layer(Answer::new(&frames, &tagged));
        compare(
            &copied,
            content.len(),
            &mut [
                Contender::new("drained frame by frame", || {
                    let response = poll_now(bare.call(Request::new(()))).expect("it answers");
                    buffer.clear();
                    drain(response.into_body(), |data| buffer.extend_from_slice(data));
                }),
                Contender::new("could continue", || {
                    let response = poll_now(service.call(Request::new(()))).expect("it is answered");
                    copy.clear();
                    drain(response.into_body(), |data| copy.extend_from_slice(data));
                }),
            ],
        );
    }
}

fn always(_: &Break<'_>) -> Option<Ready<()>> {
    Some(ready(()))
}

fn layer<'a, C>(name: &'static str, check: C, answer: Answer<'a>) -> Contender<'a>
where
    C: FlowCheck + Clone + 'a,
{
    let mut service = ContinueLayer::new(always).check(check).layer(answer);
    Contender::new(name, move || {
        let response = poll_now(service.call(Request::new(()))).expect("it is answered");
        drain(response.into_body(), |_| ())
    })
}

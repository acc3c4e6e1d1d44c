//! A 200 to the request for the rest.

use crate::world::{
    FILE, LENGTH, Read, Reply, Server, TAG, answer, at_once, chain, data, fetch, first, get, open, range,
    read, reset, rest,
};
use tower_content_check::{check::Digest, continuation::ContinueLayer};

/// Of `0123456789`.
pub(crate) const SHA_256: &str = "sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=:";

async fn fetch_skipping(skip: u64, replies: impl IntoIterator<Item = Reply>) -> (Read, Server) {
    let server = Server::new(replies);
    let layer = ContinueLayer::new(at_once(3)).skip(skip).check(Digest::new().require());
    let response = open(&layer, &server, get()).await;
    (read(response.into_body()).await, server)
}

#[tokio::test(start_paused = true)]
async fn case_08_the_whole_again_within_the_bound() {
    let begin = || answer(200, &[TAG, LENGTH, ("repr-digest", SHA_256)], [data("0123"), reset()]);
    for frames in [vec![data(FILE)], vec![data("01"), data(""), data("23"), data("456789")], {
        vec![data("012345"), data("6789")]
    }] {
        let (whole, server) = fetch_skipping(4, [begin(), first(frames)]).await;
        assert_eq!(whole.whole(), FILE);
        assert_eq!(server.ranges(), [None, range(4)]);
    }
    // It breaks off as well, before and behind what is new.
    let (whole, server) = fetch_skipping(
        9,
        [begin(), first([data("01"), reset()]), first([data("01234"), reset()]), first([data(FILE)])],
    )
    .await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.ranges(), [None, range(4), range(4), range(5)]);
    // Chunked, it is as long as the first one said.
    let (whole, server) = fetch_skipping(4, [begin(), answer(200, &[TAG], [data("01234")]), rest(5)]).await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.ranges(), [None, range(4), range(5)]);
}

#[tokio::test(start_paused = true)]
async fn case_09_the_whole_again_beyond_the_bound() {
    let begin = || answer(200, &[TAG, LENGTH, ("repr-digest", SHA_256)], [data("0123"), reset()]);
    let (whole, server) = fetch_skipping(3, [begin(), first([data(FILE)]), rest(4)]).await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.ranges(), [None, range(4), range(4)]);

    let again = || first([data(FILE)]);
    let (failed, server) = fetch_skipping(3, [begin(), again(), again(), again()]).await;
    assert_eq!(failed.content, "0123");
    assert!(failed.error().is_refused_by_policy());
    assert_eq!(chain(failed.error())[1], "the whole was sent again in place of its rest");
    assert_eq!(server.requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn case_10_other_content_is_final_and_none_of_it_is_seen() {
    for tag in [Some("\"v2\""), Some("W/\"v1\""), None] {
        for at in [0, 4] {
            let fields: Vec<_> = [LENGTH].into_iter().chain(tag.map(|tag| ("etag", tag))).collect();
            let other = answer(200, &fields, [data("abcdefghij")]);
            let (failed, server) = fetch([first([data(&FILE[..at]), reset()]), other]).await;
            assert_eq!(failed.content, FILE[..at], "{tag:?}");
            let error = failed.error();
            assert!(error.is_changed() && !error.is_gone() && !error.is_refused_by_policy());
            assert_eq!((error.delivered(), error.length(), error.count()), (at as u64, Some(10), 1));
            assert_eq!(
                chain(error),
                [
                    &format!("body broke off at {at} of 10 bytes: the content is of another version now"),
                    "reset by peer"
                ]
            );
            assert_eq!(server.requests(), 2);
        }
    }
    // The same tag, and another length.
    let other = answer(200, &[TAG, ("content-length", "11")], [data("0123456789a")]);
    let (failed, _) = fetch([first([data("0123"), reset()]), other]).await;
    assert_eq!((failed.content.as_str(), failed.error().is_changed()), ("0123", true));
}

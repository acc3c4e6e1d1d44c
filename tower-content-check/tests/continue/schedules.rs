//! Any schedule of frames, breaks, overlaps and lies: the file, or a beginning of it and an error.

use crate::world::{Reply, Server, Step, TAG, answer, at_once, get, open, read, reset, trailers};
use bytes::Bytes;
use proptest::prelude::*;
use tower_content_check::continuation::ContinueLayer;

/// What the server does with one request. Numbers are taken as far as the file goes.
#[derive(Clone, Debug)]
struct Turn {
    kind: Kind,
    frame: usize,
    breaks_after: usize,
    ends: bool,
    a: usize,
    b: usize,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// The range that was asked for.
    Right,
    /// As `Right`, with `/*`.
    NoTotal,
    /// Begins earlier.
    Overlap,
    /// Ends earlier, by its own word.
    Short,
    /// Begins later.
    Late,
    /// Brings more than its range.
    Long,
    /// Of another total, and other content.
    OtherTotal,
    OtherTag,
    WeakTag,
    NoTag,
    NoRange,
    TwoRanges,
    Multipart,
    Coded,
    WrongLength,
    /// Of the same tag.
    Whole,
    OtherWhole,
    UntaggedWhole,
    /// Of another length.
    LongerWhole,
    Status(u16),
    /// The length, as it is.
    Unsatisfied,
    Refused,
}

const KINDS: &[Kind] = {
    use Kind::*;
    &[
        Right,
        Right,
        Right,
        Right,
        Right,
        NoTotal,
        Overlap,
        Overlap,
        Short,
        Short,
        Late,
        Long,
        OtherTotal,
        OtherTag,
        WeakTag,
        NoTag,
        NoRange,
        TwoRanges,
        Multipart,
        Coded,
        WrongLength,
        Whole,
        Whole,
        OtherWhole,
        UntaggedWhole,
        LongerWhole,
        Status(503),
        Status(500),
        Status(403),
        Status(404),
        Status(412),
        Status(204),
        Unsatisfied,
        Refused,
    ]
};

const OTHER: &str = "\"v2\"";

fn frames(content: &[u8], turn: &Turn) -> Vec<Step> {
    let sent = turn.breaks_after.min(content.len());
    let mut steps: Vec<_> =
        content[..sent].chunks(turn.frame).map(|data| Step::Data(Bytes::copy_from_slice(data))).collect();
    if turn.a.is_multiple_of(3) {
        steps.insert(steps.len() / 2, Step::Data(Bytes::new()));
        steps.insert(steps.len() / 2, Step::Yield);
    }
    match turn.ends {
        true if turn.b.is_multiple_of(2) => steps.push(trailers(&[("x-end", "1")])),
        true => {}
        false => steps.push(reset()),
    }
    steps
}

fn reply(
    turn: &Turn,
    file: &[u8],
    other: &[u8],
    known: bool,
    asked: Option<(usize, Option<usize>)>,
) -> Reply {
    let total = file.len();
    let (first, last) = match asked {
        Some((first, last)) => (first, last.unwrap_or(total - 1).min(total - 1)),
        None => (0, total - 1),
    };
    if first >= total {
        return answer(416, &[("content-range", &format!("bytes */{total}"))], []);
    }
    // Where no length was stated, other content of the same tag and of whatever length cannot be told.
    let unlike = if known { other } else { file };
    let part = |tag: &str, first: usize, last: usize, total: &str, content: &[u8], more: &[(&str, &str)]| {
        let range = format!("bytes {first}-{last}/{total}");
        let fields: Vec<_> =
            [("etag", tag), ("content-range", range.as_str())].iter().chain(more).copied().collect();
        answer(206, &fields, frames(content, turn))
    };
    let total_text = total.to_string();
    let rest = &file[first..=last];
    let whole = |tag: Option<&str>, content: &[u8]| {
        let length = content.len().to_string();
        let mut fields: Vec<_> = tag.map(|tag| ("etag", tag)).into_iter().collect();
        if turn.a.is_multiple_of(2) || tag.is_none() {
            fields.push(("content-length", &length));
        }
        answer(200, &fields, frames(content, turn))
    };
    match turn.kind {
        Kind::Right => part("\"v1\"", first, last, &total_text, rest, &[]),
        Kind::NoTotal => part("\"v1\"", first, last, "*", rest, &[]),
        Kind::Overlap => {
            let from = first - turn.a.min(first);
            part("\"v1\"", from, last, &total_text, &file[from..=last], &[])
        }
        Kind::Short => {
            let end = first + turn.a % (last - first + 1);
            part("\"v1\"", first, end, &total_text, &file[first..=end], &[])
        }
        Kind::Late => {
            let from = (first + 1 + turn.a).min(last);
            part("\"v1\"", from, last, &total_text, &file[from..=last], &[])
        }
        Kind::Long => {
            let long: Vec<_> = rest.iter().chain(&other[..turn.a.min(other.len())]).copied().collect();
            part("\"v1\"", first, last, &total_text, &long, &[])
        }
        Kind::OtherTotal => {
            part("\"v1\"", first, last, &(total + 1 + turn.a).to_string(), &unlike[first..=last], &[])
        }
        Kind::OtherTag => part(OTHER, first, last, &total_text, &other[first..=last], &[]),
        Kind::WeakTag => part("W/\"v1\"", first, last, &total_text, &other[first..=last], &[]),
        Kind::NoTag => {
            let range = format!("bytes {first}-{last}/{total}");
            answer(206, &[("content-range", &range)], frames(&other[first..=last], turn))
        }
        Kind::NoRange => answer(206, &[TAG], frames(&other[first..=last], turn)),
        Kind::TwoRanges => {
            let range = format!("bytes {first}-{last}/{total}");
            part("\"v1\"", first, last, &total_text, &other[first..=last], &[("content-range", &range)])
        }
        Kind::Multipart => {
            answer(206, &[TAG, ("content-type", "multipart/byteranges")], frames(b"--x--", turn))
        }
        Kind::Coded => {
            part("\"v1\"", first, last, &total_text, &other[first..=last], &[("content-encoding", "gzip")])
        }
        Kind::WrongLength => {
            let length = (rest.len() + 1 + turn.a).to_string();
            part("\"v1\"", first, last, &total_text, &other[first..=last], &[("content-length", &length)])
        }
        Kind::Whole => whole(Some("\"v1\""), file),
        Kind::OtherWhole => whole(Some(OTHER), other),
        Kind::UntaggedWhole => whole(None, other),
        Kind::LongerWhole => {
            let long: Vec<_> = file.iter().chain(if known { other } else { &[] }).copied().collect();
            let length = long.len().to_string();
            answer(200, &[TAG, ("content-length", &length)], frames(&long, turn))
        }
        Kind::Status(status) => answer(status, &[], frames(b"page", turn)),
        Kind::Unsatisfied => answer(416, &[("content-range", &format!("bytes */{total}"))], []),
        Kind::Refused => Reply::Refused("refused"),
    }
}

fn turn() -> impl Strategy<Value = Turn> {
    (
        prop::sample::select(KINDS),
        1_usize..30,
        0_usize..80,
        prop::bool::weighted(0.3),
        0_usize..40,
        0_usize..40,
    )
        .prop_map(|(kind, frame, breaks_after, ends, a, b)| Turn {
            kind,
            frame,
            breaks_after,
            ends,
            a,
            b,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn case_54_the_file_or_a_beginning_of_it_and_an_error(
        file in prop::collection::vec(b'a'..=b'm', 1..60),
        known: bool,
        begin in turn(),
        turns in prop::collection::vec(turn(), 0..12),
        skip in 0_u64..60,
        progress in 0_u64..40,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            // no byte of it is in the file
            let other: Vec<u8> = file.iter().map(|byte| byte + 13).collect();
            let length = file.len().to_string();
            let mut fields = vec![TAG];
            if known {
                fields.push(("content-length", &length));
            }
            let mut begin = begin;
            // A chunked body that ends cleanly has ended.
            begin.ends &= known;
            let (head, answers) = (answer(200, &fields, frames(&file, &begin)), turns.clone());
            let server = Server::answering({
                let file = file.clone();
                let mut answers = answers.into_iter();
                let mut head = Some(head);
                move |asked| match head.take() {
                    Some(head) => head,
                    None => match answers.next() {
                        Some(mut turn) => {
                            turn.ends &= known || !matches!(turn.kind, Kind::Whole);
                            reply(&turn, &file, &other, known, asked)
                        }
                        None => Reply::Refused("no more"),
                    },
                }
            });
            let layer = ContinueLayer::new(at_once(3)).skip(skip).progress(progress);
            let read = read(open(&layer, &server, get()).await.into_body()).await;
            let content = read.content.as_bytes();
            assert!(file.starts_with(content), "{:?} of {:?}", read.content, String::from_utf8_lossy(&file));
            if read.error.is_none() {
                assert!(content == file, "{:?} taken for the whole", read.content);
            }
        });
    }
}

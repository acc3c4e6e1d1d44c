//! Ways in which a head can differ from the right one.

use crate::{
    rng::Rng,
    truth::{DATE, TAG},
};

/// What must become of an answer with such a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// It is the rest.
    Good,
    /// It may be taken or not: what it carries is true.
    Either,
    /// Nothing of it may be seen.
    Bad,
}

pub(crate) use Class::{Bad, Either, Good};

/// The fields of one name, and what they are worth.
pub(crate) type Fields = (Vec<Vec<u8>>, Class);

fn fields<const N: usize>(values: [&str; N], class: Class) -> Fields {
    (values.iter().map(|value| value.as_bytes().to_vec()).collect(), class)
}

/// Tags that are not simply the right one.
pub(crate) fn tag(rng: &mut Rng) -> Fields {
    const OTHER: &str = "\"v2-abc\"";
    match rng.below(17) {
        0 => fields([], Bad),
        1 => fields([OTHER], Bad),
        2 => fields(["W/\"v1-abc\""], Bad),
        3 => fields(["w/\"v1-abc\""], Bad),
        4 => fields([TAG, TAG], Either),
        5 => fields([TAG, OTHER], Bad),
        6 => fields([OTHER, TAG], Bad),
        7 => fields(["\"v1-abc\", \"v2-abc\""], Bad),
        8 => fields(["\"V1-ABC\""], Bad),
        9 => fields(["v1-abc"], Bad),
        10 => fields([""], Bad),
        11 => fields(["\"v1-abc-gzip\""], Bad),
        12 => fields(["\"v1-ab\""], Bad),
        13 => fields(["\"v1-abc"], Bad),
        14 => fields(["\"\""], Bad),
        15 => (vec![b"\"v1-abc\xff\"".to_vec()], Bad),
        _ => fields(["*"], Bad),
    }
}

/// Dates that are not simply the right one.
pub(crate) fn date(rng: &mut Rng) -> Fields {
    const OTHER: &str = "Wed, 01 Jan 2025 00:00:01 GMT";
    match rng.below(5) {
        // a 206 need not repeat it (RFC 9110 section 15.3.7); a 200 without it is another one
        0 => fields([], Either),
        1 => fields([OTHER], Bad),
        2 => fields([DATE, OTHER], Bad),
        3 => fields([OTHER, DATE], Bad),
        _ => fields(["yesterday"], Bad),
    }
}

/// Contents of `Content-Range` that are not simply the right one. `known` is whether the length was.
pub(crate) fn range(rng: &mut Rng, begin: u64, length: u64, known: bool) -> Fields {
    let last = length - 1;
    let right = format!("bytes {begin}-{last}/{length}");
    let (value, class) = match rng.below(37) {
        0 => return fields([], Bad),
        1 => return fields([&right, &right], Bad),
        2 => return fields([&right, "bytes 0-0/1"], Bad),
        3 => return fields(["bytes 0-0/1", &right], Bad),
        4 => (format!("items {begin}-{last}/{length}"), Bad),
        5 => ("bytes".to_owned(), Bad),
        6 => (String::new(), Bad),
        7 => (format!("bytes */{length}"), Bad),
        8 => (format!("bytes -{last}/{length}"), Bad),
        9 => (format!("bytes {begin}-/{length}"), Bad),
        10 => (format!("bytes {begin}-18446744073709551616/{length}"), Bad),
        11 => (format!("bytes {begin}-99999999999999999999999999/*"), Bad),
        12 => (format!("bytes 18446744073709551616-{last}/{length}"), Bad),
        13 => (format!("bytes 18446744073709551615-{last}/{length}"), Bad),
        14 => (format!("bytes {length}-{last}/{length}"), Bad),
        15 => ("bytes 0--1/0".to_owned(), Bad),
        16 => (format!("bytes {begin}-{length}/{length}"), Bad),
        17 => (format!("bytes {begin}-{last}/{length}, bytes 0-0/{length}"), Bad),
        18 => (format!("bytes {begin}-{last},0-0/{length}"), Bad),
        19 => (format!("bytes {begin}-{last}"), Bad),
        20 => (format!("bytes {begin}-{last}/"), Bad),
        21 => (format!("bytes {begin}-{last}/{length}/{length}"), Bad),
        22 => (format!("bytes {begin}-{last}/-1"), Bad),
        23 => (format!("bytes 0x{begin:x}-0x{last:x}/0x{length:x}"), Bad),
        24 => (format!("{begin}-{last}/{length}"), Bad),
        25 => (format!("bytes {begin}-{last}/{length}0"), if known { Bad } else { Either }),
        26 if known => (format!("bytes {begin}-{last}/{}", length.saturating_add(1)), Bad),
        27 if known && length != u64::MAX => {
            (format!("bytes {begin}-18446744073709551614/18446744073709551615"), Bad)
        }
        28 if known => (format!("bytes {begin}-18446744073709551615/*"), Bad),
        29 if known && begin < last => (format!("bytes {begin}-{}/{last}", last - 1), Bad),
        30 => (format!("bytes {begin}-{last}/*"), if known { Good } else { Bad }),
        31 => (format!("Bytes {begin}-{last}/{length}"), Either),
        32 => (format!("bytes 0{begin}-0{last}/0{length}"), Either),
        33 => (format!("bytes  {begin}-{last}/{length}"), Either),
        34 => (format!("bytes={begin}-{last}/{length}"), Either),
        35 => (format!("bytes +{begin}-+{last}/+{length}"), Either),
        _ => (format!("bytes {begin} - {last} / {length}"), Either),
    };
    fields([&value], class)
}

/// Contents of `Content-Length` that are not simply `right`.
pub(crate) fn length(rng: &mut Rng, right: u64) -> Fields {
    let other = match rng.below(7) {
        0 => right.saturating_add(1),
        1 if right > 0 => right - 1,
        2 if right > 0 => 0,
        3 => right.saturating_mul(2).max(1),
        4 if right != u64::MAX => u64::MAX,
        _ => return fields([&right.to_string(), &right.to_string()], Either),
    };
    let class = if other == right { Either } else { Bad };
    fields([&other.to_string()], class)
}

/// Content codings that are not simply those of the first answer; a part need not repeat them, a whole must.
pub(crate) fn coding(rng: &mut Rng, first: Option<&str>, whole: bool) -> Fields {
    match (rng.below(5), first) {
        (0, Some(first)) => fields([&first.to_uppercase()], Either),
        (1, Some(_)) => fields(["identity"], Bad),
        (1, None) => fields(["identity"], Either),
        (2, Some(first)) => fields([first, "br"], Bad),
        (3, None) => fields(["gzip"], Bad),
        (4, Some(_)) => fields([], if whole { Bad } else { Good }),
        _ => fields(["br"], Bad),
    }
}

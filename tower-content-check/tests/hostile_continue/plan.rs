//! One call: what is asked for, what the server has, and how honest it is.

use crate::{
    rng::Rng,
    truth::{STORED, TAG},
};
use http::{Method, Request};
use tower_content_check::continuation::DoNotContinue;

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) asking: Asking,
    pub(crate) first: First,
    /// That of the true version.
    pub(crate) length: u64,
    /// Whether the first head says it.
    pub(crate) told: bool,
    pub(crate) coding: Option<&'static str>,
    pub(crate) accepts: Option<&'static str>,
    /// Whether it says its media type.
    pub(crate) typed: bool,
    /// By `Last-Modified`.
    pub(crate) by_date: bool,
    /// It cuts, is busy and sends more or less than it was asked for, and it never lies.
    pub(crate) honest: bool,
    /// The content is checked on its way, so that the server may even damage it.
    pub(crate) checked: bool,
    pub(crate) skip: u64,
    pub(crate) progress: u64,
    /// So many breaks in a row the policy allows.
    pub(crate) patience: u32,
    /// After so many polls the reader goes.
    pub(crate) leaves: Option<u32>,
}

/// The request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Asking {
    Plain,
    Head,
    Post,
    OwnRange,
    OwnIfRange,
    Switch,
}

/// The first answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum First {
    /// A 200 that can be continued.
    Good,
    Tags(&'static [&'static str]),
    NoRanges,
    Status(u16),
    /// By `Last-Modified`, with this `Date`.
    Date(Option<&'static str>),
}

const UNFIT: &[First] = &[
    First::Tags(&[]),
    First::Tags(&["W/\"v1-abc\""]),
    First::Tags(&[TAG, "\"v2\""]),
    First::Tags(&["v1-abc"]),
    First::Tags(&[""]),
    First::Tags(&["\"v1\", \"v2\""]),
    First::NoRanges,
    First::Status(203),
    First::Status(206),
    First::Status(404),
    First::Status(503),
    // the second in which it was made, and no second later
    First::Date(Some("Wed, 01 Jan 2025 00:00:00 GMT")),
    First::Date(Some("Tue, 31 Dec 2024 23:59:59 GMT")),
    First::Date(Some("yesterday")),
    First::Date(None),
];

const HUGE: &[u64] = &[u64::MAX, u64::MAX - 1, 1 << 63, (1 << 53) + 1, (1 << 32) + 5, 1 << 20];

impl Plan {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let by_date = rng.chance(10);
        let honest = rng.chance(30);
        let huge = !honest && rng.chance(5);
        let asking = match rng.below(100) {
            0..5 => {
                *rng.pick(&[Asking::Head, Asking::Post, Asking::OwnRange, Asking::OwnIfRange, Asking::Switch])
            }
            _ => Asking::Plain,
        };
        let first = if !huge && rng.chance(7) { *rng.pick(UNFIT) } else { First::Good };
        let coding = rng.chance(15).then_some("gzip");
        let accepts = match coding {
            Some(coding) => Some(coding),
            None => rng.chance(30).then(|| *rng.pick(&["identity", "gzip", "br;q=1.0, gzip;q=0"])),
        };
        Self {
            asking,
            first,
            coding,
            accepts,
            length: match rng.below(20) {
                _ if huge => *rng.pick(HUGE),
                0 => rng.below(3),
                1..4 => rng.between(1000, STORED - 1),
                _ => rng.between(1, 300),
            },
            told: huge || rng.chance(80),
            typed: rng.chance(50),
            by_date,
            honest,
            checked: !huge && coding.is_none() && rng.chance(30),
            skip: *rng.pick(&[0, 1, 20, 100, 1 << 20]),
            progress: *rng.pick(&[0, 1, 20, 64 * 1024]),
            patience: if honest { u32::MAX } else { u32::try_from(rng.below(7)).unwrap() },
            leaves: rng.chance(15).then(|| u32::try_from(rng.below(40)).unwrap()),
        }
    }

    /// Whether a break is anybody's business.
    pub(crate) fn is_continued(&self) -> bool {
        let may_be_unpacked = !self.told && self.may_be_unpacked();
        self.asking == Asking::Plain && self.first == First::Good && !may_be_unpacked
    }

    /// Whether an answer of unknown length and without a coding may have had one, as far as its reader can know.
    pub(crate) fn may_be_unpacked(&self) -> bool {
        self.coding.is_none() && self.accepts.is_some_and(|accepts| accepts != "identity")
    }

    pub(crate) fn request(&self, rng: &mut Rng, uri: &str) -> Request<()> {
        let method = match self.asking {
            Asking::Head => Method::HEAD,
            Asking::Post => Method::POST,
            _ => Method::GET,
        };
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in [
            ("accept", "text/plain"),
            ("accept", "*/*"),
            ("authorization", "Bearer abc"),
            ("if-none-match", TAG),
            ("if-modified-since", "Wed, 01 Jan 2025 00:00:00 GMT"),
            ("cookie", "a=b"),
        ] {
            if rng.chance(20) {
                request = request.header(name, value);
            }
        }
        if let Some(accepts) = self.accepts {
            request = request.header("accept-encoding", accepts);
        }
        match self.asking {
            Asking::OwnRange => request = request.header("range", "bytes=0-"),
            Asking::OwnIfRange => request = request.header("if-range", TAG),
            Asking::Switch => request = request.extension(DoNotContinue),
            _ => {}
        }
        request.extension(Kept).body(()).unwrap()
    }
}

/// What the caller put into the extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept;

use crate::draw::{Purpose, draw};
use std::time::Duration;

/// What the server does with a request that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Silence before the head, for a second more than an attempt waits.
    Silent,
    /// Silence in the middle of the body, for good.
    SilentBody,
    /// REFUSED_STREAM; over HTTP/1 a 421.
    Refused,
    /// RST_STREAM after it was processed; over HTTP/1 the connection is closed.
    Broken,
    /// 503 without any more.
    Unavailable,
    /// 429 with `Retry-After: 0`.
    TooMany,
    CutBody,
    WrongJson,
    Empty,
}

/// How a connection ends, if nothing else ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// GOAWAY, and then the streams that are open have a second.
    Graceful,
    Reset,
    Closed,
}

impl Fault {
    pub(crate) const ALL: [Self; 10] = [
        Self::None,
        Self::Silent,
        Self::SilentBody,
        Self::Refused,
        Self::Broken,
        Self::Unavailable,
        Self::TooMany,
        Self::CutBody,
        Self::WrongJson,
        Self::Empty,
    ];

    /// What happens to this arrival of this request, and how long the answer takes.
    pub(crate) fn of(seed: u64, id: u64, arrival: u64) -> (Self, Duration) {
        let mut draw = draw(seed, Purpose::Fault, id, arrival);
        let fault = if draw.u8(..10) < 6 { Self::None } else { Self::ALL[draw.usize(1..Self::ALL.len())] };
        let takes = if fault == Self::Silent { 6_000 } else { draw.u64(500..3_500) };
        (fault, Duration::from_millis(takes))
    }
}

impl Ending {
    pub(crate) const ALL: [Self; 3] = [Self::Graceful, Self::Reset, Self::Closed];

    /// How the n-th connection ends, and when.
    pub(crate) fn of(seed: u64, connection: u64) -> (Self, Duration) {
        let mut draw = draw(seed, Purpose::Connection, connection, 0);
        let ending = Self::ALL[draw.usize(..Self::ALL.len())];
        (ending, Duration::from_millis(draw.u64(1_000..30_000)))
    }
}

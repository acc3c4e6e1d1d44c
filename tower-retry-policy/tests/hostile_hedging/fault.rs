use crate::server::Seen;

/// What the server does with one request once it has read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Answers,
    Status(u16),
    /// With `Retry-After: 0`.
    Busy,
    /// No head until the client has gone.
    Silent,
    /// A 103, and then nothing.
    EarlyHints,
    /// The answer, but only when a later request has come.
    Late,
    /// The answer, but only when the bodies of so many requests have come in whole.
    WhenWhole(usize),
    /// Head and half of the body, and then nothing.
    SilentBody,
    /// Head and half of the body, and the rest when all others have gone.
    SlowBody,
    /// Half of the body, and the end.
    CutBody,
    /// Closed before the answer, before the request's body was read.
    Closes,
    /// The same by a reset of the connection.
    Resets,
    /// The connection is reset in the middle of the answer's body.
    ResetsBody,
    /// HTTP/2 only: RST_STREAM with this code.
    Stream(u32),
    /// HTTP/2 only: the head, half of the body, and RST_STREAM with this code.
    StreamInBody(u32),
    /// HTTP/2 only: GOAWAY without an error, and then as `Late`.
    Drains,
    /// HTTP/2 only: GOAWAY with this code, below the request's stream or at it, and the connection's end.
    GoAway {
        code: u32,
        above: bool,
    },
}

const REFUSED_STREAM: u32 = 7;

impl Fault {
    pub(crate) const ALL: &[Self] = &[
        Self::Answers,
        Self::Status(503),
        Self::Status(425),
        Self::Status(408),
        Self::Status(421),
        Self::Busy,
        Self::Silent,
        Self::EarlyHints,
        Self::Late,
        Self::SilentBody,
        Self::CutBody,
        Self::Closes,
        Self::Resets,
        Self::ResetsBody,
    ];

    pub(crate) const HTTP2: &[Self] = &[
        Self::Stream(0),
        Self::Stream(1),
        Self::Stream(2),
        Self::Stream(5),
        Self::Stream(REFUSED_STREAM),
        Self::Stream(8),
        Self::Stream(11),
        Self::Stream(13),
        Self::StreamInBody(2),
        Self::StreamInBody(REFUSED_STREAM),
        Self::Drains,
        Self::GoAway { code: 0, above: true },
        Self::GoAway { code: 0, above: false },
        Self::GoAway { code: 2, above: true },
        Self::GoAway { code: 11, above: false },
    ];

    /// Whether a request that is answered late is to be answered now.
    pub(crate) fn is_due(self, request: usize, seen: &[Seen]) -> bool {
        match self {
            Self::Late | Self::Drains => seen.len() > request + 1,
            Self::SlowBody => {
                let mut others = seen.iter().enumerate().filter(|(other, _)| *other != request);
                others.all(|(_, seen)| seen.ended || seen.gone.is_some())
            }
            Self::WhenWhole(count) => seen.iter().filter(|seen| seen.whole_upload).count() >= count,
            _ => false,
        }
    }

    /// RFC 9110 section 15.5.20, RFC 8470 section 5.2, RFC 9113 sections 6.8 and 8.7. A 408 says nothing of what was done.
    pub(crate) const fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::Status(421 | 425) | Self::Stream(REFUSED_STREAM) | Self::GoAway { above: true, .. }
        )
    }

    /// Whether the policy may know of the refusal: what clients say of a GOAWAY holds for other requests too.
    pub(crate) const fn is_known_refusal(self) -> bool {
        self.is_refusal() && !matches!(self, Self::GoAway { .. })
    }
}

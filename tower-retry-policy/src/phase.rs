use std::fmt;

/// How far an attempt got before it failed. The phase decides what is safe to repeat.
///
/// | phase | what is known | may be repeated |
/// |---|---|---|
/// | [`Connect`](Phase::Connect) | no connection, so the request never left | any method |
/// | [`Unprocessed`](Phase::Unprocessed) | the server says that it did not process the request, or the client never sent it | any method |
/// | [`Read`](Phase::Read) | the request may have been sent and no response head came | what may be repeated |
/// | [`Status`](Phase::Status) | the head came with a status on the list | what may be repeated |
/// | [`Body`](Phase::Body) | the head came, the body broke off or fell silent | what may be repeated |
/// | [`Content`](Phase::Content) | the body is whole and wrong | what may be repeated |
/// | [`Other`](Phase::Other) | TLS, a malformed request, an error that nothing here knows | nothing, by default |
///
/// The classes are those of urllib3's `Retry` (connect, read, status, other), with the three that it does
/// not tell apart: unprocessed, body, content. "What may be repeated" is RFC 9110 section 9.2.2: an
/// idempotent method, or a request whose owner said so.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// The connection was not established: the request never left.
    Connect,
    /// The request was not processed: HTTP/2 REFUSED_STREAM, GOAWAY beyond the last stream (RFC 9113
    /// section 8.7), cancelled before it was sent, 421 (RFC 9110 section 15.5.20), 425 (RFC 8470 section 5.2).
    Unprocessed,
    /// The request may have been sent, and no response head came.
    Read,
    /// A response came whose status asks for a retry.
    Status,
    /// The head came; the body broke off or fell silent.
    Body,
    /// The body is there and it is not right.
    Content,
    /// Everything else: TLS, a request that cannot be sent, an unknown error.
    Other,
}

impl Phase {
    /// All phases, in the order in which an attempt passes them.
    pub const ALL: [Self; 7] =
        [Self::Connect, Self::Unprocessed, Self::Read, Self::Status, Self::Body, Self::Content, Self::Other];

    /// Whether the server cannot have acted on the request, so that any method may be repeated.
    pub const fn is_unprocessed(self) -> bool {
        matches!(self, Self::Connect | Self::Unprocessed)
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// The name in lower case, as it stands in texts and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Unprocessed => "unprocessed",
            Self::Read => "read",
            Self::Status => "status",
            Self::Body => "body",
            Self::Content => "content",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

use std::fmt;

/// How far an attempt got before it failed. The phase decides what is safe to repeat.
///
/// | phase | what is known | may be repeated |
/// |---|---|---|
/// | [`Connect`](Phase::Connect) | the client says that it was connecting, so the request never left | any method |
/// | [`Unprocessed`](Phase::Unprocessed) | the server says that it did not process the request, or the client that it never sent it | any method |
/// | [`Read`](Phase::Read) | the request may have been sent and no response head came | what may be repeated |
/// | [`Status`](Phase::Status) | the head came with a status on the list | what may be repeated |
/// | [`Body`](Phase::Body) | the head came, the body broke off or fell silent | what may be repeated |
/// | [`Content`](Phase::Content) | a content check rejected the response, by its head or its content | what may be repeated |
/// | [`Other`](Phase::Other) | TLS, a malformed request, an error that nothing here knows | nothing, by default |
///
/// The classes are those of urllib3's `Retry` (connect, read, status, other), with the three that it does
/// not tell apart: unprocessed, body, content. "What may be repeated" is RFC 9110 section 9.2.2: an
/// idempotent method, or a request whose owner said so.
///
/// # What the rule sees
///
/// The policy sees one call of the service below it, whatever that is made of, and of a failed call nothing but the chain
/// of its error's causes. The first error of the chain that is known decides. [`Connect`](Phase::Connect) and
/// [`Unprocessed`](Phase::Unprocessed) are said only where the client or the server itself says so: a connection that
/// was reset or refused while it was in use, a graceful GOAWAY and "no route to host" prove nothing and are
/// [`Read`](Phase::Read).
///
/// A service below the policy that makes several calls for one, such as a lookup and then a write, must not pass on "could
/// not connect" of a later step: for the policy that is the whole call, and the first step would run again. It says
/// how far the call got with a [`PhasedError`](crate::PhasedError), and so does a client that is not known here.
/// Likewise for a service that reads a response's body itself; `ContentCheck` and `AttemptTimeout` do so
/// already.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// The client says that the connection was not established: the request never left.
    Connect,
    /// The request was not processed: HTTP/2 REFUSED_STREAM (RFC 9113 section 8.7), a client's word that its connection
    /// never took the request, 421 (RFC 9110 section 15.5.20), 425 (RFC 8470 section 5.2). And a 401 that
    /// [`retry_unauthorized`](crate::RetryPolicy::retry_unauthorized) has sent again.
    Unprocessed,
    /// The request may have been sent, and no response head came, or what came is not HTTP. GOAWAY belongs here: clients
    /// report it also for requests that still went out.
    Read,
    /// A response came whose status asks for a retry.
    Status,
    /// The head came; the body broke off or fell silent.
    Body,
    /// A content check rejected the response, by its head or by its content.
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

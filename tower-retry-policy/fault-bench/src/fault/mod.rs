//! What a server may do to a call: the rows of the table.

mod all;
mod script;

pub(crate) use all::ALL;
pub(crate) use script::{Act, Fields, Frame, filled};
use std::time::Duration;
use tower_retry_policy::AttemptTimeoutLayer;

/// One thing that goes wrong, with the script by which the server does it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The name in the table's first column and on the command line.
    pub name: &'static str,
    pub(crate) at: At,
    pub(crate) sends: Sends,
    /// The server's script says of itself that the request was not processed.
    pub(crate) refused: bool,
    /// The server acts when it has the request's head, and reads the body afterwards.
    pub(crate) early: bool,
    /// It meets only connections that have served a call before; new ones are good.
    pub(crate) pooled: bool,
    /// The point is that nothing comes, or too slowly: the limits are short.
    pub(crate) slow: bool,
    pub(crate) pings: bool,
    /// It races with the call: after the answer that comes before it, or in a handshake whose alert the end of the
    /// connection may overtake. Two outcomes are right, so the invariants hold and the cell says no more.
    pub(crate) race: bool,
}

/// Where it happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At {
    /// Nobody listens at the address.
    Refused,
    /// The listener's queue is full, and the kernel drops what comes.
    SilentConnect,
    /// In the TLS handshake.
    Tls(Handshake),
    /// In the answer, by protocol; empty where the protocol has no such thing.
    Answer { http1: &'static [Act], http2: &'static [Frame] },
}

/// How a TLS handshake goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handshake {
    Closes,
    Silent,
    /// Answers in plain text.
    Plain,
    /// Sends the alert `handshake_failure` (RFC 8446 section 6).
    Alert,
    /// Shows a certificate that the client does not trust.
    Unknown,
    /// Asks for the client's certificate, and goes when none comes; in TLS 1.3 the client has sent its request by then.
    AsksForCertificate,
}

/// The body of the request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sends {
    Little,
    Much,
    /// Its source fails after two of three announced bytes.
    LessThanAnnounced,
}

// ===== impl Fault =====

impl Fault {
    const fn at(name: &'static str, at: At) -> Self {
        Self {
            name,
            at,
            sends: Sends::Little,
            refused: false,
            early: false,
            pooled: false,
            slow: false,
            pings: false,
            race: false,
        }
    }

    const fn new(name: &'static str, http1: &'static [Act], http2: &'static [Frame]) -> Self {
        Self::at(name, At::Answer { http1, http2 })
    }

    const fn refused(mut self) -> Self {
        self.refused = true;
        self
    }

    const fn early(mut self) -> Self {
        self.early = true;
        self.sends = Sends::Much;
        self
    }

    const fn failing_upload(mut self) -> Self {
        self.sends = Sends::LessThanAnnounced;
        self
    }

    const fn pooled(mut self) -> Self {
        self.pooled = true;
        self
    }

    const fn slow(mut self) -> Self {
        self.slow = true;
        self
    }

    const fn with_pings(mut self) -> Self {
        self.pings = true;
        self
    }

    const fn race(mut self) -> Self {
        self.race = true;
        self
    }

    /// All faults, in the order of the table's rows.
    pub fn all() -> &'static [Self] {
        ALL
    }

    /// Whether the server resets the stream with NO_ERROR, which hyper takes for an end.
    pub(crate) fn resets_without_error(&self) -> bool {
        let resets = |frame: &Frame| matches!(frame, Frame::ResetStream(0));
        matches!(self.at, At::Answer { http2, .. } if http2.iter().any(resets))
    }

    /// Whether this can happen to a client of this protocol.
    pub(crate) const fn concerns(&self, http2: bool) -> bool {
        match self.at {
            At::Answer { http1, http2: frames } => {
                if http2 {
                    !frames.is_empty()
                } else {
                    !http1.is_empty()
                }
            }
            At::Refused | At::SilentConnect | At::Tls(_) => true,
        }
    }

    /// Whether it lies above TLS, so that it is the same over TLS.
    pub(crate) const fn is_answer(&self) -> bool {
        matches!(self.at, At::Answer { .. })
    }

    /// Whether a TCP reset is in the script.
    pub(crate) fn resets(&self) -> bool {
        match self.at {
            At::Answer { http1, http2 } => {
                http1.iter().any(|act| matches!(act, Act::Reset))
                    || http2.iter().any(|frame| matches!(frame, Frame::Reset))
            }
            At::Refused | At::SilentConnect | At::Tls(_) => false,
        }
    }

    /// Short only where the silence is the point, because elsewhere a busy machine must change nothing.
    pub(crate) fn limits(&self) -> AttemptTimeoutLayer {
        let limits = AttemptTimeoutLayer::new();
        if self.slow {
            let silence = Duration::from_secs(1);
            limits.head(silence).idle(silence).total(Duration::from_secs(2))
        } else {
            let silence = Duration::from_secs(10);
            limits.head(silence).idle(silence)
        }
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        if self.slow { Duration::from_millis(500) } else { Duration::from_secs(10) }
    }

    pub(crate) fn keep_alive(&self) -> Option<Duration> {
        self.pings.then_some(Duration::from_millis(300))
    }
}

use crate::{Check, End, Head, Rejection, Verdict};
use http::{HeaderMap, HeaderName};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// `UNAVAILABLE`, of which gRPC's own list says: "Use `UNAVAILABLE` if the client can retry just the failing call"
/// (<https://grpc.github.io/grpc/core/md_doc_statuscodes.html>).
const UNAVAILABLE: u32 = 14;

/// Accepts a gRPC response whose `grpc-status` is 0: in the trailers, or in the headers of one that has nothing else.
///
/// For unary calls: a stream of messages is not to be held until its end. `UNAVAILABLE` (14) is transient and every
/// other code permanent, unless set; a response that ends without a status was cut.
#[derive(Clone, Debug)]
pub struct GrpcStatus {
    /// One bit for each code; gRPC has 17.
    transient: u32,
    only_transient: bool,
    seen: bool,
}

// ===== impl GrpcStatus =====

impl GrpcStatus {
    /// Accepts status 0.
    pub fn new() -> Self {
        Self { transient: bit(UNAVAILABLE), only_transient: false, seen: false }
    }

    /// Sets the codes that are transient, instead of 14.
    #[must_use]
    pub fn transient(mut self, codes: impl IntoIterator<Item = u32>) -> Self {
        self.transient = codes.into_iter().map(bit).fold(0, |all, bit| all | bit);
        self
    }

    /// Accepts the other codes, 0 or not: a gRPC client above makes of them what it always does.
    ///
    /// A rejection hides the code from such a client: tonic calls an error that is not its own `Unknown`. By default
    /// (without this) every code but 0 is rejected.
    #[must_use]
    pub fn only_transient(mut self) -> Self {
        self.only_transient = true;
        self
    }

    fn judge(&mut self, fields: &HeaderMap) -> Result<(), Rejection> {
        let Some(status) = fields.get(GRPC_STATUS) else { return Ok(()) };
        self.seen = true;
        let code = status.to_str().ok().and_then(|text| text.parse::<u32>().ok());
        let verdict = match code {
            Some(0) => return Ok(()),
            Some(code) if self.only_transient && self.transient & bit(code) == 0 => return Ok(()),
            Some(code) if self.transient & bit(code) == 0 => Verdict::Permanent,
            _ => Verdict::Transient,
        };
        let mut reason = format!("grpc-status is {}", status.as_bytes().escape_ascii());
        if let Some(message) = fields.get(GRPC_MESSAGE) {
            reason.push_str(": ");
            reason.extend(message.as_bytes().escape_ascii().map(char::from));
        }
        Err(Rejection::new(verdict, reason))
    }
}

/// Nothing for a number that is no code.
fn bit(code: u32) -> u32 {
    1_u32.checked_shl(code).unwrap_or(0)
}

impl Default for GrpcStatus {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for GrpcStatus {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.judge(head.headers())
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        if let Some(trailers) = end.trailers() {
            self.judge(trailers)?;
        }
        if self.seen { Ok(()) } else { Err(Rejection::cut("response ended without a grpc-status")) }
    }

    fn needs_plain_content(&self) -> bool {
        false
    }
}

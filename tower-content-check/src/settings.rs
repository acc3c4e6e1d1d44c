use crate::Head;
use http::StatusCode;
use std::{fmt, sync::Arc};

/// 16 MiB: far above what an API answers in one piece, and a server that never stops sending cannot take
/// much more than this of each call.
pub(crate) const DEFAULT_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// 64 KiB: more than an error page needs, and less than what a new connection costs on most networks.
pub(crate) const DEFAULT_DRAIN_BYTES: u64 = 64 * 1024;

type Predicate = dyn Fn(&Head<'_>) -> bool + Send + Sync;

/// What the layer decides before any check is asked.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) max_bytes: u64,
    pub(crate) drain_bytes: u64,
    pub(crate) compact: bool,
    /// Sequences of JSON texts are passed on too.
    pub(crate) one_text: bool,
    pub(crate) judge_when: Option<Arc<Predicate>>,
}

/// What becomes of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    Judge,
    Drain,
    PassOn,
}

// ===== impl Settings =====

impl Settings {
    pub(crate) fn course(&self, head: &Head<'_>) -> Course {
        if !head.has_body() {
            return Course::PassOn;
        }
        let judged = match &self.judge_when {
            Some(predicate) => predicate(head),
            None => head.status().is_success() && !self.is_stream(head),
        };
        if judged {
            return Course::Judge;
        }
        // A success that is not to be judged may be a stream without end: it is nobody's failed attempt, and
        // its body is wanted as it comes.
        let failed = head.status() >= StatusCode::MULTIPLE_CHOICES;
        let failed = failed && !is_endless(head);
        let fits = head.declared_length().is_none_or(|length| length <= self.drain_bytes);
        if failed && fits && self.drain_bytes > 0 { Course::Drain } else { Course::PassOn }
    }

    /// Whether the content is wanted as it comes.
    fn is_stream(&self, head: &Head<'_>) -> bool {
        is_endless(head) || self.one_text && is_sequence(head)
    }
}

/// Events and replaced images come until somebody hangs up.
fn is_endless(head: &Head<'_>) -> bool {
    is_one_of(head, &["text/event-stream", "multipart/x-mixed-replace"])
}

/// JSON texts one after the other are often sent as they arise, and one JSON text they are not (RFC 7464 has its own
/// media type for that; those of lines are customary).
fn is_sequence(head: &Head<'_>) -> bool {
    is_one_of(
        head,
        &[
            "application/json-seq",
            "application/geo+json-seq",
            "application/x-ndjson",
            "application/ndjson",
            "application/jsonl",
            "application/x-jsonlines",
            "application/jsonlines",
            "application/stream+json",
            "application/x-json-stream",
        ],
    )
}

fn is_one_of(head: &Head<'_>, types: &[&str]) -> bool {
    head.media_type()
        .is_some_and(|stated| types.iter().any(|name| stated.eq_ignore_ascii_case(name.as_bytes())))
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_bytes: DEFAULT_MAX_BYTES,
            drain_bytes: DEFAULT_DRAIN_BYTES,
            compact: false,
            one_text: false,
            judge_when: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("max_bytes", &self.max_bytes)
            .field("drain_bytes", &self.drain_bytes)
            .field("compact", &self.compact)
            .field("one_text", &self.one_text)
            .field("judge_when", &self.judge_when.as_ref().map(|_| ".."))
            .finish()
    }
}

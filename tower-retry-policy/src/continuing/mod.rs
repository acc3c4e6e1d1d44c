//! Bodies that continue themselves, by a [`RetryPolicy`].
//!
//! [`ContinueLayer`] hands on the head of a response at once, with a body that asks for its own rest when it breaks off. It
//! asks a [`ContinuePolicy`] whether and when, and a `RetryPolicy` is one: a break is a failure like any other, of the phase
//! [`Body`](Phase::Body), and the rest is a retry.
//!
//! - **Count.** A policy of four attempts sends four requests until something comes, whoever sends them: the first, the
//!   continuations, and the retries of a [`RetryLayer`](crate::RetryLayer) below the `ContinueLayer`, which is told how many
//!   are used up. [Enough](ContinueLayer::progress) that has come begins the count anew, and the backoff with it. Limits of
//!   single phases ([`retries_after`](RetryPolicy::retries_after)) count likewise.
//! - **Waits.** Backoff and `Retry-After` as ever. Nothing is held while the body waits: no connection, no permit.
//! - **Budget.** Each continuation is paid for; its request deposits nothing. What the body has of the budget goes back when
//!   it is over or dropped.
//! - **Deadline.** A [`Deadline`](crate::Deadline) in the request holds for the body with all of its continuations. A wait
//!   that would not end before it ends the body at once.
//! - **Override.** A [`RetryPatch`](crate::RetryPatch) or a `RetryPolicy` in the extensions of the request holds for its body
//!   as for its call. Budget and observers are always those of the layer's policy.
//! - **Story.** Observers hear of each [continuation](crate::Observer::continuing) and of the
//!   [end](crate::Observer::stream_ended) of a body that broke. A body that is given up ends with an error that has the
//!   [`RetryError`](crate::RetryError) of all its requests, with their [`History`](crate::History).
//!
//! What the policy makes of what failed:
//!
//! | | phase |
//! |---|---|
//! | the body failed, fell silent, or ended short | `Body` |
//! | the request for the rest brought no response | as of any request |
//! | it was answered with a status | `Status`, if the policy retries that; otherwise the body is over |
//! | it was answered with something else than the rest | `Content` |
//!
//! Changed content, a 404, a 403 and the like end the body without a question to the policy. To a retry *above* the
//! `ContinueLayer`, which begins anew, changed content is a failure of the phase `Content` that another attempt may mend; what
//! this policy has given up on is not tried again there, unless
//! [`retry_exhausted_inner`](RetryPolicy::retry_exhausted_inner) is set.
//!
//! A whole stack is in the [recipes](crate::guide::recipes#a-large-download).
//!
//! # What this cannot do
//!
//! - It counts requests that it knows of: those of a retry below that is not this crate's, and of a client that repeats by
//!   itself, count as one.
//! - tower-http's `FollowRedirect` drops the extensions of a request that it sends to another origin. What is used up of the
//!   count is not known to a retry below it then, and counted when that has ended: a call may make more attempts than were
//!   left, and no further call follows.
//! - The [attempt header](RetryPolicy::attempt_header) counts the attempts of one call. A continuation is a call of its own,
//!   which its `Range` shows.

mod broken;
mod story;
mod stream;

pub use self::stream::PolicyStream;
#[cfg(doc)]
use crate::Phase;
use crate::{RetryPolicy, retry::PolicyHandle};
use http::{Request, response::Parts};
#[cfg(doc)]
use tower_content_check::continuation::ContinueLayer;
use tower_content_check::continuation::ContinuePolicy;

impl ContinuePolicy for RetryPolicy {
    type Stream = PolicyStream;

    fn begin(&self, _: &Request<()>, response: &Parts) -> PolicyStream {
        PolicyStream::new(self.clone(), response)
    }
}

impl ContinuePolicy for PolicyHandle {
    type Stream = PolicyStream;

    /// Each body keeps the policy that is in use when its response comes.
    fn begin(&self, _: &Request<()>, response: &Parts) -> PolicyStream {
        PolicyStream::new(self.policy(), response)
    }
}

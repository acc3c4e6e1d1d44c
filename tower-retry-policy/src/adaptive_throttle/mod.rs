//! Rejects requests before they are sent while the server rejects most of them.
//!
//! A server that is asked too much spends its strength on refusals. A client can see that in its own counts and
//! refuse some requests itself: [Google's adaptive throttling][sre]. With the requests and the accepts of
//! the last two minutes each request is rejected with probability
//!
//! ```text
//! max(0, (requests - K * accepts) / (requests + 1))
//! ```
//!
//! With K = 2 a server gets about as many requests that it refuses as it accepts; the rest is not sent. The
//! probes that still go out show when it has recovered.
//!
//! Put the layer *outside* the retry: it decides about whole requests, and a rejection must not be retried.
//!
//! ```text
//! AdaptiveThrottle       rejects at once, with `ThrottledError`
//!   Retry
//!     AttemptTimeout     a limit further out would drop requests unseen
//!       any HTTP service
//! ```
//!
//! # What it cannot do
//!
//! It learns from requests that are over: what is in flight when a server falls over is not recalled, and a request
//! that its caller dropped says nothing. Time limits belong inside the layer, where they end a request by an error.
//! A recovery is found slowly after a long outage: what is sent grows about K times from one window to the next.
//! A shorter window or a higher K finds it sooner. Clients that send a few requests per window see too little for
//! the counts to mean much.
//!
//! # Differences from a retry budget
//!
//! A [budget](crate::budget) bounds what is sent on top of the requests; this bounds the requests themselves.
//! During an outage the budget leaves every first attempt; the throttle leaves few.
//!
//! [sre]: https://sre.google/sre-book/handling-overload/

mod error;
mod future;
mod history;
mod layer;
mod service;

pub use self::{
    error::ThrottledError,
    future::ResponseFuture,
    layer::{Accept, AdaptiveThrottleLayer, DefaultAccept},
    service::AdaptiveThrottle,
};

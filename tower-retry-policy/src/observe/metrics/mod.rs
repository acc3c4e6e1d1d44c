//! Metrics of the facade `metrics`: counters, histograms and a gauge of what the retries of a policy do.
//!
//! ```
//! use tower_retry_policy::{MetricsObserver, RetryPolicy};
//!
//! MetricsObserver::describe(); // once, when the recorder is installed
//! let policy = RetryPolicy::standard().observer(MetricsObserver::new().label("client", "billing"));
//! # let _ = policy;
//! ```
//!
//! | name | kind, unit | labels | counts |
//! |---|---|---|---|
//! | `http.client.retry.attempts` | counter, 1 | | attempts of the calls that are over, first sends included |
//! | `http.client.retry.retries` | counter, 1 | `phase` | retries decided on, by the [phase](crate::Phase::name) of the failure before |
//! | `http.client.retry.hedges` | counter, 1 | | attempts that began beside others, see [`Hedge`](crate::retry::Hedge) |
//! | `http.client.retry.hedges_won` | counter, 1 | | calls whose answer came from another attempt while an earlier one still ran |
//! | `http.client.retry.abandoned` | counter, 1 | | calls that were dropped by their callers |
//! | `http.client.retry.wait` | histogram, seconds | `asked_by` | the waits before retries and continuations; `asked_by` is `backoff` or `server` |
//! | `http.client.retry.successes_after_retry` | counter, 1 | | calls that a retry saved |
//! | `http.client.retry.stops` | counter, 1 | `reason` | calls given up, by the [reason](crate::StopReason::name) |
//! | `http.client.retry.call_duration` | histogram, seconds | | from the first send to the end of the last attempt, waits included |
//! | `http.client.retry.budget_balance` | gauge, 1 | | retries that the budget would grant; only with a budget |
//! | `http.client.retry.continuations` | counter, 1 | `phase` | bodies to be read on, by the phase of the failure before, see [`continuing`](crate::continuing) |
//! | `http.client.retry.continuation_offset` | histogram, bytes | | what the reader had of the body then |
//! | `http.client.retry.bodies_continued` | counter, 1 | | bodies that broke off and are whole |
//! | `http.client.retry.bodies_abandoned` | counter, 1 | | bodies that broke off and were dropped by their readers |
//! | `http.client.retry.body_stops` | counter, 1 | `reason` | bodies that broke off and failed, by the reason |
//!
//! The request for the rest of a body is a call, and what the table says of calls holds for it: `attempts` is the number of
//! requests on the wire.
//!
//! Beside those in the table stand the labels that the observer was given. Hosts and paths are not labels: their
//! number is unbounded.
//!
//! # What this cannot do
//!
//! A call that is dropped below tower's own retry, rather than [`RetryLayer`](crate::RetryLayer), is not counted. The gauge is as
//! it was at the end of the last call, and nothing sets it while there is none.

mod names;
mod observer;

pub use self::observer::MetricsObserver;

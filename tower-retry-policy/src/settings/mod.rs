//! Policies and limits from configuration: TOML, JSON, the environment, and any other format of serde.
//!
//! ```
//! use tower_retry_policy::{StandardLayer, settings::StandardSettings};
//!
//! let settings: StandardSettings = toml::from_str(r#"
//!     deadline = "20s"
//!
//!     [attempt]
//!     head = "2s"
//!
//!     [retry]
//!     retries = 3
//!     statuses = [429, 502, 503, 504]
//!
//!     [retry.backoff]
//!     first = "200ms"
//!     jitter = "equal"
//! "#)?;
//!
//! let stack = settings.apply(StandardLayer::plain())?; // or a layer for each part: `settings.retry_layer()?` and so on
//! # let _ = stack;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! Every key is optional. An empty file is [`RetryPolicy::standard`](crate::RetryPolicy::standard) with the limits below;
//! [`StandardSettings::standard`] writes all of them down, and [`to_toml`](StandardSettings::to_toml) prints them.
//!
//! # Keys
//!
//! | key | value | default | reason |
//! |---|---|---|---|
//! | `deadline` | duration, off | 30 s | what most callers are ready to wait |
//! | `attempt.head`, `attempt.idle` | duration, off | a sixth of the deadline | a server that hangs leaves time for two attempts more |
//! | `attempt.total` | duration, off | a third of the deadline | the same |
//! | `retry.preset` | standard, urllib3, never | standard | see [`Preset`] |
//! | `retry.retries` | 0 to 4294967295, off | 2 | Google SRE and AWS: three attempts |
//! | `retry.retries_after.PHASE` | 0 to 4294967295, off | other: 0, all else off | what is not known is not repeated; the phases are those of [`Phase`](crate::Phase) |
//! | `retry.statuses` | list of 100 to 599 | 408, 429, 500, 502, 503, 504 | what AWS, got and undici agree on |
//! | `retry.methods` | idempotent, any, list | idempotent | RFC 9110 section 9.2.2 |
//! | `retry.honour_idempotency_key` | true, false | true | applications set the field for servers that honour it |
//! | `retry.retry_after` | ignore, `{ refuse = duration }`, `{ cap = duration }` | refuse 60 s | somebody waits |
//! | `retry.grpc_codes` | list of names or numbers, off | off | not every call is gRPC |
//! | `retry.rate_limit_reset` | true, false | false | a draft; takes the feature `rate-limit` |
//! | `retry.attempt_header` | name of a header field, off | off | nothing is added to a request unasked |
//! | `retry.last_response_as_error` | true, false | false | a response is one |
//! | `retry.retry_exhausted_inner` | true, false | false | three attempts around three are nine |
//! | `retry.retry_unauthorized` | true, false | false | a 401 is the server's word, and no proof |
//! | `retry.retry_same_content` | true, false | false | an error page that is always the same stays so |
//! | `retry.backoff.kind` | none, constant, linear, exponential, urllib3, schedule | exponential | a server that struggles gets more and more time |
//! | `retry.backoff.first` | duration | 100 ms | [`RetryPolicy::standard`](crate::RetryPolicy::standard) |
//! | `retry.backoff.factor` | 1 to 1000 | 2 | as everywhere |
//! | `retry.backoff.delays` | list of durations | none | for the kind schedule |
//! | `retry.backoff.cap` | duration, off | 10 s | somebody waits |
//! | `retry.backoff.jitter` | none, full, equal, decorrelated, `"20%"`, duration | full | makes the fewest calls |
//! | `retry.backoff.first_retry_immediately` | true, false | false | it hurts where failures mean load |
//! | `retry.budget.kind` | none, ratio, throttle, quota, in_flight | ratio | [`budget`](crate::budget) compares them |
//! | `retry.budget.*` | see [`BudgetSettings`] | 20 % and 10 a second over 10 s | Finagle's default |
//! | `hedge.after`, or `hedge.percentile` | duration, off; more than 0 to 100 | off | a hedge is load, so it is asked for |
//! | `hedge.*` | see [`HedgeSettings`] | | |
//! | `content.max_bytes`, `content.drain_bytes`, `content.compact` | bytes, bytes, true or false | 16777216, 65536, false | see `ContentCheckLayer` |
//!
//! Where a table stands for one thing, its text alone will do: `retry = "never"`, `backoff = "none"`, `budget = "none"`,
//! `hedge = "2s"`.
//!
//! # Values
//!
//! - **Durations** are a number and one unit: `"1.5s"`, `"100ms"`, `"2m"`. Units are ns, us, ms, s, m, h and d; a number
//!   without a unit is an error, and so is one of more than 365 days. What says `off` above takes `"off"`: no limit. It is not
//!   the same as a key that is absent, which is the default.
//! - **Text for everything**, because the environment has nothing else: `"3"` is a number, `"true"` a switch and
//!   `"429, 503"` a list.
//! - `null` is a key that is absent.
//!
//! # What is wrong is said at once
//!
//! A key that is not known, one that does not apply to this kind of backoff or budget, a missing unit, a number out of its
//! range: each is an error with the key and what would be right, in every format, while the settings are read or at the latest
//! when a policy is made of them. Nothing is rounded to the nearest value that would do, and nothing panics:
//!
//! ```
//! use tower_retry_policy::settings::RetrySettings;
//!
//! let error = serde_json::from_str::<RetrySettings>(r#"{"budget": {"ratio": 20}}"#).unwrap_err();
//! assert!(error.to_string().starts_with("budget.ratio: expected a share of the requests from 0 to 1, found 20"));
//! ```
//!
//! Settings that are made in a program are held to the same rules when something is made of them; so those methods return
//! a `Result`.
//!
//! # What this cannot do
//!
//! - Hold what is no value: observers, conditions, clocks. Add them to the policy that [`RetrySettings::policy`] makes.
//! - Be flattened into settings of your own (`#[serde(flatten)]`): every key of yours would be unknown here. Give it a table.
//! - Be read from a format that does not say what it holds, such as bincode.
//!
//! # gRPC
//!
//! [`ServiceConfig`] reads the service config that gRPC clients have (gRFC A6).

mod attempt;
mod backoff;
mod budget;
mod budget_kind;
mod content;
mod duration;
mod error;
mod grpc_code;
mod hedge;
mod jitter;
mod methods;
mod misfit;
mod or_off;
mod phases;
mod policy;
mod preset;
mod retry;
mod retry_after;
mod section;
mod service_config;
mod standard;
mod table;
mod toml;
mod tree;
mod values;
mod vars;

pub use self::{
    attempt::AttemptSettings,
    backoff::{BackoffKind, BackoffSettings},
    budget::BudgetSettings,
    budget_kind::BudgetKind,
    content::ContentSettings,
    error::SettingsError,
    hedge::HedgeSettings,
    methods::MethodSettings,
    or_off::OrOff,
    preset::Preset,
    retry::RetrySettings,
    service_config::{MethodConfig, ServiceConfig},
    standard::StandardSettings,
};

//! The stack of a policy as Rust: what [`stack`](super::stack) puts together, to be copied into a program.

use std::time::Duration;

use tower_backoff::Jitter;

use super::settings::{Growth, Judged, Policy};

/// A function that puts the layers around a client, with these lines as its documentation.
#[must_use]
pub fn code(policy: &Policy, documentation: &[String]) -> String {
    let documentation: String = documentation.iter().map(|line| format!("/// {line}\n")).collect();
    let (deadline_import, deadline) = match policy.deadline {
        None => ("", String::new()),
        Some(limit) => {
            ("DeadlineLayer, ", format!("        .layer(DeadlineLayer::new({}))\n", duration(limit)))
        }
    };
    let (check_import, check) = match policy.check {
        Judged::Head => ("", ""),
        Judged::Length => (
            "use tower_content_check::{ContentCheckLayer, check::Length};\n",
            "        .layer(ContentCheckLayer::new(Length::new()))\n",
        ),
        Judged::Json => {
            ("use tower_content_check::ContentCheckLayer;\n", "        .layer(ContentCheckLayer::json())\n")
        }
    };
    let jitter_import = if policy.jitter == Jitter::None {
        "use tower_backoff::Backoff;"
    } else {
        "use tower_backoff::{Backoff, Jitter};"
    };
    let (limits_import, limits) = match limits(policy) {
        None => ("", String::new()),
        Some(limits) => {
            ("AttemptTimeoutLayer, ", format!("        .layer(AttemptTimeoutLayer::new(){limits})\n"))
        }
    };
    let retries = policy.attempts.saturating_sub(1);
    let backoff = backoff(policy);
    let text = format!(
        "\
use std::time::Duration;

use bytes::Bytes;
use http::{{Request, Response}};
use http_body::Body;
use http_body_util::Full;
use tower::{{BoxError, Service, ServiceBuilder}};
{jitter_import}
{check_import}use tower_retry_policy::{{{limits_import}{deadline_import}RetryPolicy}};

{documentation}pub fn stack<S, B>(
    client: S,
) -> impl Service<
    Request<Full<Bytes>>,
    Response = Response<impl Body<Data = Bytes, Error: Into<BoxError>>>,
    Error: Into<BoxError>,
    Future: Send,
> + Clone
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>, Future: Send>,
    S: Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{{
    let backoff = {backoff};
    // Measured without the budget, which limits retries to a share of the requests: leave it in for a server
    // that others use too.
    let retry = RetryPolicy::standard().retries({retries}).backoff(backoff).without_budget();
    ServiceBuilder::new()
{deadline}        .retry(retry)
{check}{limits}        .service(client)
}}
"
    );
    if text.matches("Duration").count() > 1 {
        text
    } else {
        text.replacen("use std::time::Duration;\n\n", "", 1)
    }
}

fn backoff(policy: &Policy) -> String {
    let first = duration(policy.first);
    let kind = match policy.growth {
        Growth::None => "Backoff::none()".to_owned(),
        Growth::Constant => format!("Backoff::constant({first})"),
        Growth::Linear => format!("Backoff::linear({first})"),
        Growth::Exponential if policy.factor == 2 => format!("Backoff::exponential({first})"),
        Growth::Exponential => format!("Backoff::exponential({first}).factor({})", policy.factor),
        Growth::Urllib3 => format!("Backoff::urllib3({first})"),
    };
    let jitter = match policy.jitter {
        Jitter::Full => ".jitter(Jitter::Full)".to_owned(),
        Jitter::Equal => ".jitter(Jitter::Equal)".to_owned(),
        Jitter::Decorrelated => ".jitter(Jitter::Decorrelated)".to_owned(),
        Jitter::Proportional { percent } => format!(".jitter(Jitter::Proportional {{ percent: {percent} }})"),
        Jitter::Additive(extra) => format!(".jitter(Jitter::Additive({}))", duration(extra)),
        _ => String::new(),
    };
    let cap = policy.cap.map_or_else(String::new, |cap| format!(".cap({})", duration(cap)));
    kind + &cap + &jitter
}

fn limits(policy: &Policy) -> Option<String> {
    let limit = |name: &str, limit: Option<Duration>| Some(format!(".{name}({})", duration(limit?)));
    let limits = [limit("head", policy.head), limit("idle", policy.idle), limit("total", policy.total)];
    let limits: String = limits.into_iter().flatten().collect();
    (!limits.is_empty()).then_some(limits)
}

fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    match nanos {
        _ if nanos.is_multiple_of(1_000_000_000) => format!("Duration::from_secs({})", duration.as_secs()),
        _ if nanos.is_multiple_of(1_000_000) => format!("Duration::from_millis({})", duration.as_millis()),
        _ => format!("Duration::from_nanos({nanos})"),
    }
}

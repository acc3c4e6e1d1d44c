//! The stack of a policy as Rust: what [`stack`](super::stack) puts together, to be copied into a program.

use super::settings::{Growth, Judged, Policy, Spending};
use std::time::Duration;
use tower_backoff::Jitter;

/// A function that puts the layers around a client, with these lines as its documentation.
#[must_use]
pub fn code(policy: &Policy, documentation: &[String]) -> String {
    let documentation: String = documentation.iter().map(|line| format!("/// {line}\n")).collect();
    let (deadline_import, deadline) = match policy.deadline {
        None => ("", String::new()),
        Some(limit) => {
            ("DeadlineLayer", format!("        .layer(DeadlineLayer::new({}))\n", duration(limit)))
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
    let (limits_import, limits, layer) = match limits(policy) {
        None => ("", String::new(), ""),
        Some(limits) => {
            ("AttemptTimeoutLayer", format!("    let limits = {limits};\n"), "        .layer(limits)\n")
        }
    };
    let (hedge_import, hedge, hedged) = match policy.hedge {
        None => ("", String::new(), ""),
        Some(delay) => (
            "retry::Hedge",
            format!("    let hedge = Hedge::after({}).at_once({});\n", duration(delay), policy.at_once),
            ".hedge(hedge)",
        ),
    };
    let (budget_import, budget, spending) = budget(policy.budget);
    let imports = [limits_import, deadline_import, "RetryLayer", "RetryPolicy", budget_import, hedge_import];
    let imports: Vec<&str> = imports.into_iter().filter(|import| !import.is_empty()).collect();
    let imports = import("tower_retry_policy", &imports.join(", "));
    let retries = format!(".retries({})", policy.attempts.saturating_sub(1));
    let calls = [&retries, ".backoff(backoff)"].map(str::to_owned).into_iter();
    let retry = chain("RetryPolicy::standard()", &calls.chain(spending).collect::<Vec<_>>());
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
{check_import}{imports}
{documentation}pub fn stack<S, B>(
    client: S,
) -> impl Service<
    Request<Full<Bytes>>,
    Response = Response<impl Body<Data = Bytes, Error: Into<BoxError>>>,
    Error = BoxError,
    Future: Send,
> + Clone
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>, Future: Send>,
    S: Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{{
    let backoff = {backoff};
{budget}    let retry = {retry};
{hedge}{limits}    ServiceBuilder::new()
{deadline}        .layer(RetryLayer::new(retry){hedged})
{check}{layer}        .service(client)
}}
"
    );
    if text.matches("Duration").count() > 1 {
        text
    } else {
        text.replacen("use std::time::Duration;\n\n", "", 1)
    }
}

/// What it imports, the lines before the policy, and its setter.
fn budget(spending: Spending) -> (&'static str, String, Option<String>) {
    match spending {
        Spending::Off => (
            "",
            "    // Measured without the budget, which limits retries to a share of the requests. It protects a\n    \
             // server that others use too: for such a one, leave `without_budget` out.\n"
                .into(),
            Some(".without_budget()".into()),
        ),
        Spending::Standard => (
            "",
            "    // Measured with the policy's own budget, which all clones of the stack share.\n".into(),
            None,
        ),
        Spending::Share { percent } => (
            "budget::RatioBudget",
            format!(
                "    // Measured with this budget, which all clones of the stack share.\n    \
                 let budget = RatioBudget::new().ratio({:?}).per_second(0);\n",
                f64::from(percent) / 100.0
            ),
            Some(".budget(budget)".into()),
        ),
    }
}

fn backoff(policy: &Policy) -> String {
    let first = duration(policy.first);
    let kind = match policy.growth {
        Growth::None => "Backoff::none()".to_owned(),
        Growth::Constant => format!("Backoff::constant({first})"),
        Growth::Linear => format!("Backoff::linear({first})"),
        Growth::Exponential => format!("Backoff::exponential({first})"),
        Growth::Urllib3 => format!("Backoff::urllib3({first})"),
    };
    let jitter = match policy.jitter {
        Jitter::Full => Some("Jitter::Full".to_owned()),
        Jitter::Equal => Some("Jitter::Equal".to_owned()),
        Jitter::Decorrelated => Some("Jitter::Decorrelated".to_owned()),
        Jitter::Proportional { percent } => Some(format!("Jitter::Proportional {{ percent: {percent} }}")),
        Jitter::Additive(extra) => Some(format!("Jitter::Additive({})", duration(extra))),
        _ => None,
    };
    let factor = match policy.growth {
        Growth::Exponential if policy.factor != 2 => Some(format!(".factor({})", policy.factor)),
        _ => None,
    };
    let cap = policy.cap.map(|cap| format!(".cap({})", duration(cap)));
    let jitter = jitter.map(|jitter| format!(".jitter({jitter})"));
    let calls: Vec<String> = [factor, cap, jitter].into_iter().flatten().collect();
    chain(&kind, &calls)
}

fn limits(policy: &Policy) -> Option<String> {
    let limit = |name: &str, limit: Option<Duration>| Some(format!(".{name}({})", duration(limit?)));
    let limits = [limit("head", policy.head), limit("idle", policy.idle), limit("total", policy.total)];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    (!limits.is_empty()).then(|| chain("AttemptTimeoutLayer::new()", &limits))
}

/// Of several names, on one line or on a line of their own, as rustfmt's defaults have it.
fn import(from: &str, names: &str) -> String {
    // Less than its width of 100, with the line's end.
    const WIDTH: usize = 100;
    let line = format!("use {from}::{{{names}}};\n");
    if line.len() <= WIDTH { line } else { format!("use {from}::{{\n    {names},\n}};\n") }
}

/// Calls on one line or on a line each, as rustfmt's defaults have it.
fn chain(root: &str, calls: &[String]) -> String {
    const WIDTH: usize = 60;
    let line = format!("{root}{}", calls.concat());
    if calls.len() < 2 || line.len() <= WIDTH {
        return line;
    }
    let calls: String = calls.iter().map(|call| format!("\n        {call}")).collect();
    format!("{root}{calls}")
}

fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    match nanos {
        _ if nanos.is_multiple_of(1_000_000_000) => format!("Duration::from_secs({})", duration.as_secs()),
        _ if nanos.is_multiple_of(1_000_000) => format!("Duration::from_millis({})", duration.as_millis()),
        _ if nanos.is_multiple_of(1_000) => format!("Duration::from_micros({})", duration.as_micros()),
        _ => format!("Duration::from_nanos({nanos})"),
    }
}

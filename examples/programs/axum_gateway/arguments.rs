use crate::server::Allowed;
use clap::Parser;
use http::{Uri, uri::Authority};
use std::{net::SocketAddr, time::Duration};

/// A reverse proxy that retries what may be retried, within a deadline
#[derive(Parser)]
pub(crate) struct Arguments {
    /// Where calls go: those of /NAME/PATH to http://HOST/PATH
    #[arg(required = true, value_name = "NAME=http://HOST", value_parser = place)]
    pub(crate) upstreams: Vec<Place>,
    /// Where the gateway listens; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    pub(crate) listen: SocketAddr,
    /// Where Prometheus reads what is counted, under /metrics
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3001")]
    pub(crate) metrics: SocketAddr,
    /// How long a call may take in all, in seconds; that of a streamed answer, until it begins
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = seconds)]
    pub(crate) deadline: Duration,
    /// How long an upstream may be silent, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    pub(crate) patience: Duration,
    /// How long a client may take for the head of a request, pause in its upload, or not read its answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) client_idle: Duration,
    /// How long calls under way may go on when the program is asked to end, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub(crate) grace: Duration,
    /// Whether all upstreams recognise a repeated request by its Idempotency-Key: then one that carries it, from
    /// whatever client, is repeated whatever its method
    #[arg(long)]
    pub(crate) trust_idempotency_keys: bool,
}

/// An upstream by its name.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) host: Authority,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) deadline: Duration,
    pub(crate) patience: Duration,
    /// Whether a field from outside may permit a repeat.
    pub(crate) trusts_keys: bool,
}

impl Arguments {
    pub(crate) fn allowed(&self) -> Allowed {
        Allowed { idle: self.client_idle, grace: self.grace }
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits { deadline: self.deadline, patience: self.patience, trusts_keys: self.trust_idempotency_keys }
    }
}

fn place(text: &str) -> Result<Place, String> {
    const WANTED: &str = "a name and an address are needed, such as api=http://127.0.0.1:8080";
    let (name, url) = text.split_once('=').ok_or(WANTED)?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(format!("{name:?} is no name: letters, digits and hyphens"));
    }
    let url: Uri = url.parse().map_err(|error| format!("{url:?}: {error}"))?;
    match (url.scheme_str(), url.authority(), url.path_and_query().map_or("/", |path| path.as_str())) {
        (Some("http"), Some(host), "/") if is_plain(host) => {
            Ok(Place { name: name.to_owned(), host: host.clone() })
        }
        _ => Err(WANTED.to_owned()),
    }
}

/// Without a user, who would not be sent, and with a port that is one: of 99999 the client would make 80.
fn is_plain(host: &Authority) -> bool {
    let port = host.as_str().strip_prefix(host.host());
    port.is_some_and(|port| port.is_empty() || host.port_u16().is_some())
}

fn seconds(text: &str) -> Result<Duration, String> {
    const YEAR: f64 = 365.0 * 86_400.0;
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is needed, such as 0.5".to_owned())?;
    if seconds > YEAR {
        return Err("a year is the most".to_owned()); // a clock that is added to must not overflow
    }
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

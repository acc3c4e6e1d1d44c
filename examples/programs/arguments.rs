//! What the programs read from the command line, with errors that say what would be right.

#![allow(dead_code, reason = "each program reads its own part")]

use http::{Uri, uri::Authority};
use std::time::Duration;

/// A whole URL, without a user: these clients would not send one.
pub(crate) fn url(text: &str) -> Result<Uri, String> {
    match text.parse::<Uri>() {
        Ok(url) if url.authority().is_some_and(|host| host.as_str().contains('@')) => {
            Err("a user and a password in the URL are not sent".to_owned())
        }
        // the client would make 80 of it
        Ok(url) if url.authority().is_some_and(has_no_such_port) => {
            Err("a port is a number up to 65535".to_owned())
        }
        Ok(url) if matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some() => Ok(url),
        Err(error) if text.contains("://") => Err(error.to_string()),
        _ => Err(format!("a whole URL is needed, such as http://{}", text.trim_start_matches('/'))),
    }
}

fn has_no_such_port(host: &Authority) -> bool {
    host.as_str() != host.host() && host.port_u16().is_none()
}

/// What may be printed of a URL: its query may hold secrets.
pub(crate) fn without_query(url: &Uri) -> String {
    url.to_string().split('?').next().unwrap_or_default().to_owned()
}

/// Seconds, with parts of one.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is needed, such as 0.5".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

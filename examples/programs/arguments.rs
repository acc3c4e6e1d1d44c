//! What the programs read from the command line, with errors that say what would be right.

#![allow(dead_code, reason = "each program reads its own part")]

use http::Uri;
use std::time::Duration;

/// A whole URL.
pub(crate) fn url(text: &str) -> Result<Uri, String> {
    match text.parse::<Uri>() {
        Ok(url) if matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some() => Ok(url),
        Err(error) if text.contains("://") => Err(error.to_string()),
        _ => Err(format!("a whole URL is needed, such as http://{}", text.trim_start_matches('/'))),
    }
}

/// Seconds, with parts of one.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is needed, such as 0.5".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

//! The URL on the command line, or an error that says what is missing.

use http::Uri;

/// For clap's `value_parser`.
pub(crate) fn parse(text: &str) -> Result<Uri, String> {
    let url: Uri = text.parse().map_err(|error| format!("{error}"))?;
    match (url.scheme_str(), url.host()) {
        (Some("http" | "https"), Some(_)) => Ok(url),
        _ => Err(format!("a whole URL is needed, such as http://{}", text.trim_start_matches('/'))),
    }
}

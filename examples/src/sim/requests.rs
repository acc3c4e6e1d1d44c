//! The two steps that Python's `requests` offers on a response, so that a stage reads like the talk's function.

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use serde_json::value::RawValue;
use std::{error::Error, fmt};
use tower::BoxError;

/// A document that is JSON. Nobody here looks into it, so it is checked and not taken apart: that was a seventh of a
/// run's time.
pub type Json = Box<RawValue>;

/// A response that says that something went wrong.
#[derive(Debug)]
pub struct StatusError {
    status: StatusCode,
}

/// A GET of this URI.
pub fn get(uri: Uri) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::default());
    *request.uri_mut() = uri;
    request
}

/// Turns a response with a status of 400 or above into an error.
///
/// # Errors
/// A [`StatusError`] with the status.
pub fn raise_for_status<B>(response: Response<B>) -> Result<Response<B>, StatusError> {
    match response.status() {
        status if status.is_client_error() || status.is_server_error() => Err(StatusError { status }),
        _ => Ok(response),
    }
}

/// Reads the whole body and parses it.
///
/// # Errors
/// If the body breaks off or is no JSON.
pub async fn json<B>(response: Response<B>) -> Result<Json, BoxError>
where
    B: Body<Error: Into<BoxError>>,
{
    let body = response.into_body().collect().await.map_err(Into::into)?.to_bytes();
    Ok(serde_json::from_slice(&body)?)
}

impl StatusError {
    /// The response's status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.status)
    }
}

impl Error for StatusError {}

//! Reads bodies of the stack, and compares them with the file.

use crate::wire::{Empty, Server, content};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use std::pin::pin;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};
use tower_content_check::continuation::{Continue, ContinueError, ContinueLayer};
use tower_retry_policy::{RetryError, RetryLayer, RetryPolicy, retry::Retry};

/// What came of a body.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) delivered: u64,
    pub(crate) error: Option<BoxError>,
}

impl Read {
    /// The policy's word on the body.
    pub(crate) fn refusal(&self) -> &RetryError {
        let error: &ContinueError = self.error.as_ref().unwrap().downcast_ref().unwrap();
        assert!(error.is_refused_by_policy(), "{error}");
        RetryError::find(error.policy_error().unwrap()).unwrap()
    }
}

/// Continuations and retries by the same policy.
pub(crate) type Stack = Continue<Retry<Server>, RetryPolicy>;

pub(crate) fn stack(policy: &RetryPolicy, server: &Server) -> Stack {
    ServiceBuilder::new()
        .layer(ContinueLayer::new(policy.clone()))
        .layer(RetryLayer::new(policy.clone()))
        .service(server.clone())
}

pub(crate) fn request() -> Request<Empty> {
    Request::get("http://user:pass@example.com/file?key=secret").body(Empty::new()).unwrap()
}

/// Reads a body, and compares every byte.
pub(crate) async fn read(body: impl Body<Data = Bytes, Error = BoxError>) -> Read {
    let mut body = pin!(body);
    let mut delivered = 0;
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                assert!(body.frame().await.is_none(), "an error is the end");
                return Read { delivered, error: Some(error) };
            }
        };
        let mut data = frame.into_data().unwrap();
        while !data.is_empty() {
            let piece = data.split_to(data.len().min(16 * 1024));
            assert!(piece == content(delivered, piece.len() as u64), "other bytes from {delivered} on");
            delivered += piece.len() as u64;
        }
    }
    Read { delivered, error: None }
}

/// Asks and reads.
pub(crate) async fn fetch<S, B>(stack: S, request: Request<Empty>) -> Read
where
    S: Service<Request<Empty>, Response = Response<B>, Error = BoxError>,
    B: Body<Data = Bytes, Error = BoxError>,
{
    read(stack.oneshot(request).await.unwrap().into_body()).await
}

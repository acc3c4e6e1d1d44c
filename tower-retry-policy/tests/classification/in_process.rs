//! axum's router, called and not connected to.

use crate::server::{Seen, Server};
use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Channel};
use std::io::{Error, ErrorKind};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    Answers,
    Busy,
    Silent,
    /// Announces more than it sends.
    Cuts,
    /// Its body fails.
    Fails,
    FallsSilent,
}

pub(crate) fn start(handler: Handler) -> Server {
    let seen = Seen::default();
    let counter = seen.clone();
    let router = Router::new().fallback(move || {
        counter.one_more();
        handler.answer()
    });
    Server::in_process(router, seen)
}

impl Handler {
    async fn answer(self) -> Response<Body> {
        match self {
            Self::Answers => Response::new(Body::from("good")),
            Self::Busy => Response::builder()
                .status(StatusCode::SERVICE_UNAVAILABLE)
                .header("retry-after", "0")
                .body(Body::empty())
                .unwrap(),
            Self::Silent => std::future::pending().await,
            Self::Cuts => Response::builder().header("content-length", "10").body(half(None)).unwrap(),
            Self::Fails => Response::new(half(Some(Error::from(ErrorKind::BrokenPipe)))),
            Self::FallsSilent => {
                let (mut sender, body) = Channel::<Bytes, Error>::new(2);
                sender.try_send(http_body::Frame::data(Bytes::from("half"))).unwrap();
                tokio::spawn(async move {
                    let _open = sender;
                    std::future::pending::<()>().await;
                });
                Response::new(Body::new(body))
            }
        }
    }
}

/// Four bytes without a length, and then an error or the end.
fn half(error: Option<Error>) -> Body {
    let (mut sender, body) = Channel::<Bytes, Error>::new(2);
    sender.try_send(http_body::Frame::data(Bytes::from("half"))).unwrap();
    if let Some(error) = error {
        sender.abort(error);
    }
    Body::new(body.boxed())
}

//! The stack of a policy, put together at run time: the one place where settings become layers.
//!
//! [`code`](super::code) prints the same stack as Rust.

use super::settings::{Judged, Policy};
use crate::{
    sim::{
        client::Client,
        requests::{Json, get, json, raise_for_status},
    },
    talk::stages::Call,
};
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body::Body;
use http_body_util::Full;
use std::{sync::Arc, time::Duration};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::{DeadlineLayer, budget::RatioBudget};

/// Fetches the document under a policy, with the budget that its calls share.
pub(crate) fn fetch(policy: &Policy, budget: Option<Arc<RatioBudget>>, client: Client, uri: Uri) -> Call {
    let (limits, deadline) = (policy.limits(), policy.deadline);
    let stack = ServiceBuilder::new().layer(policy.retry(client.seed(), budget));
    match policy.check {
        Judged::Head => Box::pin(within(deadline, stack.layer(limits).service(client), uri)),
        Judged::Length => {
            let check = ContentCheckLayer::new(Length::new());
            Box::pin(within(deadline, stack.layer(check).layer(limits).service(client), uri))
        }
        Judged::Json => {
            let check = ContentCheckLayer::json();
            Box::pin(within(deadline, stack.layer(check).layer(limits).service(client), uri))
        }
    }
}

async fn within<S, B>(deadline: Option<Duration>, service: S, uri: Uri) -> Result<Json, BoxError>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Error: Into<BoxError>>,
{
    match deadline {
        None => document(service, uri).await,
        Some(limit) => {
            document(ServiceBuilder::new().layer(DeadlineLayer::new(limit)).service(service), uri).await
        }
    }
}

async fn document<S, B>(service: S, uri: Uri) -> Result<Json, BoxError>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Error: Into<BoxError>>,
{
    let response = service.oneshot(get(uri)).await.map_err(Into::into)?;
    json(raise_for_status(response)?).await
}

//! The recommended stack over hyper-util's client, with one of the budgets.

use crate::{body::Frames, budgets::Budget, server::Server};
use bytes::Bytes;
use http::{Request, Response, Uri, Version};
use http_body::Body;
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn, util::BoxCloneSyncService};
use tower_backoff::{Backoff, Jitter};
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{
    AttemptTimeoutLayer, DeadlineLayer, ReplayBody, ReplayBodyLayer, RetryLayer, RetryPolicy, retry::Hedge,
};

pub(crate) const ATTEMPTS: u8 = 3;
pub(crate) const DEADLINE: Duration = Duration::from_secs(9);

/// Of the answers half take longer.
const HEDGE: Duration = Duration::from_secs(2);

/// Hosts of each stack, and so connections of HTTP/2.
const HOSTS: usize = 4;

pub(crate) type Content = UnsyncBoxBody<Bytes, BoxError>;
pub(crate) type Service = BoxCloneSyncService<Request<Frames>, Response<Content>, BoxError>;

/// Over one client: without hedges, and with a second attempt beside one that has brought nothing for a while.
pub(crate) struct Services {
    pub(crate) plain: Service,
    pub(crate) hedged: Service,
}

pub(crate) struct Stack {
    pub(crate) http1: Services,
    pub(crate) http2: Services,
    pub(crate) hosts: Vec<Uri>,
    /// Calls that ended with an outcome of the policy.
    pub(crate) outcomes: AtomicU64,
    budget: Budget,
}

impl Stack {
    pub(crate) fn new(number: usize, server: &Arc<Server>, budget: Budget) -> Self {
        let backoff =
            Backoff::exponential(Duration::from_millis(50)).cap(Duration::from_secs(1)).jitter(Jitter::Full);
        let policy = budget.applied_to(RetryPolicy::standard().backoff(backoff).seed(server.state.seed));
        let host = |host| format!("http://host-{host}.stack-{number}.test/").parse().unwrap();
        Self {
            http1: services(server, Version::HTTP_11, &policy),
            http2: services(server, Version::HTTP_2, &policy),
            hosts: (0..HOSTS).map(host).collect(),
            outcomes: AtomicU64::new(0),
            budget,
        }
    }

    pub(crate) fn check(&self) {
        self.budget.check(&self.hosts, self.outcomes.load(Relaxed));
    }
}

fn services(server: &Arc<Server>, version: Version, policy: &RetryPolicy) -> Services {
    let server = Arc::clone(server);
    let connector = service_fn(move |_: Uri| {
        let server = Arc::clone(&server);
        Box::pin(async move { server.connect(version).await })
    });
    let client: Client<_, ReplayBody> =
        Client::builder(TokioExecutor::new()).http2_only(version == Version::HTTP_2).build(connector);
    let limits = AttemptTimeoutLayer::new()
        .head(Duration::from_secs(5))
        .idle(Duration::from_secs(2))
        .total(Duration::from_secs(7));
    let service = |retry: RetryLayer| {
        let service = ServiceBuilder::new()
            .layer(DeadlineLayer::new(DEADLINE))
            .layer(ReplayBodyLayer::new())
            .layer(retry)
            .layer(ContentCheckLayer::json())
            .layer(limits)
            .service(client.clone());
        BoxCloneSyncService::new(ServiceExt::<Request<Frames>>::map_response(service, boxed))
    };
    let retry = RetryLayer::new(policy.clone());
    Services { plain: service(retry.clone()), hedged: service(retry.hedge(Hedge::after(HEDGE))) }
}

fn boxed<B>(response: Response<B>) -> Response<Content>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    response.map(|body| body.map_err(Into::into).boxed_unsync())
}

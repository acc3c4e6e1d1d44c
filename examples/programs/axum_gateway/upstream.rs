//! One upstream, and the stack that calls it.

use crate::{
    arguments::{Limits, Place},
    early_answer::EarlyAnswer,
    forwarded,
    head_deadline::{HeadDeadline, of_head},
    hop_by_hop,
    log::Log,
    refusal,
};
use axum::body::Body;
use http::{
    Request, Response, StatusCode, Uri, Version,
    header::EXPECT,
    uri::{Authority, Parts, PathAndQuery, Scheme},
};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::{net::IpAddr, sync::Arc, time::Duration};
use tower::{BoxError, ServiceBuilder, ServiceExt, layer::layer_fn, util::BoxCloneSyncService};
use tower_backoff::{Backoff, Jitter};
use tower_content_check::{ContentCheckLayer, Head, check::Length, continuation::ContinueLayer};
use tower_retry_policy::{
    AttemptTimeoutLayer, MetricsObserver, RatioBudget, ReplayBody, ReplayBodyLayer, RetryAfter, RetryError,
    RetryLayer, RetryPolicy,
};

/// Answers up to this length are read inside the attempt, so that one that breaks off is fetched again; longer ones
/// and those of unknown length are streamed.
///
/// A gateway carries any content. To hold a download, or a stream of events that never ends, would cost memory without
/// bound and keep from the client what is there. A quarter of a megabyte holds nearly everything an API answers, and a
/// thousand calls at once take 256 MiB at the most. A streamed answer that breaks off goes on at the very byte if the
/// upstream has a strong `ETag` for it and knows ranges: the client sees a pause. What cannot be continued breaks off at
/// the client too: its connection is closed, so that no client takes it for whole.
const READ_INSIDE: u64 = 256 * 1024;

/// Seven attempts: of an upstream that fails three times in ten, each by chance, `0.3^7` = 0.02 % of the calls see
/// nothing but failures. Six would leave 0.07 %, too near to 0.1 %.
const RETRIES: u32 = 6;

/// Such an upstream needs `0.3 / (1 - 0.3)` = 0.43 retries a call. With 0.6 chance has room, and one that fails
/// altogether gets no more than 1.6 times the calls: gentle enough, since seven attempts would be seven times.
const BUDGET: f64 = 0.6;

/// So much of a path stands in a line.
const PATH_TOLD: usize = 200;

#[derive(Clone)]
pub(crate) struct Upstream {
    name: Arc<str>,
    host: Authority,
    stack: Stack,
    log: Log,
}

type Stack = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;

impl Upstream {
    pub(crate) fn new(place: &Place, limits: Limits, log: Log) -> Self {
        let stack = stack(&place.name, limits);
        Self { name: place.name.as_str().into(), host: place.host.clone(), stack, log }
    }

    pub(crate) async fn call(
        &self,
        mut request: Request<Body>,
        target: PathAndQuery,
        client: IpAddr,
    ) -> Response<Body> {
        self.turn(&mut request, target, client);
        // the query may hold secrets, and a path may hold what a terminal obeys
        let path: String = request.uri().path().escape_default().take(PATH_TOLD).collect();
        let told = format!("{} {path}", request.method());
        let response = match self.stack.clone().oneshot(request).await {
            // no other protocol was offered, and there is no way to speak one
            Ok(response) if response.status() == StatusCode::SWITCHING_PROTOCOLS => refusal::switched(),
            Ok(mut response) => {
                hop_by_hop::remove(response.headers_mut());
                refusal::noted(response)
            }
            Err(error) => {
                let story = RetryError::find(&*error).map(|error| error.history().to_string());
                let story = story.unwrap_or_else(|| error.to_string());
                self.log.complain(format!("{} {told}: {story}", self.name));
                refusal::answer(&*error)
            }
        };
        let status = response.status().as_str().to_owned();
        metrics::counter!("gateway.answers", "upstream" => self.name.to_string(), "status" => status)
            .increment(1);
        response
    }

    /// From a request to the gateway to one to the upstream.
    fn turn(&self, request: &mut Request<Body>, target: PathAndQuery, client: IpAddr) {
        hop_by_hop::remove(request.headers_mut());
        request.headers_mut().remove(EXPECT); // answered here, as soon as the body is asked for
        forwarded::rewrite(request, client);
        let mut uri = Parts::default();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(self.host.clone());
        uri.path_and_query = Some(target);
        *request.uri_mut() = Uri::from_parts(uri).unwrap_or_default();
        *request.version_mut() = Version::HTTP_11;
    }
}

fn stack(name: &str, limits: Limits) -> Stack {
    let client: legacy::Client<_, ReplayBody> = legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(30))
        .retry_canceled_requests(false) // the policy does that, and counts it
        .build(HttpConnector::new().map_response(EarlyAnswer::new));
    let policy = RetryPolicy::standard()
        .retries(RETRIES)
        .backoff(
            Backoff::exponential(Duration::from_millis(10))
                .cap(Duration::from_millis(500))
                .jitter(Jitter::Full),
        )
        // longer than anybody waits here: the refusal is handed on, with the time that it asks for
        .retry_after(RetryAfter::Refuse(limits.deadline))
        // whoever calls the gateway may write that field; whether the upstream recognises a repeat by it is for the
        // gateway's owner to say
        .honour_idempotency_key(limits.trusts_keys)
        .budget(RatioBudget::new().ratio(BUDGET))
        .observer(MetricsObserver::new().label("upstream", name.to_owned()));
    let short = |head: &Head<'_>| head.declared_length().is_some_and(|length| length <= READ_INSIDE);
    let stack = ServiceBuilder::new()
        .map_response(|response: Response<_>| response.map(Body::new))
        .layer(ReplayBodyLayer::new())
        // answers that are streamed; a part that the client has asked for is its own to continue
        .layer(ContinueLayer::new(policy.clone()))
        // below, so that a stream has none, and each request for its rest has one
        .layer(layer_fn(move |inner| HeadDeadline::new(inner, limits.deadline)))
        .layer(RetryLayer::new(policy))
        .layer(ContentCheckLayer::new(Length::new()).judge_when(short))
        .map_request(move |request| of_head(request, limits.patience))
        .layer(AttemptTimeoutLayer::new().head(limits.patience).idle(limits.patience))
        .service(client);
    BoxCloneSyncService::new(stack)
}

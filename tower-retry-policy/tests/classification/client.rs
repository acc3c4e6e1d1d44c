//! The stack under test over hyper-util's client, with the check and the limits inside the retry.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, dns::Name},
    },
    rt::{TokioExecutor, TokioTimer},
};
use std::{fmt::Display, io, net::SocketAddr, time::Duration};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn, util::BoxCloneSyncService};
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::{AttemptTimeoutLayer, Phase, RetryError, RetryPolicy};

/// How long a silent server is waited for. Real sockets need real time; everything else here answers at once.
const SILENCE: Duration = Duration::from_millis(150);

pub(crate) type Stack = BoxCloneSyncService<Request<Full<Bytes>>, Response<()>, BoxError>;

/// Three attempts over one connection each, HTTP/1 or HTTP/2.
pub(crate) fn stack(http2: bool) -> Stack {
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .timer(TokioTimer::new())
        .http2_only(http2)
        .retry_canceled_requests(false)
        .build(HttpConnector::new());
    layered(client)
}

/// A client whose resolver knows no name.
pub(crate) fn without_names() -> Stack {
    let resolver = service_fn(|name: Name| async move {
        Err::<std::vec::IntoIter<SocketAddr>, _>(io::Error::other(format!("no address for {name}")))
    });
    layered(Client::builder(TokioExecutor::new()).build(HttpConnector::new_with_resolver(resolver)))
}

fn layered<C>(client: Client<C, Full<Bytes>>) -> Stack
where
    C: hyper_util::client::legacy::connect::Connect + Clone + Send + Sync + 'static,
{
    let stack = ServiceBuilder::new()
        .retry(RetryPolicy::urllib3(2))
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(AttemptTimeoutLayer::new().head(SILENCE).idle(SILENCE))
        .service(client)
        .map_response(|response| response.map(drop));
    BoxCloneSyncService::new(stack)
}

/// The phase of a failure, or the status of a success.
pub(crate) type Outcome = Result<Phase, u16>;

/// What the server does, how, the outcome, and how often it sees a GET and a POST.
pub(crate) type Row<How> = (&'static str, How, Outcome, usize, usize);

/// What became of a request: the phase of its first failure, or its status.
pub(crate) async fn outcome(stack: &Stack, method: &str, authority: impl Display) -> Outcome {
    let request =
        Request::builder().method(method).uri(format!("http://{authority}/")).body(Full::default()).unwrap();
    match stack.clone().oneshot(request).await {
        Ok(response) => Err(response.status().as_u16()),
        Err(error) => {
            let attempts =
                RetryError::find(&*error).expect("the policy explains every error").history().attempts();
            let phase = attempts[0].phase().unwrap();
            assert!(attempts.iter().all(|attempt| attempt.phase() == Some(phase)), "{error}");
            Ok(phase)
        }
    }
}

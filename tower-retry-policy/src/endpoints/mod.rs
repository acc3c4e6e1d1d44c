//! [`EndpointsLayer`]: another host for the next attempt.
//!
//! A service that runs at several addresses is asked at one of them, and if that fails, at another. The layer stands right
//! inside the retry and chooses for each attempt:
//!
//! ```
//! use http::{Request, Response};
//! use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
//! use tower_retry_policy::{
//!     History, RetryLayer, RetryPolicy,
//!     endpoints::{Endpoints, EndpointsLayer},
//! };
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let client = service_fn(async |request: Request<String>| match request.uri().host() {
//!     Some("a.example") => Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
//!     _ => Ok(Response::new(request.uri().to_string())),
//! });
//! let two = ["http://a.example", "http://b.example/v1"].map(|uri| uri.parse().unwrap());
//! let endpoints = Endpoints::new(two)?;
//! let service = ServiceBuilder::new()
//!     .layer(EndpointsLayer::new(endpoints.clone()).below(RetryLayer::new(RetryPolicy::standard())))
//!     // here a `ContentCheckLayer` and an `AttemptTimeoutLayer`
//!     .service(client);
//!
//! for _ in 0..100 {
//!     let response = service.clone().oneshot(Request::get("http://service/x?y").body(String::new())?).await?;
//!     if let Some(history) = History::of(&response) {
//!         let hosts: Vec<_> = history.attempts().iter().map(|attempt| attempt.endpoint().unwrap().host()).collect();
//!         assert_eq!(hosts, [Some("a.example"), Some("b.example")]);
//!     }
//!     assert_eq!(response.body(), "http://b.example/v1/x?y");
//! }
//! // after five failures it was left alone
//! assert!(endpoints.stats()[0].is_ejected() && endpoints.stats()[0].requests() == 5);
//! # Ok(())
//! # }
//! ```
//!
//! # Which endpoint
//!
//! 1. Not one that is ejected, or held back, while others are left.
//! 2. Of those, one where no attempt of this call was. If there is none, the one where an attempt ended longest ago, and
//!    only then one where an attempt still runs: a [hedge](crate::retry::Hedge) goes elsewhere than the attempt that it
//!    doubts.
//! 3. Of equals, two at random, and of these the one with fewer attempts in flight.
//!
//! The choice is made when the attempt starts. Scheme and authority of the target are replaced, whatever they were, and its
//! path and query stay behind the path of the base address; a `Host` field follows. Whatever else a request carries,
//! credentials included, every endpoint gets to see.
//!
//! # Ejection
//!
//! An endpoint is left alone for a while after [consecutive failures](EndpointsLayer::eject_after). Then one real request
//! is its probe, and others pass by until that has ended or was dropped: a success brings the endpoint back, a failure
//! ejects it for twice as long. At most half of the endpoints are ejected, and never all. With
//! [`fail_fast`](EndpointsLayer::fail_fast) all may be, and the layer is a circuit breaker.
//!
//! # Its place
//!
//! Below the retry, and above whatever ends an attempt: content check and attempt timeout. So it counts what they find: a
//! server that falls silent, a body that breaks off. Where nothing below reads the body, it sees heads only, and an attempt
//! is no longer in flight once its head is there.
//!
//! [`EndpointsLayer::below`] takes the retry and puts a third layer around it, [`EndpointsCallLayer`], by which the attempts
//! of a call know of each other. If something has to stand between them, add the three by hand. Without the third one each
//! attempt chooses for itself, and the history names no endpoints. `FollowRedirect` stands outside all three; each hop is a
//! call of its own.
//!
//! # What this cannot do
//!
//! - One client serves all endpoints; whatever is limited below (`ConcurrencyLimit`, `Buffer`) is limited for all of them
//!   together. The layer is always ready: what the inner service's readiness would hold back waits in the attempt.
//! - The policy's budget is asked before an endpoint is chosen, and is one for the service with all its endpoints;
//!   [`budget_each`](EndpointsLayer::budget_each) gives each a second one.
//! - An endpoint that refuses quickly has few attempts in flight, and so attracts more until it is ejected. One that answers 429
//!   never is: [`hold_back`](EndpointsLayer::hold_back) is for those that say for how long.
//! - A redirect to another host comes back to the endpoints, and so does any request that passes. Send what is for others
//!   through another service; `CONNECT`, whose target is no resource, too.

mod address;
mod call_layer;
mod charge;
mod choice;
#[expect(clippy::module_inception, reason = "the list is what the module is about")]
mod endpoints;
mod error;
mod future;
mod health;
mod layer;
mod list;
mod outcome;
mod service;
mod settings;
mod stats;
mod tried;
mod visit;

pub(crate) use self::tried::Tried;
pub use self::{
    call_layer::{EndpointsCall, EndpointsCallLayer},
    endpoints::Endpoints,
    error::{EndpointsOutError, InvalidEndpoint},
    future::ResponseFuture,
    layer::EndpointsLayer,
    service::EndpointsService,
    stats::EndpointStats,
};

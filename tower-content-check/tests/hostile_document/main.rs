//! A server with a document of changing versions and seeded faults, and stacks of checks above it: what comes out as a
//! success is the document, byte for byte, and a right answer is never refused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod script;
mod world;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty, combinators::UnsyncBoxBody};
use script::Random;
use std::sync::{Arc, Mutex};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn, util::BoxCloneService};
use tower_content_check::{
    BoxError, ContentCheckLayer,
    check::{Checksum, Digest, Length},
    resume::{Resumable, ResumeLayer},
};
use tower_http::decompression::DecompressionLayer;
use world::{Kind, World};

type Call = Request<Empty<Bytes>>;
type Answer = Response<UnsyncBoxBody<Bytes, BoxError>>;
type Stack = BoxCloneService<Call, Answer, BoxError>;

/// The checks of the bytes as sent, in this order of layers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    Sums,
    NoCheck,
    UnpackedAbove,
    UnpackedBelow,
}

fn stack(order: Order, world: &Arc<Mutex<World>>) -> Stack {
    let world = world.clone();
    let server = service_fn(move |request: Call| {
        let answer = world.lock().unwrap().answer(&request);
        async move { answer }
    });
    let resume = ResumeLayer::new();
    let sums = ContentCheckLayer::new((Length::new(), Digest::new(), Checksum::new()));
    let whole = ContentCheckLayer::new(());
    let unpack = DecompressionLayer::new();
    match order {
        Order::Sums => boxed(ServiceBuilder::new().layer(sums).layer(resume).service(server)),
        Order::NoCheck => boxed(ServiceBuilder::new().layer(whole).layer(resume).service(server)),
        Order::UnpackedAbove => {
            boxed(ServiceBuilder::new().layer(whole).layer(unpack).layer(sums).layer(resume).service(server))
        }
        Order::UnpackedBelow => {
            boxed(ServiceBuilder::new().layer(whole).layer(resume).layer(unpack).service(server))
        }
    }
}

fn boxed<S, B>(service: S) -> Stack
where
    S: Service<Call, Response = Response<B>, Error = BoxError, Future: Send> + Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let boxed = |response: Response<B>| response.map(|body| body.map_err(Into::into).boxed_unsync());
    BoxCloneService::new(service.map_response(boxed))
}

/// What one call did, for the account of the whole run.
#[derive(Default, Debug)]
struct Account {
    successes: u64,
    resumed: u64,
    failures: u64,
    statuses: u64,
}

async fn call(order: Order, kind: Kind, seed: u64, account: &mut Account) -> Result<(), String> {
    let world = Arc::new(Mutex::new(World::new(seed, kind)));
    let outcome = attempts(order, seed, account, &world).await;
    outcome.map_err(|what| format!("{what}\n{}", world.lock().unwrap().story()))
}

async fn attempts(
    order: Order,
    seed: u64,
    account: &mut Account,
    world: &Arc<Mutex<World>>,
) -> Result<(), String> {
    let stack = stack(order, world);
    let resumable = Resumable::new();
    let faults = Random::new(seed ^ 0xfa).below(6);
    for attempt in 0..faults + 4 {
        world.lock().unwrap().faulty = attempt < faults;
        let mut request = Request::get("http://example.com/document").body(Empty::new()).unwrap();
        request.extensions_mut().insert(resumable.clone());
        let outcome = stack.clone().oneshot(request).await;
        let must = world.lock().unwrap().right;
        match outcome {
            Ok(response) if response.status() == StatusCode::OK => {
                account.successes += 1;
                let (head, body) = response.into_parts();
                account.resumed +=
                    u64::from(head.extensions.get::<tower_content_check::resume::Resumed>().is_some());
                let body = body.collect().await.map_err(|error| format!("checked body failed: {error}"))?;
                return world.lock().unwrap().is_document(&head, &body.to_bytes());
            }
            Ok(response) => {
                account.statuses += 1;
                if must {
                    return Err(format!("a right answer ended with {}", response.status()));
                }
                if response.status() == StatusCode::PARTIAL_CONTENT {
                    return Err("a part was handed on to a caller that asked for the whole".into());
                }
            }
            Err(error) => {
                account.failures += 1;
                if must {
                    return Err(format!("a right answer was refused: {}", chain(&*error)));
                }
            }
        }
    }
    Err("four right answers in a row, and no success".into())
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let links = std::iter::successors(Some(error), |error| error.source());
    links.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

async fn calls(order: Order, kind: Kind, seeds: u64) -> Account {
    let mut account = Account::default();
    let mut wrong = Vec::new();
    for seed in 0..seeds {
        if let Err(what) = call(order, kind, seed, &mut account).await {
            wrong.push(format!("seed {seed} {order:?} {kind:?}: {what}"));
            if wrong.len() == 8 {
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{account:?}", wrong.join("\n"));
    account
}

#[tokio::test(flavor = "current_thread")]
async fn damaged_content_never_passes_its_sums_and_right_content_is_never_refused() {
    for kind in [Kind::HeadSum, Kind::TrailerSum] {
        let account = calls(Order::Sums, kind, 4_000).await;
        assert!(account.resumed > 20 && account.failures > 1_000, "{account:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_cut_never_passes_as_whole_whatever_the_check() {
    let account = calls(Order::NoCheck, Kind::Honest, 4_000).await;
    assert!(account.resumed > 20 && account.failures > 1_000, "{account:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn packed_content_is_continued_below_decompression() {
    let account = calls(Order::UnpackedAbove, Kind::Packed, 4_000).await;
    assert!(account.resumed > 20 && account.failures > 1_000, "{account:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn packed_and_unpacked_bytes_are_never_joined_above_decompression() {
    let account = calls(Order::UnpackedBelow, Kind::PackedHonest, 4_000).await;
    assert!(account.resumed > 20 && account.failures > 1_000, "{account:?}");
}

use crate::random::Random;
use http::{Request, Response, Uri};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};
use tokio::task::{JoinSet, yield_now};
use tower::{Layer, ServiceExt, service_fn};
use tower_retry_policy::endpoints::{Endpoints, EndpointsLayer};

/// `always` is on every list, the others come and go: what is counted of it is what happened there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lists_that_change_on_other_threads_lose_nothing_and_double_nothing() {
    let list = |bits: u64| {
        let others = (0..4).filter(move |bit| bits >> bit & 1 == 1).map(|bit| format!("http://h{bit}"));
        others.chain(["http://always".to_owned()]).map(|uri| uri.parse::<Uri>().unwrap())
    };
    let endpoints = Endpoints::new(list(15)).unwrap();
    let happened = Arc::new([const { AtomicU64::new(0) }; 3]);
    let mut calls = JoinSet::new();
    for seed in 0..4 {
        let (set, happened) = (endpoints.clone(), happened.clone());
        let layer = EndpointsLayer::new(endpoints.clone()).eject_after(2);
        calls.spawn(async move {
            let mut random = Random(seed);
            for _ in 0..2_000 {
                let (kind, bits) = (random.below(3), random.below(16));
                let happened = happened.clone();
                let inner = service_fn(move |request: Request<()>| {
                    if request.uri().host() == Some("always") {
                        happened[usize::try_from(kind).unwrap()].fetch_add(1, SeqCst);
                    }
                    async move {
                        yield_now().await;
                        match kind {
                            0 => Ok(Response::new(())),
                            1 => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
                            _ => std::future::pending().await,
                        }
                    }
                });
                let call = layer.layer(inner).oneshot(Request::get("/").body(()).unwrap());
                if kind == 2 {
                    let mut call = tokio_test::task::spawn(call);
                    assert!(call.poll().is_pending());
                    set.set(list(bits)).unwrap();
                } else {
                    let call = tokio::spawn(call);
                    set.set(list(bits)).unwrap();
                    assert_eq!(call.await.unwrap().is_ok(), kind == 0);
                }
            }
        });
    }
    calls.join_all().await;
    let stats = endpoints.stats();
    assert!(stats.iter().all(|stats| stats.in_flight() == 0), "{stats:?}");
    let always = stats.iter().find(|stats| stats.address().host() == Some("always")).unwrap();
    let counted = [always.successes(), always.failures(), always.dropped()];
    assert_eq!(counted, [0, 1, 2].map(|kind| happened[kind].load(SeqCst)));
    assert_eq!(always.requests(), counted.iter().sum::<u64>());
}

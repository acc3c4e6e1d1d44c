//! A 401, a patch and a new policy under tower's own loop, which has no hook: the same number of requests.
use crate::world::{Outcome, Random, Script, Tokens, World};
use http::Method;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use std::{collections::HashMap, time::Duration};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tower_retry_policy::{
    Backoff, CallEnd, Idempotent, Jitter, Observer, RetryLayer, RetryPatch, RetryPolicy,
};

#[derive(Debug, Default)]
struct Ends(AtomicUsize, Mutex<Vec<u32>>);

#[derive(Clone, Debug, Default)]
struct Hears(Arc<Ends>);

impl Observer for Hears {
    fn ended(&self, call: &CallEnd<'_>) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
        self.0.1.lock().unwrap().push(call.attempts());
    }
}

fn base(retries: u32, knob: bool) -> RetryPolicy {
    RetryPolicy::standard()
        .retries(retries)
        .backoff(Backoff::constant(Duration::from_millis(10)).jitter(Jitter::None))
        .retry_unauthorized(knob)
}

#[tokio::test(start_paused = true)]
async fn both_loops_send_alike_and_spend_the_layers_budget() {
    for seed in 0..2_000 {
        let mut random = Random(seed);
        let mut script: Script = random.script();
        script.hooks.clear();
        let (retries, knob, left) =
            (u32::try_from(random.below(5)).unwrap(), random.below(3) > 0, random.below(4));
        let (method, patched, own, listed) =
            (random.of(&[Method::GET, Method::POST]), random.below(3), random.below(3), random.below(2) == 0);
        let idempotent = random.below(3) == 0;
        let mut results = Vec::new();
        for tower_loop in [false, true] {
            let (tokens, foreign) = (Tokens::new(left), Tokens::new(1_000));
            let (ours, theirs) = (Hears::default(), Hears::default());
            let policy = base(retries, knob).budget(tokens.clone()).observer(ours.clone());
            let world = World::new(HashMap::from([(1, script.clone())]));
            let mut request = World::request(1, &method);
            if idempotent {
                request.extensions_mut().insert(Idempotent);
            }
            // the request's own policy brings a budget and an observer that must not count
            if own > 0 {
                let mut policy = base(3, listed).observer(theirs.clone());
                policy = if own == 1 { policy.budget(foreign.clone()) } else { policy.without_budget() };
                request.extensions_mut().insert(policy);
            }
            if patched > 0 {
                let (foreign, theirs) = (foreign.clone(), theirs.clone());
                request.extensions_mut().insert(
                    RetryPatch::new(move |policy| match patched {
                        1 => policy.budget(foreign.clone()).retries(4).observer(theirs.clone()).seed(1),
                        _ => RetryPolicy::never().retries(1).statuses([]).observer(theirs.clone()),
                    })
                    .and(RetryPatch::new(|policy| policy.seed(3).without_budget().any_method())),
                );
            }
            let status = if tower_loop {
                let service = ServiceBuilder::new().retry(policy).service(world.clone());
                service.oneshot(request).await.map(|response| response.status().as_u16()).ok()
            } else {
                let service = RetryLayer::new(policy).layer(world.clone());
                service.oneshot(request).await.map(|response| response.status().as_u16()).ok()
            };
            let sent: Vec<u64> = world.seen.lock().unwrap()[&1].sent.iter().map(|sent| sent.at).collect();
            let (book, foreign) = (tokens.book(), foreign.book());
            let story = format!(
                "seed {seed} tower {tower_loop} {method} {retries} {knob} {left} own {own} patched {patched} {script:?} {sent:?} {book:?} {foreign:?}"
            );
            assert_eq!((foreign.withdrawn, foreign.settled.len(), foreign.begun), (0, 0, 0), "{story}");
            assert_eq!(theirs.0.0.load(Ordering::Relaxed), 0, "{story}");
            assert_eq!(*ours.0.1.lock().unwrap(), [u32::try_from(sent.len()).unwrap()], "{story}");
            assert_eq!((book.begun, book.over, book.settled.len()), (1, 1, 1), "{story}");
            assert_eq!(book.withdrawn, book.ended + book.given_back, "{story}");
            let unauthorized = script
                .attempts
                .iter()
                .take(sent.len() - 1)
                .filter(|(outcome, _)| *outcome == Outcome::Status(401))
                .count();
            assert!(unauthorized <= 1, "{story}");
            results.push((sent, status, book.left, format!("{:?}", book.settled), story));
        }
        let [a, b] = [&results[0], &results[1]];
        assert_eq!((&a.0, &a.1, a.2, &a.3), (&b.0, &b.1, b.2, &b.3), "{}\n{}", a.4, b.4);
    }
}

/// A policy that is torn would send another number of requests than any whole one.
#[tokio::test(start_paused = true)]
async fn a_policy_replaced_in_the_middle_of_a_call_is_of_later_calls() {
    for seed in 0..1_000 {
        let mut random = Random(seed);
        let tokens = Tokens::new(1_000);
        let ours = Hears::default();
        let mut layer = RetryLayer::new(base(3, false).budget(tokens.clone()).observer(ours.clone()));
        let handle = layer.handle();
        let scripts =
            (0..8).map(|id| (id, Script { attempts: vec![(Outcome::Status(503), 10); 6], hooks: vec![] }));
        let world = World::new(scripts.collect());
        let service = layer.clone().layer(world.clone());
        let mut calls = Vec::new();
        let mut retries = 3;
        let mut all = 0;
        for id in 0..8 {
            let patch = random.below(3) as u32;
            let mut request = World::request(id, &Method::GET);
            let expected = if patch > 0 {
                request.extensions_mut().insert(RetryPatch::new(move |policy| policy.retries(patch)));
                patch
            } else {
                retries
            };
            let mut service = service.clone();
            // the call begins where it is made, not where it is polled first
            let call = service.ready().await.unwrap().call(request);
            let call = tokio::spawn(call);
            tokio::task::yield_now().await;
            calls.push((id, expected, call));
            tokio::time::sleep(Duration::from_millis(random.below(30))).await;
            retries = random.below(5) as u32;
            match random.below(3) {
                0 => handle.replace(base(retries, true).without_budget().observer(Hears::default())),
                1 => handle.replace(handle.policy().retries(retries)),
                _ => handle.replace(
                    RetryPolicy::never().statuses([http::StatusCode::SERVICE_UNAVAILABLE]).retries(retries),
                ),
            }
        }
        for (id, expected, call) in calls {
            call.await.unwrap().unwrap();
            let sent = world.seen.lock().unwrap()[&id].sent.len();
            assert_eq!(sent as u32, expected + 1, "seed {seed} call {id}");
            all += expected;
        }
        let book = tokens.book();
        assert_eq!(
            (book.withdrawn, book.given_back, book.ended),
            (u64::from(all), 0, u64::from(all)),
            "seed {seed}"
        );
        assert_eq!(book.settled.len(), 8, "seed {seed}");
        assert_eq!(ours.0.0.load(Ordering::Relaxed), 8);
    }
}

#[test]
fn threads_that_replace_and_call_neither_block_nor_tear() {
    let tokens = Tokens::new(u64::MAX / 2);
    let mut layer = RetryLayer::new(base(0, false).backoff(Backoff::none()).budget(tokens.clone()));
    let handle = layer.handle();
    // the number of retries and the status that asks for them belong together: 500 + n is retried n times
    let whole =
        |n: u16| base(u32::from(n), false).backoff(Backoff::none()).statuses([(500 + n).try_into().unwrap()]);
    handle.replace(whole(1));
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut threads = Vec::new();
    for n in 0..2 {
        let (handle, stop) = (handle.clone(), stop.clone());
        threads.push(std::thread::spawn(move || {
            let mut random = Random(n);
            while !stop.load(Ordering::Relaxed) {
                let n = 1 + u16::try_from(random.below(4)).unwrap();
                // reading and replacing, from a policy that others replace meanwhile
                let _ = handle.policy();
                handle.replace(whole(n));
            }
        }));
    }
    let mut callers = Vec::new();
    for n in 10..12 {
        let layer = layer.clone();
        callers.push(std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut random = Random(n);
                for call in 0..20_000 {
                    let n = 1 + u16::try_from(random.below(4)).unwrap();
                    let asked = Arc::new(AtomicUsize::new(0));
                    let counting = asked.clone();
                    let service = layer.layer(tower::service_fn(move |_: http::Request<()>| {
                        counting.fetch_add(1, Ordering::Relaxed);
                        async move {
                            Ok::<_, std::convert::Infallible>(
                                http::Response::builder().status(500 + n).body(()).unwrap(),
                            )
                        }
                    }));
                    service.oneshot(http::Request::get("/").body(()).unwrap()).await.unwrap();
                    let asked = asked.load(Ordering::Relaxed);
                    assert!(
                        asked == 1 || asked == usize::from(n) + 1,
                        "call {call}: 500 + {n} was sent {asked} times"
                    );
                }
            });
        }));
    }
    for caller in callers {
        caller.join().unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().unwrap();
    }
    let book = tokens.book();
    assert_eq!((book.withdrawn, book.begun), (book.ended, book.over));
    assert_eq!(book.settled.len(), 40_000);
}

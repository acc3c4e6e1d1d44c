//! Many calls in this process. Time is a counter, and each wait is one that must be woken from.

use crate::{
    model::{Broken, Model, Sum, World},
    plan::{First, Plan},
    reader::{self, Reader},
    rng::Rng,
    server::Server,
    spy::{Heard, Spy},
};
use http_body::Body;
use std::{
    env,
    pin::{Pin, pin},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};
use tower::{Layer, Service};
use tower_content_check::continuation::{Continuations, ContinueLayer};

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls until it is ready, each time as another task.
fn ready<T>(world: &World, mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    loop {
        if let Poll::Ready(ready) = once(world, &mut poll) {
            return ready;
        }
    }
}

fn once<T>(world: &World, poll: &mut impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    *world.parked.borrow_mut() = None;
    let polled = poll(&mut Context::from_waker(&waker));
    if polled.is_pending() {
        // sometimes it is polled although nobody woke it
        if world.chance(80) {
            world.clock.set(world.clock.get() + 1);
        }
        let parked = world.parked.borrow_mut().take();
        parked.expect("nothing that it waits for").wake();
        assert!(woken.0.load(Ordering::Relaxed), "another task was woken");
    }
    polled
}

/// Gives the requests, and whether it ended well, where it did.
fn play(seed: u64, tell: bool) -> (u32, Option<bool>) {
    let mut rng = Rng::new(seed);
    let plan = Plan::new(&mut rng);
    if tell {
        eprintln!("{plan:?}");
    }
    let request = plan.request(&mut rng, "http://test/file?a=b");
    let world = World::new(Server::new(plan.clone(), rng));
    world.server.borrow_mut().tell = tell;
    let heard = Rc::new(Heard::default());
    let layer = ContinueLayer::new(Spy { world: world.clone(), heard: heard.clone() })
        .skip(plan.skip)
        .progress(plan.progress);
    let layer = if plan.by_date || matches!(plan.first, First::Date(_)) {
        layer.allow_last_modified()
    } else {
        layer
    };
    let sum = world.server.borrow().sum();
    let layer = layer.check(plan.checked.then(|| Sum::new(sum)));

    let mut service = layer.layer(Model::new(&world));
    ready(&world, |cx| service.poll_ready(cx)).unwrap();
    let mut call = Box::pin(service.call(request));
    let response = ready(&world, |cx| call.as_mut().poll(cx)).unwrap();
    drop((call, service));
    let handle = Continuations::of(&response).cloned();
    let ended = read(&world, &heard, handle.as_ref(), pin!(response.into_body()));
    drop(layer);
    assert_eq!((Rc::strong_count(&world), Rc::strong_count(&heard)), (1, 1), "something outlives the body");
    assert!(!world.is_held() && Rc::strong_count(&heard.streams) == 1, "something outlives the body");
    assert_eq!(heard.begun.get(), u32::from(plan.is_continued()));
    let requests = world.server.borrow().requests;
    (requests, ended)
}

fn read<B>(
    world: &Rc<World>,
    heard: &Heard,
    handle: Option<&Continuations>,
    mut body: Pin<&mut B>,
) -> Option<bool>
where
    B: Body<Data = bytes::Bytes, Error = tower_content_check::BoxError>,
{
    let plan = world.server.borrow().plan.clone();
    let mut reader = Reader::new();
    let mut polls = 0;
    let mut after = 0;
    while after < 2 {
        if plan.leaves == Some(polls) {
            return reader.ended;
        }
        polls += 1;
        {
            let server = world.server.borrow();
            reader::says(&plan, &reader, &server.claims, server.requests, &*body, handle);
        }
        let over_soon = body.is_end_stream();
        let Poll::Ready(item) = once(world, &mut |cx| body.as_mut().poll_frame(cx)) else { continue };
        assert!(!over_soon || item.is_none(), "it said that it was over");
        let (damaged, part, last) = {
            let server = world.server.borrow();
            (server.damaged, server.part, server.last)
        };
        after += u32::from(reader.ended.is_some());
        match item {
            Some(item) if reader.ended.is_some() => panic!("{item:?} after the end"),
            Some(Ok(frame)) => {
                reader.frame(&plan, damaged, part, frame);
                world.server.borrow_mut().delivered = reader.delivered;
            }
            Some(Err(error)) => {
                reader.error(&plan, last, &error);
                assert!(plan.is_continued() || plan.checked || error.is::<Broken>(), "{error:?}");
            }
            None if reader.ended.is_none() => {
                reader.end(&plan);
                assert_eq!(last, None, "a final answer was taken for an end");
            }
            None => {}
        }
        if let (Some(well), true) = (reader.ended, plan.is_continued()) {
            assert_eq!(heard.ended.get(), Some(well), "the policy hears the end");
            world.server.borrow_mut().over = true;
            assert!(!world.is_held(), "something is held after the end");
        }
    }
    reader.ended
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |number| number.parse().unwrap())
}

/// Tells the seed of a call that fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("CONTINUE_CALLS=1 CONTINUE_SEED={}", self.0);
        }
    }
}

#[test]
fn only_the_true_version_is_read_whatever_the_server_does() {
    let (calls, seed) = (number("CONTINUE_CALLS", 60_000), number("CONTINUE_SEED", 1));
    let (mut continued, mut whole, mut failed) = (0_u64, 0_u64, 0_u64);
    for seed in seed..seed + calls {
        let guard = Seed(seed);
        let (requests, ended) = play(seed, calls == 1);
        drop(guard);
        continued += u64::from(requests > 1);
        whole += u64::from(requests > 1 && ended == Some(true));
        failed += u64::from(requests > 1 && ended == Some(false));
    }
    println!("of {calls} bodies {continued} were continued: {whole} whole, {failed} with an error");
    assert!(calls < 1000 || whole > calls / 10 && failed > calls / 10, "too few of a kind");
}

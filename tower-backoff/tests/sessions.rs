//! The drop-in for tower's `MakeBackoff` and `Backoff`, on paused time.
#![cfg(feature = "tower")]

use std::{collections::HashSet, time::Duration};
use tokio::time::Instant;
use tower::{
    Layer, Service,
    retry::{
        Policy, RetryLayer,
        backoff::{Backoff as _, MakeBackoff},
    },
    service_fn,
};
use tower_backoff::{Backoff, BackoffMaker, BackoffSession, Jitter, Sleep};

const SECOND: Duration = Duration::from_secs(1);

fn full() -> Backoff {
    Backoff::exponential(SECOND).jitter(Jitter::Full)
}

async fn waits(mut session: BackoffSession, count: usize) -> Vec<Duration> {
    let mut waits = Vec::new();
    for _ in 0..count {
        let start = Instant::now();
        session.next_backoff().await;
        waits.push(start.elapsed());
    }
    waits
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_as_long_as_it_says() {
    let mut maker = BackoffMaker::new(Backoff::urllib3(25 * SECOND));
    assert_eq!(waits(maker.make_backoff(), 4).await, [0, 50, 100, 120].map(Duration::from_secs));
}

/// tower 0.5.3 clones the maker's generator into each session: three sessions wait in step.
#[tokio::test(start_paused = true)]
async fn sessions_of_one_maker_draw_independently() {
    let mut maker = BackoffMaker::seeded(full(), 1);
    let mut seen = HashSet::new();
    for _ in 0..50 {
        seen.insert(waits(maker.make_backoff(), 3).await);
    }
    assert_eq!(seen.len(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_clone_is_a_session_of_its_own_from_the_first_delay() {
    let mut maker = BackoffMaker::seeded(Backoff::exponential(SECOND).jitter(Jitter::Equal), 1);
    let mut session = maker.make_backoff();
    for _ in 0..5 {
        session.next_backoff().await;
    }
    let (one, other) = (waits(session.clone(), 1).await, waits(session.clone(), 1).await);
    assert!(one[0] <= SECOND + Duration::from_millis(1), "a clone goes on with retry 6: {one:?}");
    assert_ne!(one, other);
    // Clones of the maker count together too.
    assert_ne!(waits(maker.clone().make_backoff(), 2).await, waits(maker.make_backoff(), 2).await);
}

#[tokio::test(start_paused = true)]
async fn a_seeded_maker_repeats_itself() {
    let sessions = async |seed| {
        let mut maker = BackoffMaker::seeded(full(), seed);
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(waits(maker.make_backoff(), 3).await);
        }
        all
    };
    let (one, other) = (sessions(7).await, sessions(8).await);
    assert_eq!(one, sessions(7).await);
    // Neighbouring seeds share no session either.
    assert!(one.iter().all(|session| !other.contains(session)));
}

#[tokio::test(start_paused = true)]
async fn no_wait_completes_at_once_and_without_a_timer() {
    let mut session = BackoffMaker::new(Backoff::none()).make_backoff();
    let start = Instant::now();
    session.next_backoff().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    // Outside a runtime a timer would panic when it is made.
    std::thread::spawn(move || drop(session.next_backoff())).join().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_longest_delay_is_a_wait_like_any_other() {
    let mut session = BackoffMaker::new(Backoff::constant(Duration::MAX)).make_backoff();
    let wait = tokio::time::timeout(Duration::from_secs(3600), session.next_backoff());
    assert!(wait.await.is_err());
}

#[derive(Clone)]
struct ThreeRetries {
    left: u32,
    session: BackoffSession,
}

impl Policy<(), (), &'static str> for ThreeRetries {
    type Future = Sleep;

    fn retry(&mut self, (): &mut (), result: &mut Result<(), &'static str>) -> Option<Sleep> {
        result.as_ref().err()?;
        self.left = self.left.checked_sub(1)?;
        Some(self.session.next_backoff())
    }

    fn clone_request(&mut self, (): &()) -> Option<()> {
        Some(())
    }
}

#[tokio::test(start_paused = true)]
async fn it_works_inside_towers_retry() {
    let session = BackoffMaker::new(Backoff::exponential(SECOND)).make_backoff();
    let failing = service_fn(async |()| -> Result<(), &'static str> { Err("down") });
    let mut service = RetryLayer::new(ThreeRetries { left: 3, session }).layer(failing);
    for _ in 0..2 {
        // tower clones the policy for each request, so that each starts at the first delay.
        let start = Instant::now();
        assert_eq!(service.call(()).await, Err("down"));
        assert_eq!(start.elapsed(), 7 * SECOND);
    }
}

#[test]
fn the_types_say_what_they_are() {
    let mut maker = BackoffMaker::from(full());
    assert_eq!(maker.backoff(), &full());
    assert!(format!("{maker:?}").starts_with("BackoffMaker { backoff: Backoff {"));
    assert!(format!("{:?}", maker.make_backoff()).contains("retries: 0"));
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&maker);
    shared(&maker.make_backoff());
}

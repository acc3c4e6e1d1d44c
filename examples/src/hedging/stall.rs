//! One run against a server that stands still for a while.

use super::{arrivals::Arrivals, variants::Variant, workers::Workers};
use crate::sim::random::{Purpose, Random};
use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use std::{
    io,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    runtime,
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tower::{ServiceBuilder, ServiceExt};
use tower_retry_policy::DeadlineLayer;

/// Calls a second: 80 % of what the server can do.
pub const LOAD: u32 = 800;

/// How long a client waits for its call.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// The seconds in which the server stands still.
pub const STALL: Range<usize> = 10..12;

/// The seconds of a run.
pub const SECONDS: usize = 40;

/// The seconds whose goodput is the one to return to.
pub const BEFORE: Range<usize> = 2..STALL.start;

/// Back is who has answered, for so many seconds, ...
const STEADY: usize = 3;

/// ... this much of what was answered before.
const BACK: f64 = 0.95;

/// The counts of one second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Second {
    /// Calls that began.
    pub calls: u64,
    /// Requests that reached the server.
    pub requests: u64,
    /// Calls that were answered in time.
    pub goodput: u64,
}

/// Runs one variant in virtual time and returns its seconds.
///
/// # Errors
/// If the runtime cannot be built.
pub fn stall(variant: &Variant, seed: u64) -> io::Result<Vec<Second>> {
    let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(async {
        let start = Instant::now();
        let at = |second: usize| start + Duration::from_secs(second as u64);
        let server = Workers::new(at(STALL.start)..at(STALL.end));
        let client = ServiceBuilder::new()
            .layer(DeadlineLayer::new(PATIENCE))
            .layer(variant.layer())
            .service(server.clone());
        let answered = Arc::new(Mutex::new(vec![0_u64; SECONDS]));
        let mut seconds = vec![Second::default(); SECONDS];
        let mut arrivals = Arrivals::new(Random::new(seed, Purpose::Clients), Duration::from_secs(1) / LOAD);
        let mut calls = JoinSet::new();
        let mut begins = arrivals.next();
        for (second, counts) in seconds.iter_mut().enumerate() {
            let before = server.requests();
            while begins < at(second + 1) {
                sleep_until(begins).await;
                begins = arrivals.next();
                counts.calls += 1;
                let (client, answered) = (client.clone(), Arc::clone(&answered));
                calls.spawn(async move {
                    let answer = client.oneshot(Request::new(Empty::<Bytes>::new())).await;
                    let second = start.elapsed().as_secs() as usize;
                    if answer.is_ok()
                        && let Some(count) =
                            answered.lock().unwrap_or_else(PoisonError::into_inner).get_mut(second)
                    {
                        *count += 1;
                    }
                });
                while calls.try_join_next().is_some() {}
            }
            sleep_until(at(second + 1)).await;
            counts.requests = server.requests() - before;
        }
        let answered = answered.lock().unwrap_or_else(PoisonError::into_inner);
        for (second, goodput) in seconds.iter_mut().zip(answered.iter()) {
            second.goodput = *goodput;
        }
        seconds
    }))
}

/// Seconds from the stall's end until the first that begins a steady stretch of the earlier goodput; none if it never
/// comes back.
#[must_use]
pub fn recovery(seconds: &[Second]) -> Option<usize> {
    let mean = |range: Range<usize>| {
        let length = range.len() as f64;
        seconds[range].iter().map(|second| second.goodput as f64).sum::<f64>() / length
    };
    let back = BACK * mean(BEFORE);
    let steady = |from: &usize| mean(*from..from + STEADY) >= back;
    (STALL.end..=SECONDS - STEADY).find(steady).map(|second| second - STALL.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_is_who_stays_back() {
        let run = |goodput: fn(usize) -> u64| -> Vec<Second> {
            (0..SECONDS).map(|second| Second { goodput: goodput(second), ..Second::default() }).collect()
        };
        assert_eq!(recovery(&run(|_| 100)), Some(0));
        assert_eq!(recovery(&run(|second| if (10..16).contains(&second) { 0 } else { 100 })), Some(4));
        assert_eq!(recovery(&run(|second| if second < 10 { 100 } else { 90 })), None);
    }
}

//! One run: a fleet, one server, one outage.

use super::{
    record::{Record, Second},
    server::Server,
    setting::Setting,
    variants::{Call, Stack, Variant},
};
use crate::sim::random::{Purpose, Random};
use http_body_util::Empty;
use std::{io, time::Duration};
use tokio::{
    runtime,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tower::ServiceExt;

/// Runs one variant in virtual time and returns its seconds.
///
/// # Errors
/// If the runtime cannot be built.
pub fn storm(setting: &Setting, variant: &Variant, seed: u64) -> io::Result<Vec<Second>> {
    let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(async {
        let record = Record::new(setting.seconds());
        let down = record.start() + Duration::from_secs(setting.down().start as u64);
        let server = Server::new(setting, down..down + setting.outage, record.clone());
        let stack = (variant.stack)(setting, server, Random::new(seed, Purpose::Policies).next_u64());
        let mut draws = Random::new(seed, Purpose::Clients);
        let end = record.start() + Duration::from_secs(setting.seconds() as u64);
        match setting.pause().filter(|_| !setting.open) {
            Some(pause) => {
                let mut clients = JoinSet::new();
                for _ in 0..setting.clients {
                    let random = Random::new(draws.next_u64(), Purpose::Clients);
                    clients.spawn(client(stack.clone(), record.clone(), pause, random));
                }
                sleep_until(end).await;
            }
            None => arrivals(setting, &stack, &record, draws).await,
        }
        record.seconds()
    }))
}

/// Calls, pauses, and calls again until the run is over.
async fn client(stack: Stack, record: Record, pause: Duration, mut random: Random) {
    sleep(pause.mul_f64(random.unit())).await;
    loop {
        call(stack.clone(), record.clone()).await;
        // Between half of the pause and one and a half, so that no two clients stay in step by themselves.
        sleep(pause.mul_f64(0.5 + random.unit())).await;
    }
}

/// Calls that nobody holds back, until the run is over.
async fn arrivals(setting: &Setting, stack: &Stack, record: &Record, mut random: Random) {
    let seconds = setting.seconds() as f64;
    // Given their number, the arrivals of a Poisson process lie evenly over the time: no logarithm, whose last digit
    // differs between machines.
    let count = (setting.load * seconds).round() as u64;
    let mut times: Vec<Duration> =
        (0..count).map(|_| Duration::from_secs_f64(seconds * random.unit())).collect();
    times.sort_unstable();
    let mut calls = JoinSet::new();
    for time in times {
        sleep_until(record.start() + time).await;
        calls.spawn(call(stack.clone(), record.clone()));
        while calls.try_join_next().is_some() {}
    }
    let end: Instant = record.start() + Duration::from_secs(setting.seconds() as u64);
    sleep_until(end).await;
}

async fn call(stack: Stack, record: Record) {
    record.call();
    let response = stack.oneshot(Call::new(Empty::new())).await;
    if response.is_ok_and(|response| response.status().is_success()) {
        record.success();
    }
}

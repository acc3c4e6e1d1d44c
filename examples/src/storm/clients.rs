//! One run: two hundred clients, one server, one outage.

use super::{
    record::{Record, Second},
    server::Server,
    variants::{Call, Stack, Variant},
};
use crate::sim::random::{Purpose, Random};
use http_body_util::Empty;
use std::{io, ops::Range, time::Duration};
use tokio::{
    runtime,
    task::JoinSet,
    time::{sleep, sleep_until},
};
use tower::ServiceExt;

/// How many clients there are.
pub const CLIENTS: u64 = 200;

/// How long a client pauses after a call on average: together about 82 calls a second.
pub const PAUSE: Duration = Duration::from_millis(2400);

/// The seconds in which the server stands still.
pub const OUTAGE: Range<usize> = 30..50;

/// The seconds of a run.
pub const SECONDS: usize = 180;

/// Runs one variant in virtual time and returns its seconds.
///
/// # Errors
/// If the runtime cannot be built.
pub fn storm(variant: &Variant, seed: u64) -> io::Result<Vec<Second>> {
    let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(async {
        let record = Record::new(SECONDS);
        let at = |second: usize| record.start() + Duration::from_secs(second as u64);
        let server = Server::new(at(OUTAGE.start)..at(OUTAGE.end), record.clone());
        let stack = (variant.stack)(server, Random::new(seed, Purpose::Policies).next_u64());
        let mut draws = Random::new(seed, Purpose::Clients);
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let random = Random::new(draws.next_u64(), Purpose::Clients);
            clients.spawn(client(stack.clone(), record.clone(), random));
        }
        sleep_until(at(SECONDS)).await;
        record.seconds()
    }))
}

/// Calls, pauses, and calls again until the run is over.
async fn client(stack: Stack, record: Record, mut random: Random) {
    sleep(PAUSE.mul_f64(random.unit())).await;
    loop {
        record.call();
        let response = stack.clone().oneshot(Call::new(Empty::new())).await;
        if response.is_ok_and(|response| response.status().is_success()) {
            record.success();
        }
        // Between half of the pause and one and a half, so that no two clients stay in step by themselves.
        sleep(PAUSE.mul_f64(0.5 + random.unit())).await;
    }
}

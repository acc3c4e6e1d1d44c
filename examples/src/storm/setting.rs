//! What a storm is made of.

use super::server::SLOWDOWN;
use serde::Serialize;
use std::{ops::Range, time::Duration};

/// A fleet, a server and an outage.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Setting {
    /// How many clients there are; of no matter with open arrivals.
    pub clients: u64,
    /// Calls per second of all of them together, as long as they are answered at once.
    pub load: f64,
    /// Whether calls keep coming whether or not earlier ones have ended. Otherwise each client waits for its answer
    /// and pauses before it calls again.
    pub open: bool,
    /// Requests per second that the server manages with an empty queue.
    pub rate: f64,
    /// How many requests may be in the server.
    pub queue: usize,
    /// How long the server stands still.
    pub outage: Duration,
    /// The wait before the first retry, which doubles from retry to retry.
    pub first_wait: Duration,
    /// Retries of a call.
    pub retries: u32,
    /// How long a client waits for an attempt.
    pub patience: Duration,
}

/// The seconds before the outage.
const BEFORE: usize = 30;

/// The seconds after it.
const AFTER: usize = 130;

/// The seconds before the outage that count begin here: by then the calls have got going.
const SETTLED: usize = 5;

impl Default for Setting {
    fn default() -> Self {
        Self {
            clients: 200,
            load: 82.0,
            open: false,
            rate: 100.0,
            // Longer than a client waits: that is what makes a storm last, because the server then works for those who
            // have left.
            queue: 120,
            outage: Duration::from_secs(20),
            // The standard policy's.
            first_wait: Duration::from_millis(100),
            retries: 3,
            patience: Duration::from_secs(1),
        }
    }
}

impl Setting {
    /// How long a request takes in an empty server.
    #[must_use]
    pub fn service(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate)
    }

    /// Requests per second that the server manages with a full queue.
    #[must_use]
    pub fn full_rate(&self) -> f64 {
        self.rate / (1.0 + f64::from(SLOWDOWN) / 100.0)
    }

    /// How long a client pauses after a call on average, if it can pause at all.
    #[must_use]
    pub fn pause(&self) -> Option<Duration> {
        let pause = self.clients as f64 / self.load - 1.0 / self.rate;
        // The grain of the clock.
        (pause >= 0.001).then(|| Duration::from_secs_f64(pause))
    }

    /// The seconds before the outage that count.
    #[must_use]
    pub fn before(&self) -> Range<usize> {
        SETTLED..BEFORE
    }

    /// The seconds in which the server stands still.
    #[must_use]
    pub fn down(&self) -> Range<usize> {
        BEFORE..BEFORE + self.outage.as_secs_f64().ceil() as usize
    }

    /// The seconds after the outage.
    #[must_use]
    pub fn after(&self) -> Range<usize> {
        self.down().end..self.seconds()
    }

    /// The seconds of a run.
    #[must_use]
    pub fn seconds(&self) -> usize {
        self.down().end + AFTER
    }

    /// Attempts of a run, if each call makes all of them.
    #[must_use]
    pub fn most_attempts(&self) -> f64 {
        self.load * self.seconds() as f64 * (f64::from(self.retries) + 1.0)
    }
}

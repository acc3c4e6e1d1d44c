//! A server with one queue that slows down as it fills.

use super::{record::Record, setting::Setting};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use std::{
    collections::VecDeque,
    convert::Infallible,
    future::Future,
    ops::Range,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, sleep_until};
use tower::Service;

/// How much longer a request takes when the queue is full, in percent; in proportion below that. So 83 requests a
/// second remain of 100, hardly more than the clients make without any retry.
pub const SLOWDOWN: u32 = 20;

/// One server, one request at a time, first come, first served.
///
/// It does not notice that a client has given up: the request is worked on all the same. While the outage lasts it
/// takes requests into the queue and works on none.
#[derive(Debug, Clone)]
pub struct Server {
    queue: Arc<Mutex<Queue>>,
    record: Record,
}

#[derive(Debug)]
struct Queue {
    /// When each of the requests inside will be answered.
    ends: VecDeque<Instant>,
    outage: Range<Instant>,
    /// How many requests may be inside; one more is answered 503 at once.
    most: usize,
    /// What a request takes with nobody else inside.
    service: Duration,
}

impl Server {
    /// A server that stands still during the outage and counts into `record` what reaches it.
    #[must_use]
    pub fn new(setting: &Setting, outage: Range<Instant>, record: Record) -> Self {
        Self { queue: Arc::new(Mutex::new(Queue::new(setting, outage))), record }
    }
}

impl<B> Service<Request<B>> for Server {
    type Response = Response<Empty<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        self.record.attempt();
        let end = self.queue.lock().unwrap_or_else(PoisonError::into_inner).admit(Instant::now());
        Box::pin(async move {
            let mut response = Response::new(Empty::new());
            match end {
                Some(end) => sleep_until(end).await,
                None => *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE,
            }
            Ok(response)
        })
    }
}

impl Queue {
    fn new(setting: &Setting, outage: Range<Instant>) -> Self {
        Self { ends: VecDeque::new(), outage, most: setting.queue, service: setting.service() }
    }

    /// When a request that comes now is answered, unless there is no room for it.
    fn admit(&mut self, now: Instant) -> Option<Instant> {
        while self.ends.front().is_some_and(|end| *end <= now) {
            self.ends.pop_front();
        }
        if self.ends.len() >= self.most {
            return None;
        }
        let end = self.worked(self.ends.back().map_or(now, |last| *last.max(&now)));
        self.ends.push_back(end);
        Some(end)
    }

    /// When work on the next request ends if it begins as soon as it can after `start`.
    fn worked(&self, start: Instant) -> Instant {
        let Range { start: down, end: up } = self.outage;
        let start = if self.outage.contains(&start) { up } else { start };
        let end = start + self.behind(self.ends.len());
        if start < down && down < end { end + (up - down) } else { end }
    }

    /// How long a request takes behind so many others.
    fn behind(&self, others: usize) -> Duration {
        // All of it fits: the queue has room for a million at most, and nobody takes more than minutes.
        self.service + self.service * SLOWDOWN * others as u32 / (100 * self.most as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: Duration = Duration::from_millis(10);
    const QUEUE: usize = 120;

    fn queue(now: Instant) -> Queue {
        let second = Duration::from_secs(1);
        Queue::new(&Setting::default(), now + 10 * second..now + 30 * second)
    }

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_and_slower_behind_others() {
        let now = Instant::now();
        let mut queue = queue(now);
        assert_eq!(queue.admit(now), Some(now + SERVICE));
        let ends: Vec<Instant> = (1..QUEUE).map_while(|_| queue.admit(now)).collect();
        assert_eq!(ends.len(), QUEUE - 1);
        assert!(ends[QUEUE - 2] - ends[QUEUE - 3] > SERVICE * 104 / 100);
        assert_eq!(queue.admit(now), None, "full");
        assert!(queue.admit(now + SERVICE).is_some(), "one has left");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_worked_on_during_the_outage() {
        let now = Instant::now();
        let mut queue = queue(now);
        let (down, up) = (queue.outage.start, queue.outage.end);
        let half = SERVICE / 2;
        assert_eq!(queue.admit(down - half), Some(up + half), "the rest is done afterwards");
        assert!(queue.admit(down).is_some_and(|end| end >= up + half + SERVICE));
        assert_eq!(self::queue(now).admit(down), Some(up + SERVICE));
        assert_eq!(self::queue(now).admit(up), Some(up + SERVICE));
    }
}

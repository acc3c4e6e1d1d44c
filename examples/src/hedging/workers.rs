//! A server with a few workers and one queue, which stands still for a while.

use http::{Request, Response};
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
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

/// Requests at a time.
pub const WORKERS: usize = 10;

/// For each: a thousand requests a second in all.
pub const SERVICE: Duration = Duration::from_millis(10);

/// First come, first served, however long that takes.
///
/// It does not notice that a client has left: the request is worked on all the same.
#[derive(Debug, Clone)]
pub struct Workers {
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug)]
struct Queue {
    /// When each of the workers has done all that it was given.
    free: BinaryHeap<Reverse<Instant>>,
    stall: Range<Instant>,
    requests: u64,
}

impl Workers {
    /// A server whose workers begin nothing during the stall.
    #[must_use]
    pub fn new(stall: Range<Instant>) -> Self {
        let free = (0..WORKERS).map(|_| Reverse(Instant::now())).collect();
        Self { queue: Arc::new(Mutex::new(Queue { free, stall, requests: 0 })) }
    }

    /// How many requests have come.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).requests
    }
}

impl Queue {
    /// When a request that comes now is answered.
    fn admit(&mut self, now: Instant) -> Instant {
        self.requests += 1;
        let free = self.free.pop().map_or(now, |Reverse(free)| free);
        let begins = free.max(now);
        let begins = if self.stall.contains(&begins) { self.stall.end } else { begins };
        self.free.push(Reverse(begins + SERVICE));
        begins + SERVICE
    }
}

impl<B> Service<Request<B>> for Workers {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<()>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        let end = self.queue.lock().unwrap_or_else(PoisonError::into_inner).admit(Instant::now());
        Box::pin(async move {
            sleep_until(end).await;
            Ok(Response::new(()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ten_at_a_time_and_none_during_the_stall() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let mut queue = Queue {
            free: (0..WORKERS).map(|_| Reverse(now)).collect(),
            stall: now + second..now + 3 * second,
            requests: 0,
        };
        for _ in 0..WORKERS {
            assert_eq!(queue.admit(now), now + SERVICE);
        }
        assert_eq!(queue.admit(now), now + 2 * SERVICE, "the eleventh waits");
        for _ in 0..WORKERS {
            assert_eq!(queue.admit(now + second), now + 3 * second + SERVICE);
        }
        assert_eq!(queue.admit(now + second), now + 3 * second + 2 * SERVICE);
        assert_eq!(queue.requests, 22);
    }
}

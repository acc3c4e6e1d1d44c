//! The task that keeps the network going.

use super::shared::Shared;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep_until;

/// tokio's timers have this grain; a shorter wait could come round without the clock having moved.
const GRAIN: Duration = Duration::from_millis(1);

/// Pumps packets whenever a stream has done something or a timer is due; never ends.
pub(crate) async fn drive(shared: Arc<Shared>) {
    loop {
        let now = shared.now();
        let next = shared.hosts().pump(now);
        let next = next.map(|at| shared.at(at.max(now + GRAIN)));
        tokio::select! {
            biased;
            () = shared.changed.notified() => {}
            () = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            } => {}
        }
    }
}

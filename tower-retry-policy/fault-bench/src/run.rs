use crate::cell::{Cell, Seen};
use std::sync::Arc;
use tokio::{sync::Semaphore, task::JoinSet};

/// Cells that mostly wait, and whose limits are short.
const WAITING_AT_ONCE: usize = 128;

/// The others: so few that two cores have time left for the limits of those.
const BUSY_AT_ONCE: usize = 16;

/// Plays these cells side by side; the results are in their order. A cell that panics has an error in its place.
pub async fn play_all(cells: Vec<Cell>) -> Vec<(Cell, Result<Seen, String>)> {
    let [waiting, busy] = [WAITING_AT_ONCE, BUSY_AT_ONCE].map(|places| Arc::new(Semaphore::new(places)));
    let mut tasks = JoinSet::new();
    let mut results: Vec<_> = cells.iter().map(|cell| (*cell, Err("panic".to_owned()))).collect();
    for (index, cell) in cells.into_iter().enumerate() {
        let places = Arc::clone(if cell.fault.slow { &waiting } else { &busy });
        tasks.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            (index, cell.play().await)
        });
    }
    while let Some(done) = tasks.join_next().await {
        if let Ok((index, seen)) = done {
            results[index].1 = Ok(seen);
        }
    }
    results
}

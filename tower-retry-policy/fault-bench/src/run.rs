use crate::cell::{Cell, Seen};
use std::sync::Arc;
use tokio::{sync::Semaphore, task::JoinSet};

/// How many cells are played side by side.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Of those that mostly wait, and whose limits are short.
    waiting: usize,
    /// Of the others.
    busy: usize,
}

impl Pace {
    /// So few busy ones that two cores have time left for the limits of the waiting.
    pub const BRISK: Self = Self { waiting: 128, busy: 16 };

    /// For cells that a busy machine may have changed.
    pub const CALM: Self = Self { waiting: 12, busy: 2 };
}

/// Plays these cells side by side; the results are in their order. A cell that panics has an error in its place.
pub async fn play_all(cells: Vec<Cell>, pace: Pace) -> Vec<(Cell, Result<Seen, String>)> {
    let [waiting, busy] = [pace.waiting, pace.busy].map(|places| Arc::new(Semaphore::new(places)));
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

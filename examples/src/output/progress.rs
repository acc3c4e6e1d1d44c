//! A progress bar on stderr while an experiment runs.

use indicatif::{ProgressBar, ProgressStyle, WeakProgressBar};
use std::sync::{Mutex, PoisonError};

/// The bar on the terminal, if there is one.
static SHOWN: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// How far it has come; invisible where stderr is no terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Of so many runs.
    #[must_use]
    pub fn new(runs: u64) -> Self {
        Self::counting(runs, "runs")
    }

    /// Of so many of something.
    #[must_use]
    pub fn counting(count: u64, of_what: &str) -> Self {
        let bar = ProgressBar::new(count);
        if let Ok(style) =
            ProgressStyle::with_template(&format!("{{bar:40}} {{pos}}/{{len}} {of_what}, {{eta}} left"))
        {
            bar.set_style(style);
        }
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.downgrade());
        Self { bar }
    }

    /// One more is done.
    pub fn advance(&self) {
        self.bar.inc(1);
    }
}

/// Takes the bar off the terminal, for a program that ends in the middle of a run.
pub(crate) fn clear() {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bar) = shown.as_ref().and_then(WeakProgressBar::upgrade) {
        bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

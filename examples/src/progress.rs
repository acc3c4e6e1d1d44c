//! A progress bar on stderr while the experiment runs.

use indicatif::{ProgressBar, ProgressStyle};

/// How far the runs have come; invisible where stderr is no terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Of so many runs.
    #[must_use]
    pub fn new(runs: u64) -> Self {
        let bar = ProgressBar::new(runs);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} runs, {eta} left") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// One more run is done.
    pub fn advance(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

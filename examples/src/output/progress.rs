//! A progress bar on stderr while an experiment runs.

use indicatif::{HumanDuration, ProgressBar, ProgressStyle, WeakProgressBar};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

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
        Self::styled(count, &format!("{{bar:40}} {{pos}}/{{len}} {of_what}, {{eta}} left"))
    }

    /// Of so many of something, in real time: its end is known beforehand, and is no matter of how fast the first went.
    #[must_use]
    pub fn until(count: u64, of_what: &str, about: Duration) -> Self {
        let about = HumanDuration(about);
        Self::styled(count, &format!("{{bar:40}} {{pos}}/{{len}} {of_what}, {{elapsed}} of about {about}"))
    }

    fn styled(count: u64, template: &str) -> Self {
        let bar = ProgressBar::new(count);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.downgrade());
        Self { bar }
    }

    /// So many more are done.
    pub fn advance_by(&self, count: u64) {
        self.bar.inc(count);
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

//! Ctrl-C: the program ends at once, and what it leaves is whole.

use crate::output::progress;
use std::{
    io::{Write, stderr},
    process,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Exit status of a program that was interrupted: 128 and the number of SIGINT, as shells have it.
const INTERRUPTED: i32 = 130;

/// Held by whoever must not be interrupted.
static WHOLE: Mutex<()> = Mutex::new(());

/// Ends the program on Ctrl-C with status 130, as soon as nobody holds a [`whole`].
///
/// # Errors
/// If the system refuses a handler, or there is one already.
pub fn handle() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        let _whole = whole();
        progress::clear();
        // Nobody may read it any more.
        let _ = writeln!(stderr(), "interrupted");
        process::exit(INTERRUPTED);
    })
}

/// Holds Ctrl-C off for as long as the guard lives: for work of milliseconds that must be done in full or not at all.
pub fn whole() -> MutexGuard<'static, ()> {
    WHOLE.lock().unwrap_or_else(PoisonError::into_inner)
}

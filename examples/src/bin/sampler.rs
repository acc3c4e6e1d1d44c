//! `sampler`: the talk's sampler. A hundred calls of one stage in a pool of ten workers, one CSV row for each:
//! `sampler 100 10 content-aware > content-aware.csv`.

use network_lab::{
    input::Refusal,
    output::{interrupt, progress::Progress},
    talk::sampling::{Ended, Sampling},
};
use std::{
    env,
    io::{IsTerminal, Write, stderr, stdout},
    process::ExitCode,
};

fn main() -> ExitCode {
    let complain = |line: &str, status| {
        let _ = writeln!(stderr(), "{line}");
        ExitCode::from(status)
    };
    if let Err(error) = interrupt::handle() {
        return complain(&format!("error: {error}"), 1);
    }
    let sampling = match Sampling::read(env::args_os()) {
        Ok(sampling) => sampling,
        Err(Refusal::Asked(text)) => {
            let _ = stdout().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(Refusal::Bad(line)) => return complain(&line, 2),
        Err(_) => return ExitCode::FAILURE,
    };
    if let Some(note) = sampling.note() {
        complain(&format!("note: {note}"), 0);
    }
    // On a terminal the rows themselves show how far it is.
    let progress = (!stdout().is_terminal()).then(|| Progress::counting(sampling.calls(), "calls"));
    let advance = || progress.iter().for_each(Progress::advance);
    let ended = sampling.run(&mut stdout().lock(), advance);
    drop(progress);
    match ended {
        // A reader that has seen enough, such as `head`, is no failure.
        Ok(Ended { unread: true, .. }) => {}
        Ok(ended) => {
            if ended.failures.failed() > 0 {
                complain(&ended.failures.to_string(), 0);
            }
            if ended.unfinished > 0 {
                complain(&format!("note: {ended}"), 0);
            }
        }
        Err(error) => return complain(&format!("error: the rows cannot be written: {error}"), 1),
    }
    ExitCode::SUCCESS
}

//! `talk`: runs the experiment that was asked for, prints the table and writes the files.

use network_lab::{
    amplification::amplification,
    cli::{Cli, Command},
    download, hedging,
    input::Refusal,
    jitter, kernel,
    output::{Answer, OutputDirectory, interrupt},
    storm,
    talk::Talk,
    what_if,
};
use std::{
    env,
    error::Error,
    io::{ErrorKind, Write, stderr, stdout},
    process::ExitCode,
    thread,
};

/// The input cannot be used, or not here.
const BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    match Cli::read(env::args_os()) {
        Ok(cli) => run(&cli),
        Err(Refusal::Asked(text)) => {
            let _ = stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(Refusal::Bad(line)) => complain(&line, BAD_INPUT),
        Err(_) => ExitCode::FAILURE,
    }
}

fn run(cli: &Cli) -> ExitCode {
    if let Err(missing) = cli.prepare() {
        return complain(&line(&missing), BAD_INPUT);
    }
    if let Err(error) = interrupt::handle() {
        return complain(&line(&error), 1);
    }
    // Before the run: a minute's work must not end at a directory that was wrong from the start.
    let directory = match OutputDirectory::open(&cli.out(), |name| cli.may_write(name)) {
        Ok(directory) => directory,
        Err(error) => return complain(&line(&error), BAD_INPUT),
    };
    match answer(cli).and_then(|answer| deliver(&answer, &directory, cli)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => complain(&line(&*error), 1),
    }
}

fn answer(cli: &Cli) -> Result<Answer, Box<dyn Error>> {
    let threads = thread::available_parallelism().map_or(1, Into::into);
    match cli.command() {
        None => Talk::answer(cli.experiment(), cli.capture_probe(), &cli.out().join("index.html"), threads),
        Some(Command::Storm(asked)) => storm::answer(asked, threads),
        Some(Command::Jitter(runs)) => jitter::answer(runs.seed, runs.seeds, threads),
        Some(Command::Download(runs)) => download::answer(runs.seed, runs.seeds, threads),
        Some(Command::Tail(runs)) => hedging::answer(runs.seed, runs.seeds, threads),
        Some(Command::Amplification(asked)) => amplification(asked, threads),
        Some(Command::Kernel(asked)) => kernel::answer(asked, threads),
        Some(Command::Sweep(question)) => what_if::sweep::sweep(question, threads),
        Some(Command::Tune(question)) => what_if::tune::tune(question, threads),
        Some(Command::Try(trial)) => what_if::answer(trial, threads),
        Some(other) => Err(format!("{other:?} is not known here").into()),
    }
}

/// Whether there is an answer at all.
fn deliver(answer: &Answer, directory: &OutputDirectory, cli: &Cli) -> Result<bool, Box<dyn Error>> {
    directory.write(&answer.files, &answer.stale)?;
    let mut terminal = stdout().lock();
    match terminal.write_all(answer.text.as_bytes()).and_then(|()| terminal.flush()) {
        // Whoever read it has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        written => written?,
    }
    if cli.says_where() {
        let names: Vec<&str> = answer.files.iter().map(|(name, _)| name.as_str()).collect();
        // Beside the answer, which is the same wherever it is put. Nobody may read it any more.
        let _ = writeln!(stderr(), "in {}: {}", cli.out().display(), names.join(", "));
    }
    Ok(answer.found)
}

/// An error and its causes on one line.
fn line(error: &dyn Error) -> String {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

fn complain(line: &str, status: u8) -> ExitCode {
    let _ = writeln!(stderr(), "{line}");
    ExitCode::from(status)
}

//! `talk`: runs the experiment, prints the table and writes the files.

use std::{
    env,
    error::Error,
    io::{Write, stderr, stdout},
    process::ExitCode,
    thread,
};

use network_lab::{
    cli::{Cli, Refusal},
    progress::Progress,
    report::{OutputDirectory, Summary, samples_csv, table},
};

/// The input cannot be used.
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
    // Before the run: a minute's work must not end at a directory that was wrong from the start.
    let directory = match OutputDirectory::open(cli.out()) {
        Ok(directory) => directory,
        Err(error) => return complain(&line(&error), BAD_INPUT),
    };
    match experiment(cli, &directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&line(&*error), 1),
    }
}

fn experiment(cli: &Cli, directory: &OutputDirectory) -> Result<(), Box<dyn Error>> {
    let experiment = cli.experiment();
    let threads = thread::available_parallelism().map_or(1, Into::into);
    let progress = Progress::new(experiment.runs());
    let results = experiment.run(threads, || progress.advance())?;
    drop(progress);
    let summary = Summary::new(&experiment, &results);
    let mut files = vec![("summary.json".to_owned(), summary.to_json()?)];
    files.extend(
        results.iter().map(|result| (format!("{}.csv", result.stage.name), samples_csv(&result.first))),
    );
    directory.write(&files)?;
    stdout().write_all(table(&summary).as_bytes())?;
    Ok(())
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

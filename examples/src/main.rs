//! `talk`: runs the experiment that was asked for, prints the table and writes the files.

use network_lab::{
    amplification::amplification,
    cli::{Cli, Command, Refusal, Runs},
    download, interrupt, jitter,
    progress::Progress,
    report::{Answer, OutputDirectory, table},
    storm, tail,
    talk::{File, Talk},
    what_if,
};
use std::{
    env,
    error::Error,
    io::{Write, stderr, stdout},
    process::ExitCode,
    thread,
};

/// The input cannot be used.
const BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    if let Err(error) = interrupt::handle() {
        return complain(&line(&error), 1);
    }
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
    let directory = match OutputDirectory::open(&cli.out()) {
        Ok(directory) => directory,
        Err(error) => return complain(&line(&error), BAD_INPUT),
    };
    let mut found = true;
    let results = match cli.command() {
        None => talk(cli),
        Some(Command::Storm(runs)) => storms(runs),
        Some(Command::Jitter(runs)) => contests(runs),
        Some(Command::Download(runs)) => downloads(runs),
        Some(Command::Tail(runs)) => tails(runs),
        Some(Command::Amplification(asked)) => amplification(asked, threads()).map(Results::from),
        Some(Command::Sweep(question)) => what_if::sweep::sweep(question, threads()).map(Results::from),
        Some(Command::Tune(question)) => what_if::tune::tune(question, threads()).map(|answer| {
            found = answer.found;
            Results::from(answer)
        }),
        Some(Command::Try(question)) => what_if::answer(question, threads()).map(Results::from),
        Some(_) => return ExitCode::FAILURE,
    };
    match results.and_then(|results| results.deliver(&directory)) {
        Ok(()) if found => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => complain(&line(&*error), 1),
    }
}

/// What an experiment leaves.
struct Results {
    files: Vec<File>,
    table: String,
}

impl From<Answer> for Results {
    fn from(answer: Answer) -> Self {
        let files = answer.files.into_iter().map(|(name, text)| (name, text.into_bytes()));
        Self { files: files.collect(), table: answer.text }
    }
}

impl Results {
    fn deliver(&self, directory: &OutputDirectory) -> Result<(), Box<dyn Error>> {
        directory.write(&self.files)?;
        stdout().write_all(self.table.as_bytes())?;
        Ok(())
    }
}

fn talk(cli: &Cli) -> Result<Results, Box<dyn Error>> {
    let experiment = cli.experiment();
    let progress = Progress::new(Talk::runs(&experiment));
    let talk = Talk::run(experiment, cli.capture_probe(), threads(), || progress.advance())?;
    drop(progress);
    let table = format!(
        "{}\nAll of it to look at: {}\n",
        table(&talk.summary()),
        cli.out().join("index.html").display()
    );
    Ok(Results { files: talk.files()?, table })
}

fn storms(&Runs { seed, seeds, .. }: &Runs) -> Result<Results, Box<dyn Error>> {
    let progress = Progress::new(seeds.saturating_mul(storm::VARIANTS.len() as u64));
    let outcomes = storm::storms(seed, seeds, threads(), || progress.advance())?;
    drop(progress);
    let json = storm::json(seed, seeds, &outcomes)?;
    let files =
        vec![("storm.csv".to_owned(), storm::csv(&outcomes).into()), ("storm.json".to_owned(), json.into())];
    Ok(Results { files, table: storm::table(seed, seeds, &outcomes) })
}

fn contests(&Runs { seed, seeds, .. }: &Runs) -> Result<Results, Box<dyn Error>> {
    let points = jitter::VARIANTS.len() * jitter::CLIENTS.len();
    let progress = Progress::new(seeds.saturating_mul(points as u64));
    let points = jitter::contests(seed, seeds, threads(), || progress.advance())?;
    drop(progress);
    let json = jitter::json(seed, seeds, &points)?;
    let files =
        vec![("jitter.csv".to_owned(), jitter::csv(&points).into()), ("jitter.json".to_owned(), json.into())];
    Ok(Results { files, table: jitter::table(seed, seeds, &points) })
}

fn downloads(&Runs { seed, seeds, .. }: &Runs) -> Result<Results, Box<dyn Error>> {
    let progress = Progress::new(seeds.saturating_mul(download::VARIANTS.len() as u64));
    let outcomes = download::downloads(seed, seeds, threads(), || progress.advance())?;
    drop(progress);
    let json = download::json(seed, seeds, &outcomes)?;
    let csv = download::csv(seed, &outcomes)?;
    let files = vec![("download.csv".to_owned(), csv.into()), ("download.json".to_owned(), json.into())];
    Ok(Results { files, table: download::table(seed, seeds, &outcomes) })
}

fn tails(&Runs { seed, seeds, .. }: &Runs) -> Result<Results, Box<dyn Error>> {
    let variants = tail::TAILS.len() + tail::STALLS.len();
    let progress = Progress::new(seeds.saturating_mul(variants as u64));
    let tails = tail::tails(seed, seeds, threads(), || progress.advance())?;
    let stalls = tail::stalls(seed, seeds, threads(), || progress.advance())?;
    drop(progress);
    let plots = [tail::slower_than(&tails), tail::stalled(&stalls)];
    let mut files: Vec<File> =
        plots.iter().map(|plot| (format!("{}.svg", plot.name()), plot.standalone().into())).collect();
    files.extend([
        ("tail.csv".to_owned(), tail::csv(&tails).into()),
        ("stall.csv".to_owned(), tail::seconds_csv(&stalls).into()),
        ("tail.json".to_owned(), tail::json(seed, seeds, &tails, &stalls)?.into()),
    ]);
    Ok(Results { files, table: tail::table(seed, seeds, &tails, &stalls) })
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
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

use super::{
    arguments::TuneQuestion,
    goal::Goal,
    over_kernel::verify_over_kernel,
    search::{self, Candidate, SEEDS, search},
    verify::{Verified, verify},
};
use crate::{
    output::{Answer, progress::Progress},
    what_if::{
        Settings,
        code::code,
        report::{
            FigureReport, decimals_of, describe, figures_table, finite, settings_map, text_of, with_unit,
        },
        setting::Setting,
    },
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{error::Error, io};

/// The file `tune.json`.
#[derive(Debug, Serialize)]
struct Report {
    goal_success_percent: f64,
    goal_requests_per_call: f64,
    holds: bool,
    search_seeds: [u64; 2],
    verification_seeds: [u64; 2],
    settings: Map<String, Value>,
    figures: FigureReport,
}

/// Searches, verifies, and prints the policy with its code.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn tune(question: &TuneQuestion, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let (space, goal, load) = (question.space(), question.goal(), question.settings().load);
    // Behind the seeds of the verification, so that no run is made twice.
    let search_seed = load.seed.wrapping_add(load.seeds);
    let progress = Progress::new(search::runs(question.candidates()));
    let seeds = (load.seed, search_seed);
    let best = search(&space, goal, question.candidates(), seeds, threads, || progress.advance())?;
    drop(progress);
    let progress = Progress::counting(load.seeds, "runs to verify it");
    let verified = verify(&space, goal, &best, threads, || progress.advance())?;
    drop(progress);
    let verified = verified.ok_or("there was no candidate")?;

    let ranges = Ranges {
        search: [search_seed, last(search_seed, SEEDS[SEEDS.len() - 1])],
        verification: [load.seed, last(load.seed, load.seeds)],
    };
    let mut files = vec![
        (
            "tune.csv".to_owned(),
            csv(&space.names(), &best, |candidate| space.with(candidate.policy.clone()))?,
        ),
        ("tune.json".to_owned(), json(goal, &verified, &ranges)?),
    ];
    let mut text = head(goal, &verified, &space.names());
    text += &figures_table(&verified.figures);
    text += "\n";
    text += &describe(&verified.settings, &[]);
    text += &ranges.text(question.candidates(), verified.rejected);
    let rust = code(&verified.settings.policy, &documentation(&verified, &ranges));
    if verified.holds {
        text += "\n";
        text += &rust;
        files.push(("tune.rs".to_owned(), rust));
    }
    let mut found = verified.holds;
    if question.verify_kernel {
        let kernel = verify_over_kernel(goal, &verified)?;
        text += &format!("\n{}", kernel.text);
        found &= kernel.holds;
        files.extend(kernel.files);
    }
    let mut answer = Answer::new(files, text);
    answer.found = found;
    Ok(answer)
}

/// The seeds of both parts, first and last.
struct Ranges {
    search: [u64; 2],
    verification: [u64; 2],
}

fn last(first: u64, count: u64) -> u64 {
    first.wrapping_add(count - 1)
}

fn head(goal: Goal, verified: &Verified, varied: &[&str]) -> String {
    let demanded =
        format!("at least {} % success for at most {} requests per call", goal.success, goal.requests);
    let shown: Vec<String> = Setting::all()
        .filter(|setting| varied.contains(&setting.name))
        .map(|setting| setting.shown(&verified.settings))
        .collect();
    let shown = shown.join(", ");
    if verified.holds {
        format!("The lowest p99 that was found with {demanded}:\n\n    {shown}\n\n")
    } else {
        format!("Nothing was found with {demanded}. What came nearest:\n\n    {shown}\n\n")
    }
}

impl Ranges {
    fn text(&self, candidates: usize, rejected: usize) -> String {
        let [from, to] = self.search;
        let [first, last] = self.verification;
        let rejected = match rejected {
            0 => "the best of the search".to_owned(),
            count => {
                format!("after {count} better one(s) of the search, which do not hold it on these seeds")
            }
        };
        format!(
            "search   {candidates} policies and {} near the best of them, on seeds {from}..{to}\n\
             figures  on seeds {first}..{last}, which the search has not seen; {rejected}\n",
            search::neighbours(candidates)
        )
    }
}

fn documentation(verified: &Verified, ranges: &Ranges) -> Vec<String> {
    let (figures, network) = (&verified.figures, &verified.settings.network);
    let [first, last] = ranges.verification;
    vec![
        format!(
            "{} of the calls succeed and 99 % end within {}, for {} requests per call",
            with_unit(figures.success.value, 2, " %"),
            with_unit(figures.p99.value, decimals_of(figures.p99.value), " s"),
            with_unit(figures.requests.value, 2, ""),
        ),
        format!("(simulated with loss {} %, seeds {first}..{last}).", network.loss),
    ]
}

/// `tune.csv`: the candidates that saw every seed of the search, best first.
fn csv(varied: &[&str], best: &[Candidate], settings: impl Fn(&Candidate) -> Settings) -> io::Result<String> {
    let shown = || Setting::all().filter(|setting| varied.contains(&setting.name));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let measured = ["success_percent", "p99_seconds", "requests_per_call"];
    writer.write_record(shown().map(|setting| setting.name).chain(measured))?;
    for candidate in best {
        let settings = settings(candidate);
        let figures = crate::what_if::Figures::of(&candidate.runs, settings.load.seed);
        let values = [figures.success.value, figures.p99.value, figures.requests.value];
        let values = values.map(|value| finite(value).map_or_else(String::new, |value| value.to_string()));
        writer.write_record(shown().map(|setting| setting.get(&settings)).chain(values))?;
    }
    text_of(writer)
}

fn json(goal: Goal, verified: &Verified, ranges: &Ranges) -> serde_json::Result<String> {
    let report = Report {
        goal_success_percent: goal.success,
        goal_requests_per_call: goal.requests,
        holds: verified.holds,
        search_seeds: ranges.search,
        verification_seeds: ranges.verification,
        settings: settings_map(&verified.settings),
        figures: FigureReport::of(&verified.figures),
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}

use super::{
    arguments::TuneQuestion,
    front::{self, front, picture},
    goal::Goal,
    over_kernel::verify_over_kernel,
    search::{self, Candidate, SEEDS, search},
    verify::{Verified, verify},
};
use crate::{
    output::{Answer, progress::Progress},
    what_if::{
        Figures, Policy, Settings,
        code::code,
        configuration::configuration,
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
    /// Whether the policy is the one that was given.
    given: bool,
    /// Runs of each candidate in the search, and of each verified one: no run is one of both.
    search_runs: u64,
    verification_runs: u64,
    settings: Map<String, Value>,
    figures: FigureReport,
    figures_of_given: FigureReport,
}

/// Searches, verifies, and prints the policy as settings and as code.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn tune(question: &TuneQuestion, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let (space, goal, load) = (question.space(), question.goal(), question.settings().load);
    let progress = Progress::new(search::runs(question.candidates()));
    let best = search(&space, goal, question.candidates(), load.seed, threads, || progress.advance())?;
    drop(progress);
    // The policy that was given, and mostly one more.
    let progress = Progress::counting(2 * load.seeds, "runs to verify it");
    let verified = verify(&space, goal, &best, threads, || progress.advance())?;
    drop(progress);

    let points = front::points(goal, &best);
    let mut files = vec![
        (
            "tune.csv".to_owned(),
            csv(&space.names(), &best, &front(&points), |candidate| space.with(candidate.policy.clone()))?,
        ),
        ("tune.json".to_owned(), json(goal, &verified)?),
        ("front.svg".to_owned(), picture(goal, &points, &verified).standalone()),
    ];
    let mut text = head(goal, &verified, &space.names());
    text += &figures_table(&verified.figures);
    text += "\n";
    text += &describe(&verified.settings, &[]);
    text += &searched(question.candidates(), goal, &verified);
    if verified.holds {
        let documentation = documentation(&verified);
        let toml = toml(&verified.settings.policy, &documentation);
        let rust = code(&verified.settings.policy, &documentation);
        text += &format!("\n{toml}\n{rust}");
        files.extend([("tune.toml".to_owned(), toml), ("tune.rs".to_owned(), rust)]);
    }
    let mut found = verified.holds;
    if question.verify_kernel {
        let kernel = verify_over_kernel(goal, &verified)?;
        text += &format!("\n{}", kernel.text);
        found &= kernel.holds;
        files.extend(kernel.files);
    }
    let mut answer = Answer::new(files, text);
    answer.stale = vec!["tune.rs", "tune.toml", "tune-kernel.csv", "tune-kernel.json"];
    answer.found = found;
    Ok(answer)
}

fn head(goal: Goal, verified: &Verified, varied: &[&str]) -> String {
    let demanded =
        format!("at least {} % success for at most {} requests per call", goal.success, goal.requests);
    let shown: Vec<String> = Setting::all()
        .filter(|setting| varied.contains(&setting.name))
        .map(|setting| setting.shown(&verified.settings))
        .collect();
    let shown = shown.join(", ");
    if verified.holds && verified.is_given {
        format!(
            "Nothing better was found than the policy that was given, with {demanded}:\n\n    {shown}\n\n"
        )
    } else if verified.holds {
        format!("The lowest p99 that was found with {demanded}:\n\n    {shown}\n\n")
    } else {
        format!("Nothing was found with {demanded}. What came nearest:\n\n    {shown}\n\n")
    }
}

fn searched(candidates: usize, goal: Goal, verified: &Verified) -> String {
    let load = verified.settings.load;
    let rejected = match verified.rejected {
        0 => String::new(),
        count => format!("; {count} that did better in the search do not hold the goal on them"),
    };
    let Figures { success, p99, requests, .. } = &verified.given;
    format!(
        "search   {candidates} policies and {} near the best of them, on up to {} seeds of its own\n\
         figures  on the {} seeds of --seed {}, which the search has not seen{rejected}\n\
         given    {} succeed, 99 % end within {}, {} requests per call, on the same seeds: it {} the goal\n",
        search::neighbours(candidates),
        SEEDS[SEEDS.len() - 1],
        load.seeds,
        load.seed,
        with_unit(success.value, 2, " %"),
        with_unit(p99.value, decimals_of(p99.value), " s"),
        with_unit(requests.value, 2, ""),
        if goal.holds(&verified.given) { "holds" } else { "does not hold" },
    )
}

/// The policy as settings of the library, with these lines as comments.
fn toml(policy: &Policy, documentation: &[String]) -> String {
    let comments: String = documentation.iter().map(|line| format!("# {line}\n")).collect();
    comments + &configuration(policy).to_toml()
}

fn documentation(verified: &Verified) -> Vec<String> {
    let (figures, Settings { network, load, .. }) = (&verified.figures, &verified.settings);
    vec![
        format!(
            "{} of the calls succeed and 99 % end within {}, for {} requests per call",
            with_unit(figures.success.value, 2, " %"),
            with_unit(figures.p99.value, decimals_of(figures.p99.value), " s"),
            with_unit(figures.requests.value, 2, ""),
        ),
        format!("(simulated with loss {} %, {} seeds of --seed {}).", network.loss, load.seeds, load.seed),
    ]
}

/// `tune.csv`: the candidates that saw every seed of the search, best first.
fn csv(
    varied: &[&str],
    best: &[Candidate],
    front: &[bool],
    settings: impl Fn(&Candidate) -> Settings,
) -> io::Result<String> {
    let shown = || Setting::all().filter(|setting| varied.contains(&setting.name));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let measured =
        ["success_percent", "p99_seconds", "successful_p99_seconds", "requests_per_call", "on_front"];
    writer.write_record(shown().map(|setting| setting.name).chain(measured))?;
    for (candidate, on_front) in best.iter().zip(front) {
        let settings = settings(candidate);
        let figures = Figures::of(&candidate.runs, settings.load.workers);
        let values = [figures.success, figures.p99, figures.p99_ok, figures.requests];
        let values = values.map(|it| finite(it.value).map_or_else(String::new, |value| value.to_string()));
        let on_front = u8::from(*on_front).to_string();
        writer.write_record(shown().map(|setting| setting.get(&settings)).chain(values).chain([on_front]))?;
    }
    text_of(writer)
}

fn json(goal: Goal, verified: &Verified) -> serde_json::Result<String> {
    let report = Report {
        goal_success_percent: goal.success,
        goal_requests_per_call: goal.requests,
        holds: verified.holds,
        given: verified.is_given,
        search_runs: SEEDS[SEEDS.len() - 1],
        verification_runs: verified.settings.load.seeds,
        settings: settings_map(&verified.settings),
        figures: FigureReport::of(&verified.figures),
        figures_of_given: FigureReport::of(&verified.given),
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}

//! Runs cases side by side and prints what a call costs: time, instructions and allocations.
//!
//! - *Time* is that of the fastest of interleaved rounds. A median would not do: a round takes twice as long as the next
//!   of the same case where the call's blocks happen to lie badly on the heap. Only the ratios within one run mean
//!   something.
//! - *Instructions* are counted by callgrind: the benchmark starts itself anew under valgrind for one case, once with
//!   few calls and once with more, and the difference belongs to the calls alone.
//! - *Allocations* are counted by memcheck in the same way. A counting allocator in the program would add some forty
//!   instructions to each allocation and so flatter whoever is compared with a stack that makes as many.
//!
//! Without valgrind the last two are empty.

#![allow(clippy::print_stdout, reason = "a benchmark reports to its terminal")]

mod request;

pub use self::request::{fresh_request, request};
use std::{
    env, fmt,
    process::{Command, ExitCode},
    time::Duration,
};
use tokio::time::Instant;

const ROUNDS: usize = 25;
const CALLS_TIMED: u32 = 10_000;
const CALLS_COUNTED: u32 = 500;
const CHILD: &str = "--count-instructions";

/// Cases that do the same work; the first is what the others are compared with.
#[derive(Debug)]
pub struct Group {
    /// What all of them do.
    pub title: &'static str,
    /// The case that the last two columns compare with, by what each adds to the first: 1.00 is as dear as the peer.
    pub peer: Option<&'static str>,
    /// The ways to do it.
    pub cases: Vec<Case>,
}

/// A way to do the work, as often as it is told to.
pub struct Case {
    name: &'static str,
    run: Box<dyn Fn(u32)>,
}

/// One of valgrind's, and the words in its report that stand before its count.
struct Tool {
    arguments: &'static [&'static str],
    before: &'static str,
}

const CALLGRIND: Tool =
    Tool { arguments: &["--tool=callgrind", "--callgrind-out-file=/dev/null"], before: "Collected : " };
const MEMCHECK: Tool =
    Tool { arguments: &["--tool=memcheck", "--leak-check=no"], before: "total heap usage: " };

struct Cost {
    nanoseconds: f64,
    instructions: Option<f64>,
    allocations: Option<f64>,
}

impl Case {
    /// `run` does the work as often as it is told to.
    pub fn new(name: &'static str, run: impl Fn(u32) + 'static) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// Measures and prints all groups; a word on the command line selects the groups whose title contains it.
pub fn main(groups: &[Group]) -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [first, group, case, calls] = arguments.as_slice()
        && first == CHILD
    {
        return run_one(groups, group, case, calls);
    }
    let wanted = |group: &&Group| {
        arguments
            .iter()
            .filter(|word| !word.starts_with("--"))
            .all(|word| group.title.contains(word.as_str()))
    };
    let counts = valgrind_runs();
    if !counts {
        println!("no counts of instructions and allocations: `valgrind` does not run here");
    }
    for group in groups.iter().filter(wanted) {
        print(group, &measure(group, counts));
    }
    ExitCode::SUCCESS
}

fn run_one(groups: &[Group], group: &str, case: &str, calls: &str) -> ExitCode {
    let case = groups
        .iter()
        .filter(|candidate| candidate.title == group)
        .flat_map(|group| &group.cases)
        .find(|candidate| candidate.name == case);
    match (case, calls.parse()) {
        (Some(case), Ok(calls)) => {
            (case.run)(calls);
            ExitCode::SUCCESS
        }
        _ => ExitCode::from(2),
    }
}

fn measure(group: &Group, counts: bool) -> Vec<Cost> {
    let mut rounds = vec![Vec::with_capacity(ROUNDS); group.cases.len()];
    for _ in 0..ROUNDS {
        for (case, times) in group.cases.iter().zip(&mut rounds) {
            times.push(time(case));
        }
    }
    let costs = group.cases.iter().zip(rounds).map(|(case, times)| {
        let fastest = times.into_iter().min().unwrap_or_default();
        Cost {
            nanoseconds: fastest.as_nanos() as f64 / f64::from(CALLS_TIMED),
            instructions: if counts { per_call(group, case, &CALLGRIND) } else { None },
            allocations: if counts { per_call(group, case, &MEMCHECK) } else { None },
        }
    });
    costs.collect()
}

fn print(group: &Group, costs: &[Cost]) {
    let width = group.cases.iter().map(|case| case.name.len()).max().unwrap_or(0);
    println!("\n{}", group.title);
    println!(
        "  {:width$} {:>9} {:>7} {:>9} {:>9} {:>7} {:>7} {:>9} {:>9}",
        "", "ns", "x", "instr", "above", "x", "allocs", "ns/peer", "instr/peer"
    );
    let Some(base) = costs.first() else { return };
    let peer = group.cases.iter().zip(costs).find(|(case, _)| Some(case.name) == group.peer);
    for (case, cost) in group.cases.iter().zip(costs) {
        let time_ratio = cost.nanoseconds / base.nanoseconds;
        print!("  {:width$} {:9.1} {time_ratio:7.2}", case.name, cost.nanoseconds);
        match cost.instructions_above(base) {
            Some((own, above)) => print!(" {own:9.0} {above:+9.0} {:7.2}", own / (own - above)),
            None => print!(" {:>9} {:>9} {:>7}", "-", "-", "-"),
        }
        match cost.allocations {
            Some(allocations) => print!(" {allocations:7.1}"),
            None => print!(" {:>7}", "-"),
        }
        if let Some((_, peer)) = peer {
            let above = |cost: &Cost| cost.nanoseconds - base.nanoseconds;
            print!(" {:9.2}", above(cost) / above(peer));
            if let (Some((_, own)), Some((_, peer))) =
                (cost.instructions_above(base), peer.instructions_above(base))
            {
                print!(" {:9.2}", own / peer);
            }
        }
        println!();
    }
}

impl Cost {
    /// All instructions, and those that the first case does not need.
    fn instructions_above(&self, base: &Self) -> Option<(f64, f64)> {
        let own = self.instructions?;
        Some((own, own - base.instructions?))
    }
}

fn time(case: &Case) -> Duration {
    let start = Instant::now();
    (case.run)(CALLS_TIMED);
    start.elapsed()
}

fn valgrind_runs() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// What one more call adds to a tool's count.
fn per_call(group: &Group, case: &Case, tool: &Tool) -> Option<f64> {
    let few = counted(group, case, tool, CALLS_COUNTED)?;
    let many = counted(group, case, tool, 2 * CALLS_COUNTED)?;
    Some(many.saturating_sub(few) as f64 / f64::from(CALLS_COUNTED))
}

fn counted(group: &Group, case: &Case, tool: &Tool, calls: u32) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(tool.arguments)
        .arg(env::current_exe().ok()?)
        .args([CHILD, group.title, case.name, &calls.to_string()])
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    report.lines().find_map(|line| {
        let (_, figure) = line.split_once(tool.before)?;
        let figure = figure.split_whitespace().next()?;
        figure.replace(',', "").parse().ok()
    })
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

//! Counts that do not depend on what else the machine does: instructions by callgrind, allocations by memcheck.
//!
//! The benchmark starts itself anew under valgrind, for one contender that does its job a few times, and once more for
//! twice as many; the difference belongs to the job alone. A counting allocator would be simpler and would count its own
//! instructions too. Without valgrind, and for jobs of more than 10 MB, which would take minutes, there are no counts.

use crate::Contender;
use std::{env, process::Command, sync::OnceLock};

const CHILD: &str = "COUNTED_CHILD";
const SEPARATOR: char = '\u{1f}';
const LONGEST: usize = 10_000_000;

/// Of one job.
pub(crate) struct Counts {
    pub(crate) instructions: f64,
    pub(crate) allocations: f64,
}

/// What a child process was started for.
pub struct Child {
    pub(crate) title: String,
    name: String,
    jobs: usize,
}

#[derive(Clone, Copy)]
enum Tool {
    Callgrind,
    Memcheck,
}

// ===== impl Counts =====

impl Counts {
    pub(crate) fn of(title: &str, name: &str, bytes: usize) -> Option<Self> {
        static RUNS: OnceLock<bool> = OnceLock::new();
        let runs =
            || Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success());
        if bytes > LONGEST || !*RUNS.get_or_init(runs) {
            return None;
        }
        let jobs = (500_000 / bytes.max(1)).max(1);
        let per_job = |tool: Tool| {
            let [few, many] = [jobs, 2 * jobs]
                .map(|jobs| tool.counts(&Child { title: title.to_owned(), name: name.to_owned(), jobs }));
            Some(many?.saturating_sub(few?) as f64 / jobs as f64)
        };
        Some(Self { instructions: per_job(Tool::Callgrind)?, allocations: per_job(Tool::Memcheck)? })
    }
}

// ===== impl Child =====

impl Child {
    /// Of this process, if it was started to be counted.
    pub fn of_environment() -> Option<Self> {
        let told = env::var(CHILD).ok()?;
        let mut told = told.split(SEPARATOR);
        let mut next = || told.next().map(str::to_owned);
        Some(Self { title: next()?, name: next()?, jobs: next()?.parse().ok()? })
    }

    pub(crate) fn run(&self, contenders: &mut [Contender<'_>]) {
        let contender = contenders.iter_mut().find(|contender| contender.name() == self.name);
        contender.expect("the child runs the same program").run(self.jobs);
    }
}

// ===== impl Tool =====

impl Tool {
    fn counts(self, child: &Child) -> Option<u64> {
        let mut valgrind = Command::new("valgrind");
        match self {
            Self::Callgrind => valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]),
            Self::Memcheck => {
                valgrind.args(["--tool=memcheck", "--undef-value-errors=no", "--leak-check=no"])
            }
        };
        let output = valgrind
            .arg(env::current_exe().ok()?)
            .env(
                CHILD,
                [&child.title, &child.name, &child.jobs.to_string()].map(String::as_str).join("\u{1f}"),
            )
            .output()
            .ok()?;
        if !output.status.success() {
            return None;
        }
        // "==PID== Collected : 123456" and "==PID==   total heap usage: 1,234 allocs, ..."
        let before = match self {
            Self::Callgrind => "Collected : ",
            Self::Memcheck => "total heap usage: ",
        };
        let report = String::from_utf8_lossy(&output.stderr).into_owned();
        let number = report.lines().find_map(|line| line.split_once(before)?.1.split_whitespace().next())?;
        number.replace(',', "").parse().ok()
    }
}

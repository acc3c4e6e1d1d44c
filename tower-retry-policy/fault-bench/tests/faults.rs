//! Every fault against every client over every stack: the invariants of each cell, and the documented table.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fault_bench::{Cell, Pace, Seen, broken, play_all, render};
use std::{
    collections::HashSet,
    panic,
    sync::{Arc, Mutex},
};

const DOCUMENTED: &str = include_str!("../faults.md");

/// How often rows that are not as documented are played again.
const REPEATS: usize = 3;

/// The title of a table and one of its rows.
type Row<'a> = (&'a str, &'a str);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cell_keeps_the_invariants_and_is_what_the_table_says() {
    // a client's own tasks swallow their panics, so all are written down
    let panics = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&panics);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| written.lock().unwrap().push(format!("panic: {info}"))));
    let mut failures = Vec::new();
    let mut seen = play(Cell::all().collect(), Pace::BRISK, &mut failures).await;
    for _ in 0..REPEATS {
        let suspects = undocumented(&seen);
        if suspects.is_empty() {
            break;
        }
        // the limits are in real time, so a busy machine may change a number, though no invariant: once more, calmly
        let again = Cell::all().filter(|cell| suspects.contains(cell.fault.name)).collect();
        seen.retain(|(cell, _)| !suspects.contains(cell.fault.name));
        seen.extend(play(again, Pace::CALM, &mut failures).await);
    }
    panic::set_hook(before);
    failures.append(&mut panics.lock().unwrap());

    let observed = render(&seen);
    let (observed, documented): (Vec<_>, Vec<_>) = (rows(&observed).collect(), rows(DOCUMENTED).collect());
    let lines = |rows: &[Row<'_>], others: &[Row<'_>], what: &str| -> Vec<_> {
        let differing = rows.iter().filter(|row| !others.contains(row));
        differing.map(|(title, row)| format!("{what}: {title}: {row}")).collect()
    };
    failures.extend(lines(&documented, &observed, "documented"));
    failures.extend(lines(&observed, &documented, "observed"));
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

async fn play(cells: Vec<Cell>, pace: Pace, failures: &mut Vec<String>) -> Vec<(Cell, Seen)> {
    let mut seen = Vec::new();
    for (cell, result) in play_all(cells, pace).await {
        match result {
            Err(panic) => failures.push(format!("{cell}: {panic}")),
            Ok(result) => {
                for broken in broken(&cell, &result) {
                    let text = format!("{broken}: {cell}: ");
                    // what has failed twice is said once
                    if !failures.iter().any(|failure| failure.starts_with(&text)) {
                        failures.push(format!("{text}{result}"));
                    }
                }
                seen.push((cell, result));
            }
        }
    }
    seen
}

/// The faults of which a row is not as documented.
fn undocumented(seen: &[(Cell, Seen)]) -> HashSet<&'static str> {
    let observed = render(seen);
    let documented: HashSet<_> = rows(DOCUMENTED).collect();
    let new: Vec<_> = rows(&observed).filter(|row| !documented.contains(row)).collect();
    let names = seen.iter().map(|(cell, _)| cell.fault.name);
    names.filter(|name| new.iter().any(|(_, row)| row.starts_with(&format!("| {name} |")))).collect()
}

/// Those of the tables of results, whose titles begin with `##`.
fn rows(text: &str) -> impl Iterator<Item = Row<'_>> {
    let mut title = "";
    text.lines().filter_map(move |line| {
        title = line.strip_prefix("## ").unwrap_or(title);
        (line.starts_with('|') && !title.is_empty()).then_some((title, line))
    })
}

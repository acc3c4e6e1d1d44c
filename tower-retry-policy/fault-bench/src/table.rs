//! The tables of `faults.md`, made of what was seen.

use crate::{
    cell::{Cell, Seen},
    client::Client,
    fault::Fault,
    invariant::shares_the_bad_one,
    stack::Stack,
};
use std::fmt::Write;

/// The cell of what cannot happen to a client.
const NOTHING: &str = "–";

/// The cell of a race.
const VARIES: &str = "varies";

/// A table for each stack.
pub fn render(results: &[(Cell, Seen)]) -> String {
    let mut text = String::new();
    for stack in Stack::ALL {
        let mut title = stack.name().to_owned();
        title[..1].make_ascii_uppercase();
        table(&mut text, &title, &part(results, stack, false));
    }
    // none for hedges: one that comes before the fault has ended the first attempt brings the good answer, or the fault
    let healed = part(results, Stack::Full, true);
    table(&mut text, "Full stack, over TLS, and the fault happens to the first attempt only", &healed);
    text
}

fn part(results: &[(Cell, Seen)], stack: Stack, healed: bool) -> Vec<&(Cell, Seen)> {
    results.iter().filter(|(cell, _)| cell.stack == stack && cell.healed == healed).collect()
}

fn table(text: &mut String, title: &str, results: &[&(Cell, Seen)]) {
    let names = Client::ALL.map(Client::name).join(" | ");
    let _ =
        writeln!(text, "\n## {title}\n\n| the server | {names} |\n|---|{}", "---|".repeat(Client::ALL.len()));
    for fault in Fault::all() {
        let of_fault: Vec<_> = results.iter().filter(|(cell, _)| cell.fault.name == fault.name).collect();
        if of_fault.is_empty() {
            continue;
        }
        let cells = Client::ALL.map(|client| {
            let calls: Vec<_> =
                of_fault.iter().filter(|call| call.0.client == client).map(|call| **call).collect();
            text_of(fault, &calls)
        });
        let _ = writeln!(text, "| {} | {} |", fault.name, cells.join(" | "));
    }
}

/// `error 3 3 1 3` where the outcome of the four requests is the same; otherwise each with its own. With hedges the number
/// of the `POST` alone: how often the others are sent is a matter of milliseconds.
fn text_of(fault: &Fault, calls: &[&(Cell, Seen)]) -> String {
    let Some((cell, first)) = calls.first() else { return NOTHING.to_owned() };
    if fault.race || shares_the_bad_one(cell) {
        return VARIES.to_owned();
    }
    let counts = |cell: &Cell| cell.stack != Stack::Hedged || cell.call.once();
    let number = |(cell, seen): &(Cell, Seen)| counts(cell).then(|| format!(" {}", number(fault, seen)));
    let word = first.outcome.word();
    if calls.iter().all(|(_, seen)| seen.outcome.word() == word) {
        let numbers = calls.iter().filter_map(|call| number(call));
        return format!("{word}{}", numbers.collect::<String>());
    }
    let each = calls.iter().map(|call| call.1.outcome.word() + &number(call).unwrap_or_default());
    each.collect::<Vec<_>>().join(", ")
}

/// The attempts, and what the server saw where that is more. It may well be less: what was cut off had not all arrived.
fn number(fault: &Fault, seen: &Seen) -> String {
    let most = if fault.is_answer() { seen.attempts } else { 0 };
    if seen.arrivals.len() <= most {
        seen.attempts.to_string()
    } else {
        format!("{} (saw {})", seen.attempts, seen.arrivals.len())
    }
}

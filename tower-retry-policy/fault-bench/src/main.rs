//! Plays the faults by hand.
//!
//! ```text
//! cargo run -p fault-bench -- --list
//! cargo run -p fault-bench -- --fault "refuses the stream" --client tonic
//! ```

#![allow(clippy::print_stdout, reason = "that is what it is for")]

use clap::Parser;
use fault_bench::{Cell, Fault, Pace, broken, play_all, render};
use std::process::ExitCode;

/// Plays faults against clients and says what happened; without a choice, all of them.
#[derive(Debug, Parser)]
struct Arguments {
    /// Prints the names of the faults.
    #[arg(long)]
    list: bool,
    /// Prints the tables of `faults.md`, made of what was seen in all cells.
    #[arg(long)]
    table: bool,
    /// Only this fault.
    #[arg(long, value_name = "NAME")]
    fault: Option<String>,
    /// Only clients whose name has this in it: hyper-util, reqwest, tonic, HTTP/1, HTTP/2.
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Only this stack: `retry only`, `with timeout`, `full stack`, `full stack, hedged`.
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    /// Only this request: GET, PUT, POST, POST+key.
    #[arg(long, value_name = "NAME")]
    call: Option<String>,
}

impl Arguments {
    fn choose(&self, cell: &Cell) -> bool {
        let is = |wanted: &Option<String>, name| wanted.as_deref().is_none_or(|wanted| wanted == name);
        is(&self.fault, cell.fault.name)
            && is(&self.stack, cell.stack.name())
            && is(&self.call, cell.call.name())
            && self.client.as_deref().is_none_or(|part| cell.client.name().contains(part))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        for fault in Fault::all() {
            println!("{}", fault.name);
        }
        return ExitCode::SUCCESS;
    }
    let cells: Vec<_> = Cell::all().filter(|cell| arguments.table || arguments.choose(cell)).collect();
    if cells.is_empty() {
        println!("nothing has these names: see --list and --help");
        return ExitCode::FAILURE;
    }
    let mut good = true;
    let mut seen = Vec::new();
    for (cell, result) in play_all(cells, Pace::BRISK).await {
        match result {
            Err(panic) => {
                good = false;
                println!("{cell}: {panic}");
            }
            Ok(result) => {
                let broken = broken(&cell, &result);
                good &= broken.is_empty();
                if !arguments.table {
                    println!("{cell}: {result}");
                }
                for invariant in broken {
                    println!("BROKEN {cell}: {invariant}");
                }
                seen.push((cell, result));
            }
        }
    }
    if arguments.table {
        print!("{}", render(&seen));
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

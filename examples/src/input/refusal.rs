//! What a program answers to a command line that it does not run.

use clap::error::ErrorKind;

/// Why there is nothing to run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// Help or version was asked for: this text.
    Asked(String),
    /// The input cannot be used: one line that says why.
    Bad(String),
}

impl Refusal {
    pub(crate) fn of(error: &clap::Error) -> Self {
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Self::Asked(error.to_string()),
            _ => Self::Bad(first_paragraph(&error.to_string())),
        }
    }
}

/// clap explains over several paragraphs; the first says what is wrong.
fn first_paragraph(text: &str) -> String {
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

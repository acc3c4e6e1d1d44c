//! Why there is no file, in one line.

use std::{error::Error, fmt, io, path::Path, process::ExitCode};
use tower::BoxError;
use tower_content_check::continuation::ContinueError;

#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked for cannot be.
    Input(String),
    /// What has come is a beginning, and another run may go on with it.
    Failed(String),
    /// What has come is of no use.
    Useless(String),
}

// ===== impl Failure =====

impl Failure {
    pub(crate) fn input(text: impl Into<String>) -> Self {
        Self::Input(text.into())
    }

    /// Of the body.
    pub(crate) fn of(error: &BoxError) -> Self {
        let text = chain(&**error);
        match error.downcast_ref::<ContinueError>() {
            // its own text is for those who have read the bytes; here nobody has
            Some(error) if error.is_rejected() => {
                Self::Useless(format!("what came is not kept: {}", error.source().map_or(text, chain)))
            }
            Some(error) if error.is_changed() => Self::Useless(format!("what came is not kept: {text}")),
            _ => Self::Failed(text),
        }
    }

    /// Of the call, before anything of its body was written.
    pub(crate) fn of_head(error: &BoxError) -> Self {
        Self::Failed(chain(&**error))
    }

    pub(crate) fn file(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self::Failed(format!("cannot {doing} {}: {error}", path.display()))
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::from(2),
            Self::Failed(_) | Self::Useless(_) => ExitCode::from(1),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Input(text) | Self::Failed(text) | Self::Useless(text)) = self;
        // what a server has sent may have lines of its own
        text.chars().filter(|char| !char.is_control()).try_for_each(|char| fmt::Write::write_char(f, char))
    }
}

/// An error and its causes.
fn chain(error: &(dyn Error + 'static)) -> String {
    let (mut text, mut next) = (error.to_string(), error.source());
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

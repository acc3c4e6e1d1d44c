//! What a kernel network lacks here.

use std::{error::Error, fmt, io};

/// Why there is no kernel network.
#[derive(Debug)]
pub struct Missing {
    what: &'static str,
    source: io::Error,
}

impl Missing {
    pub(super) fn new(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self { what, source }
    }

    /// Of a thread's runtime.
    pub(crate) fn of_the_runtime(source: io::Error) -> Self {
        Self { what: "no runtime for a thread", source }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no kernel network here: {}", self.what)
    }
}

impl Error for Missing {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

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

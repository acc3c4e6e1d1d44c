//! What the programs' command lines have in common: a refusal on one line, and the values of their flags.

mod percent;
mod refusal;

pub(crate) use self::percent::percent;
pub use self::refusal::Refusal;

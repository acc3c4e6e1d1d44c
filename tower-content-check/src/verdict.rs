/// What a rejection says about the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The next attempt may well bring the right content: try again.
    Transient,
    /// The same answer would come again: do not ask again.
    Permanent,
}

use super::number::Digits;

/// Where in the grammar the content stands: what has to be kept between two frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Value,
    /// Behind `[`: a value or `]`.
    FirstValue,
    /// Behind `{`: a key or `}`.
    FirstKey,
    /// Behind the comma in an object.
    Key,
    Colon,
    /// Behind a value: a comma or the end of its container, and at depth 0 the end.
    AfterValue,
    String(Role),
    /// Behind the backslash.
    Escape(Role),
    /// Behind `\u` and some of its four digits.
    Hex(Role, u8),
    Number(Digits),
    /// Behind so many letters of the word.
    Literal(&'static str, u8),
}

/// What a string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Key,
    Value,
}

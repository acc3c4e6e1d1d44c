use std::fmt;

/// What would have been right at the place of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Value,
    Key,
    KeyOrBrace,
    Colon,
    CommaOrBracket,
    CommaOrBrace,
    End,
    Digit,
    Escape,
    HexDigit,
    StringEnd,
    /// A character that may stand in a string as it is.
    Character,
    Literal(&'static str),
    Utf8,
    Depth(u32),
}

// ===== impl Expected =====

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "a value",
            Self::Key => "a key in quotes",
            Self::KeyOrBrace => "a key in quotes or `}`",
            Self::Colon => "`:`",
            Self::CommaOrBracket => "`,` or `]`",
            Self::CommaOrBrace => "`,` or `}`",
            Self::End => "nothing more",
            Self::Digit => "a digit",
            Self::Escape => "one of `\"\\/bfnrtu`",
            Self::HexDigit => "a hexadecimal digit",
            Self::StringEnd => "the end of the string",
            Self::Character => "an escape in place of a control character",
            Self::Literal(word) => return write!(f, "`{word}`"),
            Self::Utf8 => "UTF-8",
            Self::Depth(limit) => return write!(f, "at most {limit} levels"),
        })
    }
}

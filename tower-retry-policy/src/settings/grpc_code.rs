//! The status codes of gRPC, by name or by number.

use super::{misfit::Misfit, tree::Tree, values::whole};

/// grpc/doc/statuscodes.md; the place of a name is its number.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The code of `UNAVAILABLE`.
pub(super) const UNAVAILABLE: u8 = 14;

/// One that may ask for a retry: success does not. Names are read in any case (gRPC A6).
pub(super) fn read(tree: &Tree) -> Result<u8, Misfit> {
    let code = match tree {
        Tree::Text(text) => NAMES.iter().position(|name| text.eq_ignore_ascii_case(name)),
        _ => None,
    };
    let code = code.and_then(|code| u8::try_from(code).ok()).filter(|code| *code > 0);
    code.or_else(|| whole(1..=16)(tree).ok())
        .ok_or_else(|| Misfit::new("a gRPC status such as \"UNAVAILABLE\", or its number from 1 to 16", tree))
}

/// Its name, or its number if it has none.
pub(super) fn tree(code: u8) -> Tree {
    NAMES.get(usize::from(code)).map_or(Tree::Whole(code.into()), |name| (*name).into())
}

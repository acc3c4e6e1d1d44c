//! What is done with a wait that the server asks for: `"ignore"`, or a table with `refuse` or `cap`.

use super::{SettingsError, duration, misfit::Misfit, table::Table, tree::Tree};
use crate::RetryAfter;

pub(super) fn read(tree: Tree) -> Result<RetryAfter, SettingsError> {
    let expected = "\"ignore\", { refuse = \"60s\" } or { cap = \"60s\" }";
    match &tree {
        Tree::Text(text) if text == "ignore" => return Ok(RetryAfter::Ignore),
        Tree::Table(_) => {}
        other => return Err(SettingsError::misfit("", &Misfit::new(expected, other))),
    }
    let mut table = Table::new(tree)?;
    let refuse = table.value("refuse", duration::any)?;
    let cap = table.value("cap", duration::any)?;
    table.finish()?;
    match (refuse, cap) {
        (Some(limit), None) => Ok(RetryAfter::Refuse(limit)),
        (None, Some(limit)) => Ok(RetryAfter::Cap(limit)),
        (Some(_), Some(_)) => Err(SettingsError::new("", format!("expected {expected}, found both"))),
        (None, None) => Err(SettingsError::new("", format!("expected {expected}, found an empty table"))),
    }
}

pub(super) fn tree(rule: RetryAfter) -> Tree {
    let table = |key: &str, limit| Tree::Table(vec![(key.into(), duration::text(limit))]);
    match rule {
        RetryAfter::Refuse(limit) => table("refuse", limit),
        RetryAfter::Cap(limit) => table("cap", limit),
        RetryAfter::Ignore => "ignore".into(),
    }
}

//! Settings as TOML, which needs no library to be written.

use super::tree::Tree;
use std::fmt::Write;

/// The text of a table and of those in it.
pub(super) fn text(tree: &Tree) -> String {
    let mut text = String::new();
    if let Tree::Table(entries) = tree {
        table(&mut text, "", entries);
    }
    text
}

/// What belongs to the table itself comes first: after a table's head, a key is that table's.
fn table(text: &mut String, path: &str, entries: &[(String, Tree)]) {
    let is_table = |entry: &&(String, Tree)| matches!(entry.1, Tree::Table(_));
    let own: Vec<_> = entries.iter().filter(|entry| !is_table(entry)).collect();
    if !path.is_empty() && !own.is_empty() {
        let gap = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(text, "{gap}[{path}]");
    }
    for (key, tree) in own {
        let _ = writeln!(text, "{key} = {}", value(tree));
    }
    for (key, tree) in entries.iter().filter(is_table) {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if let Tree::Table(entries) = tree {
            table(text, &path, entries);
        }
    }
}

fn value(tree: &Tree) -> String {
    match tree {
        Tree::Switch(on) => on.to_string(),
        Tree::Whole(number) => number.to_string(),
        Tree::Number(number) => format!("{number:?}"),
        Tree::Text(text) => quoted(text),
        Tree::List(items) => format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(", ")),
        // neither is written
        Tree::Table(_) | Tree::Nothing => "{}".into(),
    }
}

/// A basic string; settings are made of visible ASCII.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

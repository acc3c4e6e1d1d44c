//! Variables as a tree: two low lines in a name part a table from its key.

use super::{SettingsError, tree::Tree};

/// Tables within tables, far more than there are: each is a call when they are dropped.
const DEEPEST: usize = 8;

pub(super) fn tree(
    prefix: &str,
    vars: impl IntoIterator<Item = (String, String)>,
) -> Result<Tree, SettingsError> {
    let prefix = format!("{}__", prefix.to_ascii_lowercase());
    let mut root = Vec::new();
    for (name, text) in vars {
        let name = name.to_ascii_lowercase();
        if let Some(path) = name.strip_prefix(&prefix) {
            if path.split("__").count() > DEEPEST {
                return Err(SettingsError::new(&path.replace("__", "."), "unknown key"));
            }
            let (tables, last) = path.rsplit_once("__").unwrap_or(("", path));
            let mut entries = &mut root;
            for key in tables.split("__").filter(|_| !tables.is_empty()) {
                entries = table(entries, key, path)?;
            }
            // a second one of the same name is found when the table is read
            entries.push((last.to_owned(), Tree::Text(text)));
        }
    }
    Ok(Tree::Table(root))
}

/// The entries of the table of this name, which may be new.
fn table<'a>(
    entries: &'a mut Vec<(String, Tree)>,
    key: &str,
    path: &str,
) -> Result<&'a mut Vec<(String, Tree)>, SettingsError> {
    let at = entries.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
        entries.push((key.to_owned(), Tree::Table(Vec::new())));
        entries.len() - 1
    });
    match &mut entries[at].1 {
        Tree::Table(entries) => Ok(entries),
        _ => Err(SettingsError::new(&path.replace("__", "."), "another variable gives its table a value")),
    }
}

use super::{SettingsError, misfit::Misfit, section::Section, tree::Tree};

/// A table that is read key by key; what is left at the end is unknown.
#[derive(Debug)]
pub(super) struct Table {
    entries: Vec<(String, Tree)>,
    known: Vec<&'static str>,
}

// ===== impl Table =====

impl Table {
    /// Of a tree that should be one.
    pub(super) fn new(tree: Tree) -> Result<Self, SettingsError> {
        match tree {
            Tree::Table(entries) => Ok(Self { entries, known: Vec::new() }),
            Tree::Nothing => Ok(Self { entries: Vec::new(), known: Vec::new() }),
            other => Err(SettingsError::misfit("", &Misfit::new("a table of settings", &other))),
        }
    }

    /// What stands under this key, if anything does.
    pub(super) fn take(&mut self, key: &'static str) -> Result<Option<Tree>, SettingsError> {
        self.known.push(key);
        let Some(at) = self.entries.iter().position(|(name, _)| name == key) else { return Ok(None) };
        let (_, tree) = self.entries.remove(at);
        if self.entries.iter().any(|(name, _)| name == key) {
            return Err(SettingsError::new(key, "this key is there twice"));
        }
        Ok(Some(tree).filter(|tree| *tree != Tree::Nothing))
    }

    /// A value, by a function that knows what would be right.
    pub(super) fn value<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Tree) -> Result<T, Misfit>,
    ) -> Result<Option<T>, SettingsError> {
        let Some(tree) = self.take(key)? else { return Ok(None) };
        read(&tree).map(Some).map_err(|misfit| SettingsError::misfit(key, &misfit))
    }

    /// A table within this one.
    pub(super) fn section<T: Section>(&mut self, key: &'static str) -> Result<Option<T>, SettingsError> {
        let Some(tree) = self.take(key)? else { return Ok(None) };
        T::from_tree(tree).map(Some).map_err(|error| error.within(key))
    }

    /// Nothing may be left that nobody asked for.
    pub(super) fn finish(self) -> Result<(), SettingsError> {
        match self.entries.first() {
            None => Ok(()),
            Some((key, _)) => {
                let known = format!("unknown key, expected one of {}", self.known.join(", "));
                Err(SettingsError::new(key, known))
            }
        }
    }
}

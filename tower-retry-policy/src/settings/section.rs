use super::{SettingsError, table::Table, tree::Tree};

/// Settings that are a table, in any format.
pub(super) trait Section: Sized {
    /// The key that is meant where a text stands in the place of the table.
    const SHORT: Option<&'static str> = None;

    /// Reads what is there, and says what would be right of what is not.
    fn read(table: &mut Table) -> Result<Self, SettingsError>;

    /// Writes what is set.
    fn write(&self, entries: &mut Entries);

    fn from_tree(tree: Tree) -> Result<Self, SettingsError> {
        let tree = match (tree, Self::SHORT) {
            (text @ Tree::Text(_), Some(key)) => Tree::Table(vec![(key.into(), text)]),
            (tree, _) => tree,
        };
        let mut table = Table::new(tree)?;
        let settings = Self::read(&mut table)?;
        table.finish()?;
        Ok(settings)
    }

    fn to_tree(&self) -> Tree {
        let mut entries = Entries::default();
        self.write(&mut entries);
        Tree::Table(entries.0)
    }

    /// Settings that were made in a program are held to the same rules as those of a file: they are written and read.
    fn check(&self) -> Result<(), SettingsError> {
        Self::from_tree(self.to_tree()).map(drop)
    }
}

/// The entries of a table, in the order in which they are written.
#[derive(Debug, Default)]
pub(super) struct Entries(Vec<(String, Tree)>);

// ===== impl Entries =====

impl Entries {
    /// A value, if it is set.
    pub(super) fn put(&mut self, key: &str, value: Option<impl Into<Tree>>) {
        if let Some(value) = value {
            self.0.push((key.into(), value.into()));
        }
    }

    /// A table, if anything in it is set.
    pub(super) fn section(&mut self, key: &str, section: &impl Section) {
        let tree = section.to_tree();
        if tree != Tree::Table(Vec::new()) {
            self.0.push((key.into(), tree));
        }
    }
}

/// Reading and writing through serde, and the text as TOML.
macro_rules! settings {
    ($($settings:ty),+ $(,)?) => {$(
        impl<'de> serde_core::Deserialize<'de> for $settings {
            fn deserialize<D: serde_core::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let tree = $crate::settings::tree::Tree::deserialize(deserializer)?;
                <Self as $crate::settings::section::Section>::from_tree(tree).map_err(serde_core::de::Error::custom)
            }
        }

        impl serde_core::Serialize for $settings {
            /// Writes what is set.
            fn serialize<S: serde_core::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::settings::section::Section::to_tree(self).serialize(serializer)
            }
        }

        impl $settings {
            /// What is set, as TOML.
            #[must_use]
            pub fn to_toml(&self) -> String {
                $crate::settings::toml::text(&$crate::settings::section::Section::to_tree(self))
            }
        }
    )+};
}
pub(super) use settings;

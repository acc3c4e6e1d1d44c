use super::{misfit::Misfit, tree::Tree};

/// A value, or `"off"` where there may be none: no limit, no header field.
///
/// A key that is absent says nothing of either, so a setting is an `Option<OrOff<..>>`.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrOff<T> {
    /// None at all.
    Off,
    /// This one.
    On(T),
}

// ===== impl OrOff =====

impl<T> OrOff<T> {
    /// The value, if it is not off.
    pub fn on(self) -> Option<T> {
        match self {
            Self::Off => None,
            Self::On(value) => Some(value),
        }
    }

    pub(super) fn as_ref(&self) -> OrOff<&T> {
        match self {
            Self::Off => OrOff::Off,
            Self::On(value) => OrOff::On(value),
        }
    }

    /// What `write` makes of the value, or the text `off`.
    pub(super) fn written(self, write: impl FnOnce(T) -> Tree) -> Tree {
        self.on().map_or_else(|| "off".into(), write)
    }

    /// A reader of values as one that reads `off` too.
    pub(super) fn reader(
        read: impl FnOnce(&Tree) -> Result<T, Misfit>,
    ) -> impl FnOnce(&Tree) -> Result<Self, Misfit> {
        |tree| match tree {
            Tree::Text(text) if text == "off" => Ok(Self::Off),
            // what is wrong is one of its items
            Tree::List(_) => read(tree).map(Self::On),
            tree => read(tree).map(Self::On).map_err(|misfit| misfit.or("\"off\"")),
        }
    }
}

impl<T> From<Option<T>> for OrOff<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Off, Self::On)
    }
}

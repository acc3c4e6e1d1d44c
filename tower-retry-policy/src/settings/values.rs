//! Readers of single values. Numbers, switches and lists may be written as text, because the environment has nothing else.

use super::{misfit::Misfit, tree::Tree};
use std::ops::RangeInclusive;

/// A whole number of a range.
pub(super) fn whole<T>(range: RangeInclusive<T>) -> impl Fn(&Tree) -> Result<T, Misfit>
where
    T: TryFrom<i128> + PartialOrd + std::fmt::Display,
{
    move |tree| {
        let number = match tree {
            Tree::Whole(number) => Some(*number),
            Tree::Text(text) if is_made_of(text.trim(), b"") => text.trim().parse().ok(),
            _ => None,
        };
        number.and_then(|number| T::try_from(number).ok()).filter(|number| range.contains(number)).ok_or_else(
            || Misfit::new(format!("a whole number from {} to {}", range.start(), range.end()), tree),
        )
    }
}

/// A number that passes; `expected` says which do.
pub(super) fn number(
    expected: &'static str,
    passes: impl Fn(f64) -> bool,
) -> impl Fn(&Tree) -> Result<f64, Misfit> {
    move |tree| {
        let number = match tree {
            Tree::Whole(number) => Some(*number as f64),
            Tree::Number(number) => Some(*number),
            // not "inf" nor "1e9"
            Tree::Text(text) if is_made_of(text.trim(), b".") => text.trim().parse().ok(),
            _ => None,
        };
        number
            .filter(|number| number.is_finite() && passes(*number))
            .ok_or_else(|| Misfit::new(expected, tree))
    }
}

/// `true` or `false`.
pub(super) fn switch(tree: &Tree) -> Result<bool, Misfit> {
    match tree {
        Tree::Switch(on) => Ok(*on),
        Tree::Text(text) if text == "true" => Ok(true),
        Tree::Text(text) if text == "false" => Ok(false),
        _ => Err(Misfit::new("true or false", tree)),
    }
}

/// One of these names.
pub(super) fn named<T: Copy>(names: &'static [(&'static str, T)]) -> impl Fn(&Tree) -> Result<T, Misfit> {
    move |tree| {
        let found = match tree {
            Tree::Text(text) => names.iter().find(|(name, _)| name == text),
            _ => None,
        };
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = names.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            Misfit::new(names.join(", "), tree)
        })
    }
}

/// The name of a value, to be written.
pub(super) fn name_of<T: PartialEq>(names: &[(&'static str, T)], value: &T) -> Option<Tree> {
    names.iter().find(|(_, named)| named == value).map(|(name, _)| Tree::from(*name))
}

/// A list, or a text with commas.
pub(super) fn list<T>(
    expected: &'static str,
    item: impl Fn(&Tree) -> Result<T, Misfit>,
) -> impl Fn(&Tree) -> Result<Vec<T>, Misfit> {
    move |tree| match tree {
        Tree::List(items) => items.iter().map(&item).collect(),
        Tree::Text(text) if !text.trim().is_empty() => {
            text.split(',').map(|part| item(&part.trim().into())).collect()
        }
        _ => Err(Misfit::new(expected, tree)),
    }
}

fn is_made_of(text: &str, others: &[u8]) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || others.contains(&byte))
}

//! A [`Jitter`] as text: a name, a share to each side, or what is added.

use super::{duration, misfit::Misfit, tree::Tree, values};
use tower_backoff::Jitter;

const NAMES: [(&str, Jitter); 4] = [
    ("none", Jitter::None),
    ("full", Jitter::Full),
    ("equal", Jitter::Equal),
    ("decorrelated", Jitter::Decorrelated),
];

pub(super) fn read(tree: &Tree) -> Result<Jitter, Misfit> {
    let misfit = || {
        let names = "\"none\", \"full\", \"equal\", \"decorrelated\"";
        Misfit::new(format!("{names}, a share from \"1%\" to \"100%\", or a duration such as \"1s\""), tree)
    };
    let Tree::Text(text) = tree else { return Err(misfit()) };
    if let Ok(named) = values::named(&NAMES)(tree) {
        return Ok(named);
    }
    if let Some(percent) = text.strip_suffix('%') {
        let percent = values::whole(1..=100)(&percent.into()).map_err(|_| misfit())?;
        return Ok(Jitter::Proportional { percent });
    }
    duration::positive(tree).map(Jitter::Additive).map_err(|_| misfit())
}

pub(super) fn text(jitter: Jitter) -> Tree {
    match jitter {
        Jitter::Proportional { percent } => Tree::Text(format!("{percent}%")),
        Jitter::Additive(extra) => duration::text(extra),
        named => values::name_of(&NAMES, &named).unwrap_or_else(|| "none".into()),
    }
}

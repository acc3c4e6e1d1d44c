use super::super::{SettingsError, misfit::Misfit, table::Table, tree::Tree};
use crate::one_line::OneLine;
use std::fmt;

/// Whom a config is about: a method, a service (the method is empty), or all (both are).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    service: String,
    method: String,
}

// ===== impl Name =====

impl Name {
    /// The names that a path answers to, the narrowest first.
    pub(super) fn matching(path: &str) -> [Self; 3] {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (service, method) = path.rsplit_once('/').unwrap_or((path, ""));
        [(service, method), (service, ""), ("", "")]
            .map(|(service, method)| Self { service: service.into(), method: method.into() })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&*self.service, &*self.method) {
            ("", _) => f.write_str("the default of all methods"),
            (service, "") => write!(f, "the service \"{}\"", OneLine(service)),
            (service, method) => write!(f, "the method \"{}\"", OneLine(&format!("{service}/{method}"))),
        }
    }
}

/// The names of a method's config; without any it is nobody's (service_config.proto).
pub(super) fn names(table: &mut Table) -> Result<Vec<Name>, SettingsError> {
    let list = match table.take("name")? {
        None => Vec::new(),
        Some(Tree::List(list)) => list,
        Some(other) => return Err(SettingsError::misfit("name", &Misfit::new("a list", &other))),
    };
    let name = |(index, tree)| name(tree).map_err(|error| error.within(&format!("[{index}]")).within("name"));
    list.into_iter().enumerate().map(name).collect()
}

fn name(tree: Tree) -> Result<Name, SettingsError> {
    let mut table = Table::new(tree)?;
    let service = table.value("service", text)?.unwrap_or_default();
    let method = table.value("method", text)?.unwrap_or_default();
    if service.is_empty() && !method.is_empty() {
        return Err(SettingsError::new("service", "expected the service of the method, and it is missing"));
    }
    Ok(Name { service, method })
}

fn text(tree: &Tree) -> Result<String, Misfit> {
    match tree {
        Tree::Text(text) => Ok(text.clone()),
        other => Err(Misfit::new("a name", other)),
    }
}

use super::{misfit::Misfit, tree::Tree, values::list};
use http::Method;

/// Which methods may be repeated once the server may have acted on the request.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MethodSettings {
    /// `"idempotent"`: GET, HEAD, OPTIONS, TRACE, PUT, DELETE and QUERY.
    Idempotent,
    /// `"any"`: only right for a server that tolerates every request twice.
    Any,
    /// These and no others.
    Listed(Vec<Method>),
}

const EXPECTED: &str = "\"idempotent\", \"any\", or a list of methods such as [\"GET\", \"PUT\"]";

pub(super) fn read(tree: &Tree) -> Result<MethodSettings, Misfit> {
    match tree {
        Tree::Text(text) if text == "idempotent" => Ok(MethodSettings::Idempotent),
        Tree::Text(text) if text == "any" => Ok(MethodSettings::Any),
        tree => list(EXPECTED, method)(tree).map(MethodSettings::Listed),
    }
}

/// Methods are case-sensitive (RFC 9110 section 9.1), and one with a small letter is registered nowhere.
fn method(tree: &Tree) -> Result<Method, Misfit> {
    let method = match tree {
        Tree::Text(text) if !text.bytes().any(|byte| byte.is_ascii_lowercase()) => {
            Method::from_bytes(text.as_bytes()).ok()
        }
        _ => None,
    };
    method.ok_or_else(|| Misfit::new("a method in capital letters, such as \"GET\"", tree))
}

pub(super) fn tree(methods: &MethodSettings) -> Tree {
    match methods {
        MethodSettings::Idempotent => "idempotent".into(),
        MethodSettings::Any => "any".into(),
        MethodSettings::Listed(methods) => {
            Tree::List(methods.iter().map(|method| method.as_str().into()).collect())
        }
    }
}

use super::idempotency_field::names_a_key;
use crate::budget::RequestHead;
use http::Method;

/// Request extension: this request may be sent more than once, whatever its method.
///
/// Only the owner of a request knows whether the server tolerates it twice. A `POST` that carries this
/// mark, or an [`Idempotency-Key`](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)
/// header with one key, is treated like a `PUT`. The mark always counts; whether the header does is for
/// [`honour_idempotency_key`](crate::RetryPolicy::honour_idempotency_key) to say.
///
/// ```
/// use tower_retry_policy::Idempotent;
///
/// let mut request = http::Request::post("http://example.com/search").body(()).unwrap();
/// request.extensions_mut().insert(Idempotent);
/// ```
#[doc(alias = "idempotency")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idempotent;

/// Which methods may be repeated once the server may have acted on the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Methods {
    /// RFC 9110 section 9.2.2, and QUERY (draft-ietf-httpbis-safe-method-w-body), which is safe.
    Idempotent,
    /// These and no others.
    Listed(Vec<Method>),
    /// All of them.
    Any,
}

/// Which requests may be repeated once the server may have acted on them.
#[derive(Clone, Debug)]
pub(crate) struct Repeatable {
    pub(crate) methods: Methods,
    /// Whether a request's own `Idempotency-Key` counts.
    pub(crate) by_key: bool,
}

// ===== impl Repeatable =====

impl Repeatable {
    /// Whether the method of the request, or its owner, allows a repeat.
    pub(crate) fn allows(&self, head: RequestHead<'_>) -> bool {
        self.methods.contains(head.method())
            || (self.by_key && names_a_key(head.headers()))
            || head.extensions().get::<Idempotent>().is_some()
    }
}

// ===== impl Methods =====

impl Methods {
    fn contains(&self, method: &Method) -> bool {
        match self {
            Self::Idempotent => method.is_idempotent() || method.as_str() == "QUERY",
            Self::Listed(listed) => listed.contains(method),
            Self::Any => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn idempotent_methods_are_those_of_rfc_9110_and_query() {
        let table = [
            ("GET", true),
            ("HEAD", true),
            ("OPTIONS", true),
            ("TRACE", true),
            ("PUT", true),
            ("DELETE", true),
            ("QUERY", true),
            ("POST", false),
            ("PATCH", false),
            ("CONNECT", false),
            ("PROPFIND", false),
            ("get", false), // methods are case-sensitive, RFC 9110 section 9.1
        ];
        for (method, expected) in table {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(Methods::Idempotent.contains(&method), expected, "{method}");
            assert!(Methods::Any.contains(&method), "{method}");
            assert!(!Methods::Listed(Vec::new()).contains(&method), "an empty list allows nothing");
        }
    }

    #[test]
    fn the_owner_of_a_request_can_allow_it() {
        let plain = Request::post("/").body(()).unwrap();
        let keyed = Request::post("/").header("Idempotency-Key", "\"a\"").body(()).unwrap();
        let mut marked = Request::post("/").body(()).unwrap();
        marked.extensions_mut().insert(Idempotent);
        let empty = Request::post("/").header("Idempotency-Key", "").body(()).unwrap();
        for methods in [Methods::Idempotent, Methods::Listed(vec![Method::GET])] {
            for (request, with_key, without) in
                [(&plain, false, false), (&keyed, true, false), (&marked, true, true), (&empty, false, false)]
            {
                for (by_key, expected) in [(true, with_key), (false, without)] {
                    let repeatable = Repeatable { methods: methods.clone(), by_key };
                    assert_eq!(repeatable.allows(RequestHead::new(request)), expected, "{repeatable:?}");
                }
            }
        }
    }
}

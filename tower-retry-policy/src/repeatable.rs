use crate::budget::RequestHead;
use http::{HeaderMap, Method, header::HeaderName};

/// Request extension: this request may be sent more than once, whatever its method.
///
/// Only the owner of a request knows whether the server tolerates it twice. A `POST` that carries this
/// mark, or an [`Idempotency-Key`](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)
/// header, is treated like a `PUT`.
///
/// ```
/// use tower_retry_policy::Idempotent;
///
/// let mut request = http::Request::post("http://example.com/search").body(()).unwrap();
/// request.extensions_mut().insert(Idempotent);
/// ```
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

impl Methods {
    /// Whether the owner of the request, or its method, allows a repeat.
    pub(crate) fn allow(&self, head: RequestHead<'_>) -> bool {
        self.contains(head.method())
            || has_idempotency_key(head.headers())
            || head.extensions().get::<Idempotent>().is_some()
    }

    fn contains(&self, method: &Method) -> bool {
        match self {
            Self::Idempotent => method.is_idempotent() || method.as_str() == "QUERY",
            Self::Listed(listed) => listed.contains(method),
            Self::Any => true,
        }
    }
}

fn has_idempotency_key(headers: &HeaderMap) -> bool {
    const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
    headers.contains_key(IDEMPOTENCY_KEY)
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
            let request = Request::builder().method(method).body(()).unwrap();
            assert_eq!(Methods::Idempotent.allow(RequestHead::new(&request)), expected, "{method}");
            assert!(Methods::Any.allow(RequestHead::new(&request)), "{method}");
            assert!(
                !Methods::Listed(Vec::new()).allow(RequestHead::new(&request)),
                "an empty list allows nothing"
            );
        }
    }

    #[test]
    fn the_owner_of_a_request_can_allow_it() {
        let plain = Request::post("/").body(()).unwrap();
        let keyed = Request::post("/").header("Idempotency-Key", "\"a\"").body(()).unwrap();
        let mut marked = Request::post("/").body(()).unwrap();
        marked.extensions_mut().insert(Idempotent);
        let listed = Methods::Listed(vec![Method::GET]);
        for (request, expected) in [(plain, false), (keyed, true), (marked, true)] {
            assert_eq!(listed.allow(RequestHead::new(&request)), expected);
            assert_eq!(Methods::Idempotent.allow(RequestHead::new(&request)), expected);
        }
    }
}

use super::InvalidEndpoint;
use http::{
    HeaderValue, Request, Uri,
    header::HOST,
    uri::{Authority, PathAndQuery, Scheme},
};

/// A base address: where requests go, and what is put before their path.
#[derive(Debug)]
pub(crate) struct Address {
    uri: Uri,
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    /// Without a slash at its end; none for the root.
    prefix: Option<String>,
}

// ===== impl Address =====

impl Address {
    pub(super) fn new(uri: Uri) -> Result<Self, InvalidEndpoint> {
        let (Some(scheme), Some(authority)) = (uri.scheme().cloned(), uri.authority().cloned()) else {
            return Err(InvalidEndpoint::relative(&uri));
        };
        // RFC 9110 section 4.2.4: a secret, and no part of the server's name
        if authority.as_str().contains('@') {
            return Err(InvalidEndpoint::user_information(&uri));
        }
        if uri.query().is_some() {
            return Err(InvalidEndpoint::query(&uri));
        }
        let host = authority.host();
        // RFC 9110 section 4.2.1: an empty host is invalid
        if host.is_empty() {
            return Err(InvalidEndpoint::relative(&uri));
        }
        // clients take the scheme's port in place of one that they cannot read
        let port = authority.as_str()[host.len()..].trim_start_matches(':');
        if !port.is_empty() && !matches!(authority.port_u16(), Some(1..)) {
            return Err(InvalidEndpoint::port(&uri));
        }
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| InvalidEndpoint::relative(&uri))?;
        let prefix = uri.path().trim_end_matches('/');
        let prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
        Ok(Self { uri, scheme, authority, host, prefix })
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    fn port(&self) -> Option<u16> {
        self.authority.port_u16().or_else(|| match self.scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        })
    }

    /// Directs a request here: scheme and authority are replaced, path and query stay behind the prefix, and a `Host`
    /// field follows.
    pub(super) fn direct<B>(&self, request: &mut Request<B>) -> Result<(), http::Error> {
        let mut parts = request.uri().clone().into_parts();
        let asked = parts.path_and_query.take();
        parts.path_and_query = Some(match (&self.prefix, asked) {
            (Some(prefix), Some(asked)) if asked.path() != "*" => prefixed(prefix, &asked)?,
            (Some(prefix), None) => PathAndQuery::try_from(prefix.as_str())?,
            (_, Some(asked)) => asked,
            (None, None) => PathAndQuery::from_static("/"),
        });
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        *request.uri_mut() = Uri::from_parts(parts)?;
        if request.headers().contains_key(HOST) {
            // in place of all: a server refuses a request with two of them (RFC 9112 section 3.2)
            request.headers_mut().insert(HOST, self.host.clone());
        }
        Ok(())
    }
}

fn prefixed(prefix: &str, asked: &PathAndQuery) -> Result<PathAndQuery, http::Error> {
    let path = asked.path();
    let text = match asked.query() {
        Some(query) => format!("{prefix}{path}?{query}"),
        None => format!("{prefix}{path}"),
    };
    Ok(PathAndQuery::try_from(text)?)
}

impl PartialEq for Address {
    /// RFC 9110 section 4.2.3: neither the case of a host nor the scheme's own port makes another server, and a slash at
    /// the end of the prefix no other request.
    fn eq(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.authority.host().eq_ignore_ascii_case(other.authority.host())
            && self.port() == other.port()
            && self.prefix == other.prefix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_and_authority_are_replaced_and_the_rest_stays() {
        let table = [
            ("https://a.example", "http://service/x?y=1", "https://a.example/x?y=1"),
            ("http://a:8080/", "http://service:1/", "http://a:8080/"),
            ("http://a/v1", "http://service/x", "http://a/v1/x"),
            ("http://a/v1/", "http://service/x?y", "http://a/v1/x?y"),
            ("http://a/v1", "http://service?y", "http://a/v1/?y"),
            ("http://a/v1", "/x", "http://a/v1/x"),
            ("http://a", "/x", "http://a/x"),
            ("http://[::1]:80", "http://me:pw@service/x", "http://[::1]:80/x"),
        ];
        for (base, asked, expected) in table {
            let address = Address::new(base.parse().unwrap()).unwrap();
            let mut request = Request::get(asked).body(()).unwrap();
            address.direct(&mut request).unwrap();
            assert_eq!(request.uri(), expected, "{base} {asked}");
            assert!(!request.headers().contains_key(HOST));
        }
    }

    #[test]
    fn the_host_field_follows_where_there_is_one() {
        let address = Address::new("http://a:8080/v1".parse().unwrap()).unwrap();
        let mut request = Request::get("/x").header(HOST, "service").body(()).unwrap();
        address.direct(&mut request).unwrap();
        assert_eq!(request.headers()[HOST], "a:8080");
    }

    #[test]
    fn all_of_the_server_is_asked_without_a_prefix() {
        let address = Address::new("http://a/v1".parse().unwrap()).unwrap();
        let mut request = Request::options("*").body(()).unwrap();
        address.direct(&mut request).unwrap();
        assert_eq!((request.uri().host(), request.uri().path()), (Some("a"), "*"));
    }

    #[test]
    fn what_is_no_base_address_is_refused() {
        for uri in ["/x", "a:80", "*", "http://me@a/", "http://me:pw@a/", "http://a/?x", "http://a?x=1"] {
            assert!(Address::new(uri.parse().unwrap()).is_err(), "{uri}");
        }
    }
}

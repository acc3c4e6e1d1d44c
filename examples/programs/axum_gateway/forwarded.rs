//! What the upstream is told of the client, and of the way.
//!
//! One rule: nothing that a client says of itself is passed on. `X-Forwarded-*`, `Forwarded` and `X-Real-IP` from outside are
//! removed, and what the gateway itself knows is written. Behind another proxy that loses what that one said: whoever trusts it
//! appends here instead. `Via` is appended to, as it must be (RFC 9110 section 7.6.3).

use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Version,
    header::{COOKIE, FORWARDED, HOST, VIA},
};
use std::net::IpAddr;

const X_FORWARDED: &str = "x-forwarded-";
const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST_ASKED: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// Takes `Host` away: the client of the upstream writes its own.
pub(crate) fn rewrite<B>(request: &mut Request<B>, client: IpAddr) {
    // a target with a host of its own overrules the field (RFC 9112 section 3.2.2); a user in it is no part of the host
    let authority = request.uri().authority().and_then(|host| host.as_str().rsplit('@').next());
    let authority = authority.and_then(|host| HeaderValue::from_str(host).ok());
    let host = authority.or(request.headers().get(HOST).cloned());
    let via = match request.version() {
        Version::HTTP_10 => "1.0 axum_gateway",
        _ => "1.1 axum_gateway",
    };

    let headers = request.headers_mut();
    let told: Vec<_> =
        headers.keys().filter(|name| name.as_str().starts_with(X_FORWARDED)).cloned().collect();
    for name in told.iter().chain(&[FORWARDED, REAL_IP, HOST]) {
        headers.remove(name);
    }
    if let Ok(client) = HeaderValue::try_from(client.to_string()) {
        headers.insert(FOR, client);
    }
    host.map(|host| headers.insert(HOST_ASKED, host));
    headers.insert(PROTO, HeaderValue::from_static("http"));
    headers.append(VIA, HeaderValue::from_static(via));
    join_cookies(headers);
}

/// HTTP/1.1 knows one `Cookie` (RFC 6265 section 5.4). HTTP/2 sends several, and whatever translates from it has to join them (RFC
/// 9113 section 8.2.3): an upstream reads the first, or the last.
fn join_cookies(headers: &mut HeaderMap) {
    let cookies: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
    {
        headers.insert(COOKIE, joined);
    }
}

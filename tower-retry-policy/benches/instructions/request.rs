use http::{HeaderValue, Method, Request};

/// A request as clients send it, with eight header fields: whoever may retry has to copy them.
pub fn request<B>(method: Method, body: B) -> Request<B> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    for (name, value) in [
        ("accept", "application/json"),
        ("accept-encoding", "gzip"),
        ("accept-language", "en"),
        ("authorization", "Bearer 0123456789abcdef"),
        ("content-type", "application/json"),
        ("host", "example.com"),
        ("user-agent", "bench"),
        ("x-request-id", "0123456789abcdef"),
    ] {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    request
}

use http::{HeaderValue, Method, Request};

/// Eight header fields: whoever may retry has to copy them.
const FIELDS: [(&str, &str); 8] = [
    ("accept", "application/json"),
    ("accept-encoding", "gzip"),
    ("accept-language", "en"),
    ("authorization", "Bearer 0123456789abcdef"),
    ("content-type", "application/json"),
    ("host", "example.com"),
    ("user-agent", "bench"),
    ("x-request-id", "0123456789abcdef"),
];

/// A request as clients send it, with values that are a part of the program.
pub fn request<B>(method: Method, body: B) -> Request<B> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    for (name, value) in FIELDS {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    request
}

/// A request as users make it, `.header("name", "value")`: each value is copied onto the heap.
pub fn fresh_request<B: Default>(method: &Method, body: B) -> Request<B> {
    let builder = Request::builder().method(method.clone()).uri("http://example.com/path?query");
    let builder = FIELDS.into_iter().fold(builder, |builder, (name, value)| builder.header(name, value));
    builder.body(body).unwrap_or_default()
}

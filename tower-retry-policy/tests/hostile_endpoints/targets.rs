use http::{HeaderMap, Request, Response, Uri, header::HOST};
use std::{
    io,
    sync::{Arc, Mutex},
};
use tower::{BoxError, Layer, ServiceExt, service_fn};
use tower_retry_policy::endpoints::{Endpoints, EndpointsLayer};

async fn sent(base: &str, request: Request<()>) -> Result<(Uri, HeaderMap), BoxError> {
    let seen = Arc::new(Mutex::new(None));
    let inner = service_fn(|request: Request<()>| {
        *seen.lock().unwrap() = Some((request.uri().clone(), request.headers().clone()));
        async { Ok::<_, io::Error>(Response::new(())) }
    });
    let endpoints = Endpoints::new([base.parse().unwrap()])?;
    EndpointsLayer::new(endpoints).layer(inner).oneshot(request).await?;
    Ok(seen.lock().unwrap().take().unwrap())
}

/// A base, what was asked for, where it goes and with which `Host`.
const TARGETS: &[(&str, &str, &str, &str)] = &[
    ("http://a:8080", "http://service/x?y", "http://a:8080/x?y", "a:8080"),
    ("http://a/v1", "http://service", "http://a/v1/", "a"),
    ("http://a/v1//", "http://service?q", "http://a/v1/?q", "a"),
    ("http://a/v1#part", "/x#part", "http://a/v1/x", "a"),
    ("https://[::1]:8080/v1", "/x", "https://[::1]:8080/v1/x", "[::1]:8080"),
    ("HTTP://A:80", "http://u:p@service/x", "http://A:80/x", "A:80"),
    // a path and no authority, whatever it looks like
    ("http://a", "//evil.example/x", "http://a//evil.example/x", "a"),
    ("http://a/%2f", "/%2e%2e/x", "http://a/%2f/%2e%2e/x", "a"),
    // RFC 3986 section 3.2.3: a port may be empty
    ("http://a:", "/x", "http://a:/x", "a:"),
    ("unix://a/b", "/?", "unix://a/b/?", "a"),
];

#[tokio::test]
async fn a_request_goes_to_the_endpoint_with_its_path_and_query_and_one_host_field() {
    for (base, asked, expected, host) in TARGETS {
        let request = Request::get(*asked).header(HOST, "service").header(HOST, "another");
        let (uri, headers) = sent(base, request.body(()).unwrap()).await.unwrap();
        assert_eq!(uri, *expected, "{base} {asked}");
        let hosts: Vec<_> = headers.get_all(HOST).iter().collect();
        assert_eq!(hosts, [host], "{base} {asked}");
        let (_, headers) = sent(base, Request::get(*asked).body(()).unwrap()).await.unwrap();
        assert!(headers.is_empty(), "{base} {asked}");
    }
}

#[tokio::test]
async fn all_of_a_server_is_asked_of_the_endpoint_s_server() {
    for base in ["http://a:1", "http://a:1/v1"] {
        let request = Request::options("*").body(()).unwrap();
        let (uri, _) = sent(base, request).await.unwrap();
        assert_eq!((uri.authority().unwrap().as_str(), uri.path()), ("a:1", "*"), "{base}");
    }
}

#[tokio::test]
async fn a_target_that_grows_too_long_is_one_error_and_no_failure_of_the_endpoint() {
    let long = format!("/{}", "x".repeat(40_000));
    let endpoints = Endpoints::new([format!("http://a{long}").parse().unwrap()]).unwrap();
    let inner = service_fn(|_: Request<()>| async { Ok::<_, io::Error>(Response::new(())) });
    let service = EndpointsLayer::new(endpoints.clone()).layer(inner);
    let error = service.oneshot(Request::get(long).body(()).unwrap()).await.unwrap_err();
    assert_eq!(error.to_string(), "uri too long");
    let stats = &endpoints.stats()[0];
    assert_eq!((stats.failures(), stats.in_flight()), (0, 0));
}

#[test]
fn what_is_no_endpoint_is_named_without_its_secrets() {
    let table: &[(&[&str], &str)] = &[
        (&[], "list of endpoints is empty"),
        (&["http://a", "/relative?secret"], "endpoint /relative has no scheme or no host"),
        (&["a"], "endpoint a has no scheme or no host"),
        (&["http://a", "u:secret@a:80"], "endpoint a:80 has no scheme or no host"),
        (&["*"], "endpoint * has no scheme or no host"),
        (&["http://:80"], "endpoint :80 has no scheme or no host"),
        (&["http://u:secret@a", "http://b"], "endpoint a has user information"),
        (&["http://@a:1"], "endpoint a:1 has user information"),
        (&["http://a?secret"], "endpoint a has a query"),
        (&["http://a/?"], "endpoint a has a query"),
        (&["http://a:99999"], "endpoint a:99999 has an invalid port"),
        (&["http://a:0"], "endpoint a:0 has an invalid port"),
        (&["http://[::1]:65536/v1"], "endpoint [::1]:65536 has an invalid port"),
    ];
    let good = Endpoints::new(["http://good".parse().unwrap()]).unwrap();
    for (list, expected) in table {
        let list = || list.iter().map(|uri| uri.parse().unwrap());
        let error = Endpoints::new(list()).unwrap_err();
        assert_eq!(error.to_string(), *expected);
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        assert_eq!(error.is_empty(), list().len() == 0);
        good.set(list()).unwrap_err();
        assert_eq!(good.stats()[0].address(), "http://good/");
    }
}

#[test]
fn an_endpoint_that_is_given_twice_counts_once() {
    let table = [
        (["http://a", "http://a/"], 1),
        (["http://a", "HTTP://A"], 1),
        (["http://a/v1", "http://a/v1/"], 1),
        (["http://a", "http://a:80"], 1),
        (["https://a:", "https://a:443"], 1),
        (["https://a", "https://a:80"], 2),
        (["http://a", "https://a"], 2),
        (["http://a/V1", "http://a/v1"], 2),
    ];
    for (list, expected) in table {
        let endpoints = Endpoints::new(list.map(|uri| uri.parse().unwrap())).unwrap();
        assert_eq!(endpoints.stats().len(), expected, "{list:?}");
    }
}

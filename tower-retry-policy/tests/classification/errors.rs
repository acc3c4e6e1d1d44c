//! What the clients report themselves: their own timeouts, and what they make of answers that arrived.

use crate::{
    http1::{Http1, Then},
    server::Server,
};
use reqwest::dns::{Name, Resolve, Resolving};
use std::{error::Error, io, sync::Arc, time::Duration};
use tonic::{Code, ConnectError, Status, TimeoutExpired, transport::Endpoint};
use tower::{ServiceExt, service_fn};
use tower_retry_policy::{
    Phase::{self, Body, Connect, Other, Read},
    PhasedError,
};

/// Real sockets need real time.
const SHORT: Duration = Duration::from_millis(50);

/// Long enough for the head to come on a busy machine.
const LONGER: Duration = Duration::from_secs(2);

const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
const MISSING: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
const CIRCLE: &str = "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n";

/// A resolver that never finds out.
struct Pensive;

impl Resolve for Pensive {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::pending())
    }
}

fn reqwest() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .no_proxy()
        .retry(reqwest::retry::never())
        .tls_backend_preconfigured(crate::tls::client())
}

/// The error of a call that reads the body itself and turns a bad status into an error.
async fn reqwest_error(client: reqwest::ClientBuilder, url: &str) -> reqwest::Error {
    let client = client.build().unwrap();
    let response = async { client.get(url).send().await?.error_for_status()?.bytes().await };
    response.await.unwrap_err()
}

#[tokio::test]
async fn reqwest_says_more_than_the_errors_inside_it() {
    let (close, wait) = (Then::Close, Then::Wait);
    #[rustfmt::skip]
    let table = [
        ("no answer in time",      "",      wait,  reqwest().timeout(SHORT),      Read),
        ("no byte in time",        "",      wait,  reqwest().read_timeout(SHORT), Read),
        ("no end in time",         CUT,     wait,  reqwest().timeout(LONGER),     Body),
        ("no further byte",        CUT,     wait,  reqwest().read_timeout(LONGER), Body),
        ("a cut body",             CUT,     close, reqwest(),                     Body),
        // the policy decides on statuses that it sees; this one was taken from it
        ("an error of a status",   MISSING, close, reqwest(),                     Other),
        ("too many redirects",     CIRCLE,  close, reqwest(),                     Other),
        ("a scheme of no use",     "",      close, reqwest().https_only(true),    Other),
    ];
    for (name, text, then, client, expected) in table {
        let server = Server::serving(move |io, seen| Http1 { text, then }.serve(io, seen)).await;
        let error = reqwest_error(client, &format!("http://{}/", server.authority)).await;
        assert_eq!(Phase::of(&error), expected, "{name}: {error:?}");
    }
    let slow = reqwest().dns_resolver(Arc::new(Pensive)).connect_timeout(SHORT);
    let error = reqwest_error(slow, "http://nowhere.test/").await;
    assert_eq!(Phase::of(&error), Connect, "no connection in time: {error:?}");
}

#[tokio::test]
async fn tonic_says_more_than_the_errors_inside_it() {
    let silent = Server::serving(|io, seen| Http1 { text: "", then: Then::Wait }.serve(io, seen)).await;
    let request = || http::Request::post("/").body(tonic::body::Body::empty()).unwrap();
    let endpoint = || Endpoint::from_shared(format!("http://{}", silent.authority)).unwrap();

    let error = endpoint().timeout(SHORT).connect_lazy().oneshot(request()).await.unwrap_err();
    assert_eq!(Phase::of(&error), Read, "no answer in time: {error:?}");

    let pensive = service_fn(|_| {
        std::future::pending::<Result<hyper_util::rt::TokioIo<tokio::io::Empty>, io::Error>>()
    });
    let channel = endpoint().connect_timeout(SHORT).connect_with_connector_lazy(pensive);
    let error = channel.oneshot(request()).await.unwrap_err();
    assert_eq!(Phase::of(&error), Connect, "no connection in time: {error:?}");
}

#[test]
fn errors_of_tonic_that_carry_or_replace_others() {
    let io = |kind| Box::new(io::Error::from(kind));
    let made_of = |error: Box<dyn Error + Send + Sync>| Status::from_error(error);
    let table: [(Box<dyn Error>, Phase); 9] = [
        (Box::new(TimeoutExpired(())), Read),
        (Box::new(ConnectError(io(io::ErrorKind::ConnectionReset))), Connect),
        (Box::new(ConnectError(io(io::ErrorKind::InvalidData))), Other),
        (Box::new(ConnectError("a connector's own trouble".into())), Connect),
        (Box::new(ConnectError(Box::new(PhasedError::new(Other, "no such tenant")))), Other),
        (Box::new(Status::unavailable("try again")), Phase::Status),
        (Box::new(Status::new(Code::ResourceExhausted, "message too large")), Other),
        (Box::new(made_of(io(io::ErrorKind::ConnectionReset))), Read),
        (Box::new(made_of(Box::new(ConnectError(io(io::ErrorKind::ConnectionRefused))))), Connect),
    ];
    for (error, expected) in table {
        assert_eq!(Phase::of(&*error), expected, "{error:?}");
    }
}

//! The same calls over sockets: HTTP/1 as bytes of our own, HTTP/2 by h2, and hyper-util's client against both. Each
//! request is redirected to an address that serves it once.

use crate::{
    plan::{First, Plan},
    reader::{self, Reader},
    reply::{Reply, Step},
    rng::Rng,
    server::Server,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{
    env,
    fmt::Write,
    future::{Ready, ready},
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::{Layer, ServiceBuilder, ServiceExt};
use tower_content_check::continuation::{Break, Continuations, ContinueLayer};
use tower_http::follow_redirect::FollowRedirectLayer;

/// One call at a time.
#[derive(Clone)]
struct Site(Arc<Mutex<(Server, Option<u64>, u64)>>);

impl Site {
    fn new(server: Server) -> Self {
        Self(Arc::new(Mutex::new((server, None, 0))))
    }

    fn lock(&self) -> MutexGuard<'_, (Server, Option<u64>, u64)> {
        // a failed assertion of the server's must be seen by the reader
        self.0.lock().unwrap()
    }

    fn begin(&self, server: Server) {
        let mut site = self.lock();
        (site.0, site.1) = (server, None);
    }

    /// The original address redirects to one that answers once.
    fn answer(&self, request: Request<()>) -> Reply {
        let mut site = self.lock();
        if request.uri().path() == "/file" {
            site.2 += 1;
            site.1 = Some(site.2);
            return Reply::new(307).field("location", format!("/once/{}", site.2));
        }
        let fresh = site.1.take().is_some_and(|number| request.uri().path() == format!("/once/{number}"));
        assert!(fresh, "an address that expired");
        let (mut parts, ()) = request.into_parts();
        // the address and the connection are the carrier's
        parts.uri = "/file".parse().unwrap();
        parts.extensions.insert(crate::plan::Kept);
        site.0.answer(&Request::from_parts(parts, ()))
    }
}

async fn http1(mut connection: TcpStream, site: Site) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match connection.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        if send_http1(&mut connection, &site, &String::from_utf8(head).unwrap()).await.is_none() {
            return;
        }
    }
}

/// Nothing once the connection is to be closed.
async fn send_http1(connection: &mut TcpStream, site: &Site, head: &str) -> Option<()> {
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let mut request = Request::builder().method(first.next()?).uri(first.next()?);
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ")?;
        request = request.header(name, value);
    }
    let request = request.body(()).unwrap();
    let bodiless = request.method() == http::Method::HEAD;
    let reply = site.answer(request);
    let bodiless = bodiless || matches!(reply.status, 204 | 304);

    let mut fields = reply.fields.clone();
    let framed = fields.contains_key("content-length") && !fields.contains_key("transfer-encoding");
    if !framed {
        fields.remove("content-length");
        fields.insert("transfer-encoding", "chunked".parse().unwrap());
    }
    let mut head = format!("HTTP/1.1 {} Any\r\n", reply.status).into_bytes();
    for (name, value) in &fields {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    connection.write_all(&head).await.ok()?;
    if bodiless {
        return Some(());
    }
    for step in &reply.steps {
        match step {
            Step::Wait => tokio::task::yield_now().await,
            Step::Fail => return None,
            Step::Data(data) if framed => connection.write_all(data).await.ok()?,
            Step::Data(data) if data.is_empty() => {}
            Step::Data(data) => {
                let mut chunk = format!("{:x}\r\n", data.len()).into_bytes();
                chunk.extend([data, &b"\r\n"[..]].concat());
                connection.write_all(&chunk).await.ok()?;
            }
            Step::Trailers(_) => {}
        }
    }
    if framed {
        return None;
    }
    let mut end = "0\r\n".to_owned();
    for step in &reply.steps {
        if let Step::Trailers(trailers) = step {
            for (name, value) in trailers {
                write!(end, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
            }
        }
    }
    connection.write_all((end + "\r\n").as_bytes()).await.ok()
}

async fn http2(connection: TcpStream, site: Site) {
    let mut connection = h2::server::handshake(connection).await.unwrap();
    let mut count = 0;
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let site = site.clone();
        count += 1;
        if count == 50 {
            connection.graceful_shutdown();
        }
        tokio::spawn(async move {
            let (mut parts, _) = request.into_parts();
            parts.version = http::Version::HTTP_11;
            let reply = site.answer(Request::from_parts(parts, ()));
            send_http2(&mut respond, reply).await;
        });
    }
}

async fn send_http2(respond: &mut h2::server::SendResponse<Bytes>, reply: Reply) -> Option<()> {
    let mut response = Response::new(());
    *response.status_mut() = reply.status.try_into().unwrap();
    *response.headers_mut() = reply.fields;
    response.headers_mut().remove("transfer-encoding");
    let mut stream = respond.send_response(response, false).ok()?;
    for step in reply.steps {
        match step {
            Step::Wait => tokio::task::yield_now().await,
            Step::Data(data) => stream.send_data(data, false).ok()?,
            Step::Trailers(trailers) => return stream.send_trailers(trailers).ok(),
            Step::Fail => {
                // a reset takes back what was not sent yet
                for _ in 0..5 {
                    tokio::task::yield_now().await;
                }
                stream.send_reset(h2::Reason::INTERNAL_ERROR);
                return None;
            }
        }
    }
    stream.send_data(Bytes::new(), true).ok()
}

async fn listen(site: Site, two: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            connection.set_nodelay(true).unwrap();
            if two {
                tokio::spawn(http2(connection, site.clone()));
            } else {
                tokio::spawn(http1(connection, site.clone()));
            }
        }
    });
    address
}

type Http = Client<HttpConnector, Empty<Bytes>>;

/// Gives the requests, and whether it ended well.
async fn play(seed: u64, site: &Site, client: &Http, address: SocketAddr, tell: bool) -> (u32, bool) {
    let mut rng = Rng::new(seed);
    let mut plan = Plan::new(&mut rng);
    plan.checked = false;
    plan.leaves = None;
    if plan.patience != u32::MAX {
        plan.patience = plan.patience.min(3);
    }
    // POST is sent on by a redirect, too; a HEAD has no body to break
    let request = plan.request(&mut rng, &format!("http://{address}/file")).map(|()| Empty::new());
    let (skip, progress, patience) = (plan.skip, plan.progress, plan.patience);
    let dates = plan.by_date || matches!(plan.first, First::Date(_));
    let mut server = Server::new(plan.clone(), rng);
    server.tell = tell;
    if tell {
        eprintln!("{plan:?}");
    }
    site.begin(server);

    let policy =
        move |broke: &Break<'_>| -> Option<Ready<()>> { (broke.in_a_row() <= patience).then(|| ready(())) };
    let layer = ContinueLayer::new(policy).skip(skip).progress(progress);
    let layer = if dates { layer.allow_last_modified() } else { layer };
    let below = ServiceBuilder::new().layer(FollowRedirectLayer::new()).service(client.clone());
    let response = match layer.layer(below).oneshot(request).await {
        Ok(response) => response,
        // hyper refuses the head
        Err(_) => return (0, false),
    };
    let handle = Continuations::of(&response).cloned();
    let mut body = pin!(response.into_body());
    let mut reader = Reader::new();
    loop {
        {
            let site = site.lock();
            let (claims, requests) = (&site.0.claims, handle.as_ref().map_or(1, Continuations::count) + 1);
            let requests = if handle.is_some() { requests } else { site.0.requests };
            reader::says(&plan, &reader, claims, requests, &*body, handle.as_ref());
        }
        let item = body.frame().await;
        let mut site = site.lock();
        let server = &mut site.0;
        match item {
            Some(Ok(frame)) => {
                reader.frame(&plan, false, server.part, frame);
                server.delivered = reader.delivered;
            }
            Some(Err(error)) => {
                reader.error(&plan, None, &error);
                break;
            }
            None => {
                if plan.is_continued() {
                    reader.end(&plan);
                }
                reader.ended = Some(true);
                break;
            }
        }
    }
    let mut site = site.lock();
    site.0.over = true;
    (site.0.requests, reader.ended == Some(true))
}

struct Seed(u64, &'static str);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("CONTINUE_WIRE_CALLS=1 CONTINUE_SEED={} {}", self.0, self.1);
        }
    }
}

async fn only_the_true_version_is_read_over(two: bool) {
    let number =
        |name: &str, default| env::var(name).map_or(default, |number| number.parse::<u64>().unwrap());
    let (calls, seed) = (number("CONTINUE_WIRE_CALLS", 400), number("CONTINUE_SEED", 1));
    let mut rng = Rng::new(0);
    let plan = Plan::new(&mut rng);
    let site = Site::new(Server::new(plan, rng));
    let address = listen(site.clone(), two).await;
    let client =
        Client::builder(TokioExecutor::new()).http2_only(two).retry_canceled_requests(false).build_http();
    let (mut whole, mut failed) = (0, 0);
    for seed in seed..seed + calls {
        let guard = Seed(seed, if two { "HTTP/2" } else { "HTTP/1" });
        let (requests, well) = play(seed, &site, &client, address, calls == 1).await;
        drop(guard);
        whole += u64::from(requests > 1 && well);
        failed += u64::from(requests > 1 && !well);
    }
    println!("of {calls} bodies {whole} were continued to their end, {failed} failed");
    assert!(calls < 100 || whole > calls / 20 && failed > calls / 20, "too few: {whole} and {failed}");
}

#[tokio::test]
async fn only_the_true_version_is_read_over_http_1() {
    only_the_true_version_is_read_over(false).await;
}

#[tokio::test]
async fn only_the_true_version_is_read_over_http_2() {
    only_the_true_version_is_read_over(true).await;
}

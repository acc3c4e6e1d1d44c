//! A proxy that lets so many bytes of an answer through, and what is read through it.

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use std::{
    future::{Ready, ready},
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::{Layer, ServiceExt, service_fn};
use tower_content_check::{
    BoxError,
    continuation::{Break, Continuations, ContinueError, ContinueLayer},
};

/// Each connection carries `bytes` of answers.
pub(crate) async fn cutting(to: SocketAddr, bytes: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, to, bytes));
        }
    });
    address
}

async fn pass(client: TcpStream, to: SocketAddr, bytes: usize) {
    let server = TcpStream::connect(to).await.unwrap();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut from_client, mut to_client) = client.into_split();
    let asking = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    });
    let mut left = bytes;
    let mut buffer = vec![0; 8192];
    while left > 0 {
        let len = match from_server.read(&mut buffer[..left.min(8192)]).await {
            Ok(len) if len > 0 => len,
            _ => break,
        };
        if to_client.write_all(&buffer[..len]).await.is_err() {
            break;
        }
        left -= len;
    }
    asking.abort();
}

/// What came of one body.
pub(crate) struct Came {
    pub(crate) content: Vec<u8>,
    pub(crate) error: Option<BoxError>,
    pub(crate) continuations: Option<u32>,
    /// What was asked for and what was answered.
    pub(crate) answers: Vec<(Option<String>, u16)>,
}

impl Came {
    pub(crate) fn is_changed(&self) -> bool {
        let error = self.error.as_ref().and_then(|error| error.downcast_ref::<ContinueError>());
        error.is_some_and(ContinueError::is_changed)
    }

    pub(crate) fn is_gone(&self) -> bool {
        let error = self.error.as_ref().and_then(|error| error.downcast_ref::<ContinueError>());
        error.is_some_and(ContinueError::is_gone)
    }
}

/// Reads it through a proxy; `at_half` is called when so much has come.
pub(crate) async fn read(
    server: SocketAddr,
    path: &str,
    fields: &[(&str, &str)],
    cut: usize,
    mut half: Option<(usize, &mut dyn FnMut())>,
) -> Came {
    let proxy = cutting(server, cut).await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answers = Arc::new(Mutex::new(Vec::new()));
    let told = answers.clone();
    let below = service_fn(move |request: Request<Empty<Bytes>>| {
        let range = request.headers().get(header::RANGE).map(|range| range.to_str().unwrap().to_owned());
        let (call, told) = (client.request(request), told.clone());
        async move {
            let response = call.await?;
            told.lock().unwrap().push((range, response.status().as_u16()));
            Ok::<Response<_>, hyper_util::client::legacy::Error>(response)
        }
    });
    let policy = |broke: &Break<'_>| -> Option<Ready<()>> { (broke.in_a_row() <= 5).then(|| ready(())) };
    let service = ContinueLayer::new(policy).allow_last_modified().progress(1).layer(below);
    let mut request = Request::get(format!("http://{proxy}{path}"));
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let response = service.oneshot(request.body(Empty::new()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    let handle = Continuations::of(&response).cloned();
    let mut body = pin!(response.into_body());
    let (mut content, mut error) = (Vec::new(), None);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => content.extend_from_slice(&frame.into_data().unwrap()),
            Err(problem) => error = Some(problem),
        }
        if let Some((_, change)) = half.take_if(|(at, _)| content.len() >= *at) {
            change();
        }
    }
    let answers = answers.lock().unwrap().clone();
    Came { content, error, continuations: handle.map(|handle| handle.count()), answers }
}

//! hyper's own server: says when it begins with a POST, and answers when it is told to.

use crate::{
    BoxError,
    case::{Case, Protocol},
    network, role,
};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub(crate) async fn run(case: &str) -> Result<(), BoxError> {
    let case = Case::of(case)?;
    println!("ready");
    let mut orders = role::orders();
    orders.next_line().await?; // the network is there
    let listener = TcpListener::bind(network::SERVER).await?;
    println!("listening");
    let (answer, may_answer) = watch::channel(false);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, case, may_answer.clone()));
        }
    });
    orders.next_line().await?; // answer
    let _ = answer.send(true);
    orders.next_line().await?; // the end
    Ok(())
}

async fn serve(connection: TcpStream, case: Case, may_answer: watch::Receiver<bool>) {
    let service = service_fn(move |request| handle(request, case, may_answer.clone()));
    let connection = TokioIo::new(connection);
    // it breaks off; what counts is what was begun
    match case.protocol {
        Protocol::Http1 => drop(http1::Builder::new().serve_connection(connection, service).await),
        Protocol::Http2 => {
            drop(http2::Builder::new(TokioExecutor::new()).serve_connection(connection, service).await);
        }
    }
}

async fn handle(
    request: Request<Incoming>,
    case: Case,
    mut may_answer: watch::Receiver<bool>,
) -> Result<Response<Full<Bytes>>, BoxError> {
    if request.method() == Method::POST {
        if case.sends_all() {
            request.into_body().collect().await?;
        }
        println!("processed");
        may_answer.wait_for(|may| *may).await?;
        println!("answered");
    }
    Ok(Response::new(Full::from("done")))
}

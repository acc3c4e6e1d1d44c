//! The handler, over TLS in front of a server that misbehaves first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use axum::body::{Body, to_bytes};
use first_steps_axum_state::{app, https};
use first_steps_server::{Answer, Server};
use http::{Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring},
};
use tower::ServiceExt;

/// Speaks TLS for the server: where, and a connector that trusts it.
async fn tls(server: &Server) -> (SocketAddr, HttpsConnector<HttpConnector>) {
    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(signed.cert.der().clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let trusting = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![signed.cert.der().clone()],
            signed.signing_key.serialize_der().try_into().unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, plain) = (listener.local_addr().unwrap(), server.address());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut client = acceptor.accept(connection).await.unwrap();
                let mut server = TcpStream::connect(plain).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (address, HttpsConnectorBuilder::new().with_tls_config(trusting).https_only().enable_http1().build())
}

#[tokio::test]
async fn the_handler_answers_though_the_upstream_cuts_and_falls_silent() {
    let server =
        Server::start([Answer::Cut("[20, 22]"), Answer::Silence], Answer::Whole("[20, 22]")).await.unwrap();
    let (address, connector) = tls(&server).await;
    let app = app(connector, format!("https://{address}/numbers").parse().unwrap());
    for _ in 0..2 {
        let response = app.clone().oneshot(Request::get("/sum").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "42");
    }
    assert_eq!(server.received().len(), 3 + 1);
}

#[tokio::test]
async fn an_upstream_that_stays_down_or_has_no_numbers_is_a_bad_gateway() {
    for (status, requests) in [(503, 3), (404, 1)] {
        let server = Server::start([], Answer::Status(status)).await.unwrap();
        let (address, connector) = tls(&server).await;
        let app = app(connector, format!("https://{address}/numbers").parse().unwrap());
        let response = app.oneshot(Request::get("/sum").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
        assert_eq!(server.received().len(), requests);
    }
}

#[test]
fn the_connector_is_made_without_further_setup() {
    // a machine without roots has an error to tell of; what must not happen is a panic for want of a TLS provider
    let _ = https();
}

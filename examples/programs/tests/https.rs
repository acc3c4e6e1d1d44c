//! The same programs over TLS, with a certificate that they trust and with one that they do not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod program;

use program::{Server, run};
use std::{fs, path::Path, sync::Arc};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring},
};

/// Speaks TLS for the server; the other certificate is one that nobody uses.
struct Tls {
    authority: String,
    certificate: String,
    other_certificate: String,
}

impl Tls {
    async fn before(server: &Server, name: &str) -> Self {
        let (acceptor, certificate) = identity();
        let (_, other_certificate) = identity();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let plain = server.address.clone();
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let (acceptor, plain) = (acceptor.clone(), plain.clone());
                tokio::spawn(async move {
                    // a client that does not like the certificate ends here
                    if let Ok(mut connection) = acceptor.accept(connection).await {
                        let mut server = TcpStream::connect(plain).await.unwrap();
                        let _ = copy_bidirectional(&mut connection, &mut server).await;
                    }
                });
            }
        });
        let file = |which: &str, pem: String| {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{which}.pem"));
            fs::write(&path, pem).unwrap();
            path.to_str().unwrap().to_owned()
        };
        Self {
            authority,
            certificate: file("own", certificate),
            other_certificate: file("other", other_certificate),
        }
    }
}

fn identity() -> (TlsAcceptor, String) {
    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = signed.signing_key.serialize_der().try_into().unwrap();
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), signed.cert.pem())
}

#[tokio::test]
async fn the_readme_s_programs_speak_tls() {
    let server = Server::start().await;
    for program in ["start", "by_parts"] {
        let tls = Tls::before(&server, program).await;
        let url = [format!("https://{}/good", tls.authority)];
        let printed = run(program, &url, &[("SSL_CERT_FILE", &tls.certificate)]).await;
        assert_eq!(printed, "200 OK: {\"celsius\":21,\"city\":\"Praha\"}\n", "{program}");
    }
}

#[tokio::test]
async fn a_trusted_certificate_is_taken_and_another_is_not_tried_again() {
    let server = Server::start().await;
    for program in ["hyper_client", "reqwest_client", "follow_redirects"] {
        let tls = Tls::before(&server, program).await;
        let url = [format!("https://{}/good", tls.authority)];
        // where rustls-native-certs looks for roots
        let trusted = run(program, &url, &[("SSL_CERT_FILE", &tls.certificate)]).await;
        assert!(trusted.contains("200 OK"), "{program}: {trusted}");
        let unknown = run(program, &url, &[("SSL_CERT_FILE", &tls.other_certificate)]).await;
        let expected = "stopped: not retryable; 1: invalid peer certificate: ";
        assert!(
            unknown.starts_with("error: 1 attempt in ") && unknown.contains(expected),
            "{program}: {unknown}"
        );
    }
}

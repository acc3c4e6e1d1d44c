//! Handshakes that fail, and clients that trust nobody.

use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring},
};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Handshake {
    Closes,
    /// Answers in plain text.
    Plain,
    /// Sends the alert `handshake_failure` (RFC 8446 section 6).
    Alert,
    /// Shows a certificate that it has signed itself.
    Unknown,
}

impl Handshake {
    pub(crate) async fn fail(self, mut connection: TcpStream) {
        if let Self::Unknown = self {
            let _ = acceptor().accept(connection).await;
            return;
        }
        let mut hello = [0; 1024];
        let _ = connection.read(&mut hello).await;
        let answer: &[u8] = match self {
            Self::Plain => b"HTTP/1.1 400 Bad Request\r\n\r\n",
            Self::Alert => b"\x15\x03\x03\x00\x02\x02\x28",
            Self::Closes | Self::Unknown => b"",
        };
        let _ = connection.write_all(answer).await;
        let _ = connection.shutdown().await;
        let _ = tokio::io::copy(&mut connection, &mut tokio::io::sink()).await;
    }
}

fn acceptor() -> TlsAcceptor {
    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = signed.signing_key.serialize_der().try_into().unwrap();
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A client's side that trusts no certificate.
pub(crate) fn trusting_nobody() -> ClientConfig {
    ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}

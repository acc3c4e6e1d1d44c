//! Handshakes that fail, and clients that trust one certificate.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ClientConfig, ConfigBuilder, RootCertStore, ServerConfig, ServerConnection, WantsVerifier,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
        server::{WantsServerCert, WebPkiClientVerifier},
    },
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
    /// Wants the client's certificate, and says so when the client's handshake is over (TLS 1.3).
    WantsCertificate,
}

impl Handshake {
    pub(crate) async fn fail(self, mut connection: TcpStream) {
        if let Self::Unknown = self {
            let config = Identity::new().serve(server_side().with_no_client_auth());
            let _ = TlsAcceptor::from(Arc::new(config)).accept(connection).await;
            return;
        }
        if let Self::WantsCertificate = self {
            return want_a_certificate(connection).await;
        }
        let mut hello = [0; 1024];
        let _ = connection.read(&mut hello).await;
        let answer: &[u8] = match self {
            Self::Plain => b"HTTP/1.1 400 Bad Request\r\n\r\n",
            Self::Alert => b"\x15\x03\x03\x00\x02\x02\x28",
            Self::Closes | Self::Unknown | Self::WantsCertificate => b"",
        };
        let _ = connection.write_all(answer).await;
        let _ = connection.shutdown().await;
        let _ = tokio::io::copy(&mut connection, &mut tokio::io::sink()).await;
    }
}

/// By hand, so that what the client sends meanwhile is there when the alert goes out, as over a slow network, and so that
/// no reset throws the alert away.
async fn want_a_certificate(mut connection: TcpStream) {
    let clients =
        WebPkiClientVerifier::builder_with_provider(roots().into(), ring::default_provider().into());
    let mut config = TRUSTED.serve(server_side().with_client_cert_verifier(clients.build().unwrap()));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut tls = ServerConnection::new(Arc::new(config)).unwrap();
    loop {
        let mut received = [0; 4096];
        let Ok(length @ 1..) = connection.read(&mut received).await else { return };
        tls.read_tls(&mut &received[..length]).unwrap();
        let refused = tls.process_new_packets().is_err();
        if refused {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut answer = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut answer).unwrap();
        }
        let _ = connection.write_all(&answer).await;
        if refused {
            let _ = connection.shutdown().await;
            let _ = tokio::io::copy(&mut connection, &mut tokio::io::sink()).await;
            return;
        }
    }
}

/// A certificate for loopback that has signed itself.
struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

/// The one that the clients trust.
static TRUSTED: LazyLock<Identity> = LazyLock::new(Identity::new);

impl Identity {
    fn new() -> Self {
        let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = signed.signing_key.serialize_der().try_into().unwrap();
        Self { certificate: signed.cert.der().clone(), key }
    }

    fn serve(&self, config: ConfigBuilder<ServerConfig, WantsServerCert>) -> ServerConfig {
        config.with_single_cert(vec![self.certificate.clone()], self.key.clone_key()).unwrap()
    }
}

fn server_side() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(TRUSTED.certificate.clone()).unwrap();
    roots
}

/// A client's side that trusts one certificate and has none.
pub(crate) fn client() -> ClientConfig {
    ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots())
        .with_no_client_auth()
}

/// The same for tonic.
pub(crate) fn tonic_client() -> tonic::transport::ClientTlsConfig {
    let anchor = roots().roots.remove(0);
    tonic::transport::ClientTlsConfig::new().trust_anchor(anchor)
}

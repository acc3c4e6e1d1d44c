//! The identity that the clients trust, one they do not, and handshakes that fail.

use crate::{account::Account, fault::Handshake};
use std::{
    future::pending,
    sync::{Arc, LazyLock},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
        server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    },
};

struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    pem: String,
}

static TRUSTED: LazyLock<Identity> = LazyLock::new(Identity::new);
static UNKNOWN: LazyLock<Identity> = LazyLock::new(Identity::new);

static ACCEPTOR: LazyLock<TlsAcceptor> =
    LazyLock::new(|| TRUSTED.acceptor(WebPkiClientVerifier::no_client_auth()));

/// A server's side that the clients trust.
pub(crate) fn acceptor() -> &'static TlsAcceptor {
    &ACCEPTOR
}

pub(crate) fn trusted_pem() -> &'static str {
    &TRUSTED.pem
}

/// A client's side, without protocols: the clients say themselves what they speak.
pub(crate) fn trusting() -> ClientConfig {
    ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(TRUSTED.as_root())
        .with_no_client_auth()
}

// ===== impl Identity =====

impl Identity {
    fn new() -> Self {
        let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        Self {
            certificate: signed.cert.der().clone(),
            key: signed.signing_key.serialize_der().try_into().unwrap(),
            pem: signed.cert.pem(),
        }
    }

    fn as_root(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        roots
    }

    fn acceptor(&self, verifier: Arc<dyn ClientCertVerifier>) -> TlsAcceptor {
        let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

// ===== impl Handshake =====

impl Handshake {
    pub(crate) async fn fail(self, mut connection: TcpStream, account: &Account) {
        let answer: &[u8] = match self {
            Self::Unknown => {
                let acceptor = UNKNOWN.acceptor(WebPkiClientVerifier::no_client_auth());
                let Err((_, connection)) = acceptor.accept(connection).into_fallible().await else { return };
                return end(connection).await;
            }
            Self::AsksForCertificate => {
                let provider = Arc::new(ring::default_provider());
                let roots = Arc::new(TRUSTED.as_root());
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build().unwrap();
                let accepted = TRUSTED.acceptor(verifier).accept(connection).into_fallible().await;
                let Err((_, connection)) = accepted else { return };
                return end(connection).await;
            }
            Self::Silent => {
                account.fell_silent();
                return pending().await;
            }
            Self::Plain => b"HTTP/1.1 400 Bad Request\r\n\r\n",
            Self::Alert => b"\x15\x03\x03\x00\x02\x02\x28",
            Self::Closes => b"",
        };
        let mut hello = [0; 4096];
        let _ = connection.read(&mut hello).await;
        let _ = connection.write_all(answer).await;
        end(connection).await;
    }
}

/// Reads to the end: closing with unread bytes would reset the connection and lose what was said.
async fn end(mut connection: TcpStream) {
    let _ = connection.shutdown().await;
    let _ = tokio::io::copy(&mut connection, &mut tokio::io::sink()).await;
}

//! A server whose TLS handshake stays silent, and one that falls silent after it.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

/// Where it falls silent, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// In the handshakes of the first so many connections.
    InHandshakes(usize),
    /// After the request.
    BeforeTheHead,
}

pub(crate) struct Server {
    pub(crate) authority: String,
    pub(crate) certificate: CertificateDer<'static>,
    seen: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Server {
    pub(crate) async fn new(http2: bool, silence: Silence) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let certificate = signed.cert.der().clone();
        let acceptor = acceptor(&certificate, signed.signing_key.serialize_der().try_into().unwrap(), http2);
        let seen = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&seen);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut silent = Vec::new();
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                if matches!(silence, Silence::InHandshakes(wanted) if silent.len() < wanted) {
                    silent.push(connection);
                } else {
                    connections.spawn(serve(
                        acceptor.clone(),
                        connection,
                        http2,
                        silence,
                        Arc::clone(&counter),
                    ));
                }
            }
        });
        Self { authority, certificate, seen, _task: task }
    }

    pub(crate) fn uri(&self) -> String {
        format!("https://{}/", self.authority)
    }

    /// How many requests were read to their end.
    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }

    /// The side of a client that trusts this server.
    pub(crate) fn client_config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

async fn serve(
    acceptor: TlsAcceptor,
    connection: TcpStream,
    http2: bool,
    silence: Silence,
    seen: Arc<AtomicUsize>,
) {
    // a client that gives up in the handshake is none of the server's errors
    let Ok(connection) = acceptor.accept(connection).await else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        let seen = Arc::clone(&seen);
        async move {
            let whole = request.into_body().collect().await;
            if whole.is_ok() {
                seen.fetch_add(1, Ordering::SeqCst);
            }
            if silence == Silence::BeforeTheHead {
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        }
    });
    let io = TokioIo::new(connection);
    let _ = if http2 {
        hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
    } else {
        hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
    };
}

fn acceptor(certificate: &CertificateDer<'static>, key: PrivateKeyDer<'static>, http2: bool) -> TlsAcceptor {
    let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    config.alpn_protocols = vec![if http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
    TlsAcceptor::from(Arc::new(config))
}

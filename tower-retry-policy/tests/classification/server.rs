//! A server on loopback that gives each connection to a function and counts the requests.

use axum::Router;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// How many requests were read to their end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<AtomicUsize>);

pub(crate) struct Server {
    pub(crate) scheme: &'static str,
    pub(crate) authority: String,
    /// The server itself, where it is called and not connected to.
    pub(crate) router: Option<Router>,
    seen: Seen,
    /// Ended when the server is dropped.
    _task: JoinSet<()>,
}

impl Seen {
    pub(crate) fn one_more(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Server {
    pub(crate) async fn serving<F, T>(serve: F) -> Self
    where
        F: Fn(TcpStream, Seen) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let seen = Seen::default();
        let counter = seen.clone();
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, counter.clone()));
            }
        });
        Self { seen, _task: task, ..Self::at(authority) }
    }

    /// An address of loopback that refuses connections: bound for as long as the server lives, and not listened at.
    pub(crate) async fn refusing() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let authority = socket.local_addr().unwrap().to_string();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let _bound = socket;
            std::future::pending::<()>().await;
        });
        Self { _task: task, ..Self::at(authority) }
    }

    /// A name that no resolver of these tests knows.
    pub(crate) fn nameless() -> Self {
        Self::at("nowhere.test".to_owned())
    }

    pub(crate) fn in_process(router: Router, seen: Seen) -> Self {
        Self { router: Some(router), seen, ..Self::at("in.process".to_owned()) }
    }

    pub(crate) fn with_tls(self) -> Self {
        Self { scheme: "https", ..self }
    }

    pub(crate) fn seen(&self) -> usize {
        self.seen.0.load(Ordering::SeqCst)
    }

    fn at(authority: String) -> Self {
        Self { scheme: "http", authority, router: None, seen: Seen::default(), _task: JoinSet::new() }
    }
}

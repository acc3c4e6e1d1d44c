//! One client's connection, from its first byte to its end.

use crate::{
    server::{Phase, ending_of},
    write_limit::WriteLimit,
};
use axum::{Router, body::Body};
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    future::poll_fn,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncWriteExt, copy, sink},
    net::TcpStream,
    sync::watch,
    time::timeout,
};
use tower::ServiceExt;

/// Who calls, and what his calls have to say to his connection: an extension of each request.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    connection: Arc<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    reset_if_cut: AtomicBool,
    unread: AtomicBool,
}

/// For so long what a client still sends is read and dropped, although it was answered: closing at once would reset the
/// connection, and the answer might be lost on its way (RFC 9112 section 9.6).
const LINGER: Duration = Duration::from_secs(2);

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

// ===== impl Client =====

impl Client {
    pub(crate) fn new(address: IpAddr) -> Self {
        Self { address, connection: Arc::default() }
    }

    /// Nothing but the end of the connection ends what is answered now: if that breaks off, only a reset can say so.
    pub(crate) fn reset_if_cut(&self) {
        self.connection.reset_if_cut.store(true, Relaxed);
    }

    /// An upload was answered before it was read.
    pub(crate) fn leaves_unread(&self) {
        self.connection.unread.store(true, Relaxed);
    }
}

/// Serves it until it ends. `idle` is how long the client may take for a head, and for reading on.
pub(crate) async fn serve(
    stream: TcpStream,
    client: Client,
    router: Router,
    mut phase: watch::Receiver<Phase>,
    idle: Duration,
) {
    // A connection that is dropped, for whatever reason, is reset; only an orderly end takes that back. Of an answer that
    // ends with its connection the client would take a half for the whole otherwise.
    if stream.set_zero_linger().is_err() {
        return;
    }
    let of_each = client.clone();
    let service = service_fn(move |mut request: Request<Incoming>| -> Answer {
        request.extensions_mut().insert(of_each.clone());
        Box::pin(router.clone().oneshot(request))
    });
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .serve_connection(TokioIo::new(WriteLimit::new(stream, idle)), service);
    let mut ending = false;
    let end = loop {
        tokio::select! {
            end = poll_fn(|cx| http.poll_without_shutdown(cx)) => break end,
            () = ending_of(&mut phase), if !ending => {
                ending = true;
                Pin::new(&mut http).graceful_shutdown();
            }
        }
    };
    let io = http.into_parts().io.into_inner();
    let cut = end.as_ref().is_err_and(hyper::Error::is_user) && client.connection.reset_if_cut.load(Relaxed);
    if cut || io.has_passed() {
        return;
    }
    let unread = client.connection.unread.load(Relaxed) || end.is_err_and(|error| error.is_parse());
    close(io.into_inner(), unread).await;
}

async fn close(mut stream: TcpStream, unread: bool) {
    #[expect(deprecated, reason = "a linger that blocks is what is deprecated; none is the default")]
    let in_order = stream.set_linger(None);
    if in_order.is_ok() && stream.shutdown().await.is_ok() && unread {
        let _ = timeout(LINGER, copy(&mut stream, &mut sink())).await;
    }
}

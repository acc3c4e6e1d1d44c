//! A connection in use that dies of an error which elsewhere would mean "not sent": one through a tunnel, say, whose own
//! client could not connect again.

use crate::{
    client::{HANG, policy},
    loops::{Loop, over_our_loop},
    upload_error::UNSENT_ELSEWHERE,
};
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connected, Connection},
    },
    rt::TokioExecutor,
};
use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};

/// Takes whatever is written, and then fails to read.
struct Dying {
    error: Arc<Mutex<Option<BoxError>>>,
    written: usize,
    enough: usize,
    reader: Option<Waker>,
}

impl Dying {
    fn die(&self) -> io::Error {
        let error = self.error.lock().unwrap().take().unwrap_or_else(|| "transport".into());
        error.downcast::<io::Error>().map_or_else(io::Error::other, |error| *error)
    }
}

impl hyper::rt::Read for Dying {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.written >= self.enough {
            return Poll::Ready(Err(self.die()));
        }
        self.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl hyper::rt::Write for Dying {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.written += buffer.len();
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(buffer.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Connection for Dying {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

/// The upload is in the same write as the head, so everything has gone when so much has.
const UPLOAD: &str = "one of each, please, and as soon as you can, to the address below";

over_our_loop!(
    #[tokio::test]
    a_connection_in_use_may_have_sent_whatever_its_error_means_elsewhere,
);

async fn a_connection_in_use_may_have_sent_whatever_its_error_means_elsewhere(which: Loop) {
    for (name, make) in UNSENT_ELSEWHERE {
        for http2 in [false, true] {
            let error = Arc::new(Mutex::new(Some(make().await)));
            let connections = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&connections);
            let connector = service_fn(move |_: Uri| {
                count.fetch_add(1, Ordering::SeqCst);
                let error = Arc::clone(&error);
                let enough = if http2 { 150 } else { UPLOAD.len() };
                Box::pin(async move { Ok::<_, io::Error>(Dying { error, written: 0, enough, reader: None }) })
                    as Pin<Box<dyn Future<Output = io::Result<Dying>> + Send>>
            });
            let client = Client::builder(TokioExecutor::new())
                .http2_only(http2)
                .retry_canceled_requests(false)
                .build::<_, Full<Bytes>>(connector);
            let client = client.map_err(|error| -> BoxError { error.into() });
            let service = ServiceBuilder::new().layer(which.retry(policy())).service(client);
            let request = Request::post("http://shop/orders").body(Full::from(UPLOAD)).unwrap();
            let call = tokio::time::timeout(HANG, service.oneshot(request)).await.expect("a call hangs");
            let error = call.expect_err("nothing answers");
            assert_eq!(connections.load(Ordering::SeqCst), 1, "HTTP/2 {http2}, {name}: {error}");
        }
    }
}

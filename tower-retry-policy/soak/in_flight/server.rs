//! hyper's own server over loopback, for both versions of HTTP.

use crate::{
    body::{End, Frames},
    content,
    draw::{Purpose, draw},
    fault::{Ending, Fault},
    ledger::Ledger,
};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version, header::RETRY_AFTER};
use http_body_util::BodyExt;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::{
    future::pending,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::BoxError;

/// Of one connection of HTTP/2; a caller beyond it waits for its turn.
const STREAMS: u32 = 450;

/// Ends, with all that it accepts, when it is dropped and its clients have gone.
pub(crate) struct Server {
    pub(crate) state: Arc<State>,
    http1: SocketAddr,
    http2: SocketAddr,
    /// Nobody listens here, and nobody else can.
    refusing: TcpSocket,
    connects: AtomicU64,
    _listeners: JoinSet<()>,
}

pub(crate) struct State {
    pub(crate) seed: u64,
    pub(crate) ledger: Ledger,
    pub(crate) faulty: AtomicBool,
    connections: AtomicU64,
}

impl Server {
    pub(crate) async fn start(seed: u64) -> Self {
        let state = State {
            seed,
            ledger: Ledger::default(),
            faulty: AtomicBool::new(true),
            connections: AtomicU64::new(0),
        };
        let state = Arc::new(state);
        let mut listeners = JoinSet::new();
        let mut addresses = Vec::new();
        for version in [Version::HTTP_11, Version::HTTP_2] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            addresses.push(listener.local_addr().unwrap());
            listeners.spawn(listen(listener, version, Arc::clone(&state)));
        }
        let refusing = TcpSocket::new_v4().unwrap();
        refusing.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let [http1, http2] = addresses[..] else { panic!("two listeners") };
        Self { state, http1, http2, refusing, connects: AtomicU64::new(0), _listeners: listeners }
    }

    /// A connection, one in ten of which nobody accepts.
    pub(crate) async fn connect(&self, version: Version) -> io::Result<TokioIo<TcpStream>> {
        let number = self.connects.fetch_add(1, Relaxed);
        let refused = draw(self.state.seed, Purpose::Connect, number, 0).u8(..10) == 0;
        let address = match version {
            _ if refused && self.state.is_faulty() => self.refusing.local_addr()?,
            Version::HTTP_2 => self.http2,
            _ => self.http1,
        };
        let connection = TcpStream::connect(address).await?;
        connection.set_nodelay(true)?;
        Ok(TokioIo::new(connection))
    }
}

impl State {
    fn is_faulty(&self) -> bool {
        self.faulty.load(Relaxed)
    }
}

async fn listen(listener: TcpListener, version: Version, state: Arc<State>) {
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        tokio::spawn(serve(connection, version, Arc::clone(&state)));
    }
}

async fn serve(connection: TcpStream, version: Version, state: Arc<State>) {
    let (ending, after) = Ending::of(state.seed, state.connections.fetch_add(1, Relaxed));
    connection.set_nodelay(true).unwrap();
    if ending == Ending::Reset {
        connection.set_zero_linger().unwrap();
    }
    let connection = TokioIo::new(connection);
    let its_time = async {
        sleep(after).await;
        if !state.is_faulty() {
            pending::<()>().await;
        }
        state.ledger.ended(ending);
    };
    let handler = {
        let state = Arc::clone(&state);
        service_fn(move |request| handle(request, version, Arc::clone(&state)))
    };
    const GRACE: Duration = Duration::from_secs(1);
    // what a connection ends with is nothing to anybody here
    if version == Version::HTTP_2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        // the client cancels more than a server on the internet would stand
        builder.timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
        builder.max_pending_accept_reset_streams(100_000).max_local_error_reset_streams(None);
        let mut serving = pin!(builder.serve_connection(connection, handler));
        tokio::select! {
            _ = &mut serving => {}
            () = its_time => if ending == Ending::Graceful {
                serving.as_mut().graceful_shutdown();
                let _ = timeout(GRACE, serving).await;
            }
        }
    } else {
        let mut serving = pin!(http1::Builder::new().serve_connection(connection, handler));
        tokio::select! {
            _ = &mut serving => {}
            () = its_time => if ending == Ending::Graceful {
                serving.as_mut().graceful_shutdown();
                let _ = timeout(GRACE, serving).await;
            }
        }
    }
}

async fn handle(
    request: Request<Incoming>,
    version: Version,
    state: Arc<State>,
) -> Result<Response<Frames>, BoxError> {
    let id: u64 = request.headers()["x-id"].to_str()?.parse()?;
    let arrival = state.ledger.arrived(id);
    let (fault, takes) = match state.is_faulty() {
        true => Fault::of(state.seed, id, arrival),
        false => (Fault::None, Duration::ZERO),
    };
    state.ledger.played(fault);
    if fault == Fault::Refused {
        return match version {
            Version::HTTP_2 => Err(h2::Error::from(h2::Reason::REFUSED_STREAM).into()),
            _ => Ok(status(StatusCode::MISDIRECTED_REQUEST)),
        };
    }
    let uploads = request.method() != Method::GET;
    let once = request.method() == Method::POST && !request.headers().contains_key("idempotency-key");
    state.ledger.processed(id, once);
    let upload = request.into_body().collect().await?.to_bytes();
    if uploads && upload != content::upload(state.seed, id) {
        state.ledger.damaged(id);
    }
    sleep(takes).await;

    let answer = content::answer(state.seed, id);
    let length = Some(answer.len());
    let [first, second] = content::halves(&answer);
    Ok(Response::new(match fault {
        Fault::None | Fault::Silent | Fault::Refused => Frames::new([first, second], End::Whole, length),
        Fault::SilentBody => Frames::new([first], End::Silence, length),
        Fault::CutBody => Frames::new([first], End::Broken, length),
        // not a brace: a short answer that is cut within its number would be right again
        Fault::WrongJson => Frames::new([first, Bytes::from_static(b"]")], End::Whole, None),
        Fault::Empty => Frames::none(),
        Fault::Broken => return Err(h2::Error::from(h2::Reason::INTERNAL_ERROR).into()),
        Fault::Unavailable => return Ok(status(StatusCode::SERVICE_UNAVAILABLE)),
        Fault::TooMany => {
            let mut busy = status(StatusCode::TOO_MANY_REQUESTS);
            busy.headers_mut().insert(RETRY_AFTER, 0.into());
            return Ok(busy);
        }
    }))
}

fn status(status: StatusCode) -> Response<Frames> {
    let mut response = Response::new(Frames::none());
    *response.status_mut() = status;
    response
}

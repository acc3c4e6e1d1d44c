use crate::{Phase, history::cause_text, one_line::OneLine};
use std::{error::Error, fmt};
use tower::BoxError;

/// An error whose [`Phase`] is what its owner says, whatever is below it.
///
/// The policy knows the errors of the clients that it names. A service that is not one of them, or that makes more than
/// one call of its own, knows better than any list how far it got, and says so with this error. It is asked before its
/// causes; they stay its `source()`, so whatever looks for an error by its type still finds it. What else is known
/// of them holds: a timeout stays one, and an inner retry that gave up stays final.
///
/// # A service of several steps
///
/// [`Connect`](Phase::Connect) means that *nothing of the call* left. A step that fails to connect after another step ran
/// must not say that, or a `POST` would run its first step twice:
///
/// ```
/// use http::{Request, Response};
/// use tower::{BoxError, Service, ServiceExt, service_fn};
/// use tower_retry_policy::{Phase, PhasedError};
///
/// /// Takes the money with one client, then orders with another.
/// fn pay_and_order<P, O>(
///     pay: P,
///     order: O,
/// ) -> impl Service<Request<String>, Response = Response<String>, Error = BoxError> + Clone
/// where
///     P: Service<Request<String>, Response = Response<String>, Error: Into<BoxError>> + Clone,
///     O: Service<Request<String>, Response = Response<String>, Error: Into<BoxError>> + Clone,
/// {
///     service_fn(move |request: Request<String>| {
///         let (pay, order) = (pay.clone(), order.clone());
///         async move {
///             let paid = pay.oneshot(request).await.map_err(Into::into)?;
///             let request = Request::post("http://shop/orders").body(paid.into_body())?;
///             // the money is gone, wherever this ends
///             order.oneshot(request).await.map_err(|error| PhasedError::new(Phase::Read, error).into())
///         }
///     })
/// }
/// # let _ = pay_and_order(
/// #     service_fn(|_| async { Ok::<_, BoxError>(Response::new(String::new())) }),
/// #     service_fn(|_| async { Ok::<_, BoxError>(Response::new(String::new())) }),
/// # );
/// ```
///
/// # A client of one's own
///
/// The operating system's error does not say whether a connection was being made or was in use: Linux reports "connection
/// refused" and "no route to host" on established connections too. The client that was connecting knows:
///
/// ```
/// use std::{io, net::SocketAddr};
/// use tokio::net::TcpStream;
/// use tower_retry_policy::{Phase, PhasedError};
///
/// async fn connect(address: SocketAddr) -> Result<TcpStream, PhasedError> {
///     TcpStream::connect(address).await.map_err(|error| PhasedError::new(Phase::Connect, error))
/// }
///
/// let error = io::Error::from(io::ErrorKind::ConnectionRefused);
/// assert_eq!(Phase::of(&error), Phase::Read);
/// assert_eq!(Phase::of(&PhasedError::new(Phase::Connect, error)), Phase::Connect);
/// # let _ = connect;
/// ```
pub struct PhasedError {
    phase: Phase,
    source: BoxError,
}

impl PhasedError {
    /// Says that `source` ended the call in this phase.
    pub fn new(phase: Phase, source: impl Into<BoxError>) -> Self {
        Self { phase, source: source.into() }
    }

    /// How far the call got.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The error that ended it.
    pub fn into_inner(self) -> BoxError {
        self.source
    }
}

impl fmt::Debug for PhasedError {
    /// The cause by its text: what clients print of theirs with `{:?}` may hold a whole URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = cause_text(&*self.source);
        f.debug_struct("PhasedError").field("phase", &self.phase).field("source", &OneLine(&cause)).finish()
    }
}

impl fmt::Display for PhasedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed in phase {}", self.phase)
    }
}

impl Error for PhasedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

use crate::{Check, End, Rejection, Verdict, one_line::is_one_line};
use http::Response;
use serde_core::de::DeserializeOwned;
use std::{any::type_name, fmt, marker::PhantomData, ops::Deref, sync::Arc};

/// Accepts content that is the JSON of a `T`, and leaves the `T` in the response's extensions as [`Parsed<T>`].
///
/// So the content is parsed once, inside the attempt, and content of another shape is a failed attempt. The error of
/// `serde_json`, with line and column, is the source of the rejection.
///
/// The `T` decides what it can hold: `1e999` and an escaped lone surrogate are JSON (RFC 8259), [`Json`](super::Json)
/// accepts them, and a double or a `String` cannot be made of them, so such content is no `T`. A part (206) is not parsed,
/// and an empty answer passes where [none is expected](crate::Head::expects_content); there is no [`Parsed`] then.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use tower::{Layer, ServiceExt, service_fn};
/// use tower_content_check::{BoxError, ContentCheckLayer, check::{JsonInto, Parsed}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let client = service_fn(|_: Request<()>| async {
///     Ok::<_, BoxError>(Response::new(Full::new(Bytes::from_static(b"[1, 2, 3]"))))
/// });
/// let service = ContentCheckLayer::new(JsonInto::<Vec<u8>>::new()).layer(client);
///
/// let response = service.oneshot(Request::new(())).await?;
/// let response: Response<Vec<u8>> = Parsed::take(response).unwrap();
/// assert_eq!(response.body(), &[1, 2, 3]);
/// # Ok(())
/// # }
/// ```
pub struct JsonInto<T> {
    verdict: Verdict,
    into: PhantomData<fn() -> T>,
}

/// What [`JsonInto`] has parsed: an extension of the response.
pub struct Parsed<T>(Arc<T>);

// ===== impl JsonInto =====

impl<T> JsonInto<T> {
    /// Accepts the JSON of a `T`; anything else is transient.
    pub fn new() -> Self {
        Self { verdict: Verdict::Transient, into: PhantomData }
    }

    /// Sets the verdict on content of another shape.
    #[must_use]
    pub fn verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }
}

impl<T> Check for JsonInto<T>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        if !end.head().has_whole_content() || end.has_no_content() {
            return Ok(());
        }
        let error = match serde_json::from_slice::<T>(&end.bytes()) {
            Ok(value) => {
                end.extensions_mut().insert(Parsed(Arc::new(value)));
                return Ok(());
            }
            Err(error) => error,
        };
        let rejection = Rejection::new(self.verdict, format!("content is no {}", type_name::<T>()));
        // serde quotes what it does not know as the server wrote it.
        let text = error.to_string();
        Err(match is_one_line(&text) {
            true => rejection.with_source(error),
            false => rejection.with_source(Rejection::new(self.verdict, text)),
        }
        .unless_repeated())
    }
}

impl<T> Default for JsonInto<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for JsonInto<T> {
    fn clone(&self) -> Self {
        Self { verdict: self.verdict, into: PhantomData }
    }
}

impl<T> fmt::Debug for JsonInto<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonInto").field("verdict", &self.verdict).finish()
    }
}

// ===== impl Parsed =====

impl<T: Send + Sync + 'static> Parsed<T> {
    /// Puts the parsed value in the place of the body.
    ///
    /// # Errors
    ///
    /// The response as it was, when it holds no such value: it was not judged (a 404, say), or the value is still
    /// held through a copy of the extensions.
    pub fn take<B>(mut response: Response<B>) -> Result<Response<T>, Response<B>> {
        let Some(Self(value)) = response.extensions_mut().remove::<Self>() else { return Err(response) };
        match Arc::try_unwrap(value) {
            Ok(value) => Ok(response.map(|_| value)),
            Err(shared) => {
                response.extensions_mut().insert(Self(shared));
                Err(response)
            }
        }
    }
}

impl<T> Deref for Parsed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Clone for Parsed<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Not the value, which is the content; it says more itself, through `Deref`.
impl<T> fmt::Debug for Parsed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parsed<{}>(..)", type_name::<T>())
    }
}

//! What `tonic-build` would make of a `weather.proto`, with messages of plain text: so that neither `protoc` nor a code
//! generator is needed here. It knows nothing of retries.

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use tonic::{
    Request, Response, Status,
    body::Body,
    client::{Grpc, GrpcService},
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};
use tower::BoxError;

/// A client of the service `weather.Weather`.
#[derive(Clone, Debug)]
pub struct WeatherClient<T> {
    inner: Grpc<T>,
}

impl<T> WeatherClient<T>
where
    T: GrpcService<Body>,
    T::Error: Into<BoxError>,
    T::ResponseBody: http_body::Body<Data = Bytes> + Send + 'static,
    <T::ResponseBody as http_body::Body>::Error: Into<BoxError> + Send,
{
    /// Speaks through `inner`.
    pub fn new(inner: T) -> Self {
        Self { inner: Grpc::new(inner) }
    }

    /// The method `Forecast`.
    pub async fn forecast(&mut self, request: Request<String>) -> Result<Response<String>, Status> {
        self.unary(request, "/weather.Weather/Forecast").await
    }

    /// The method `Report`.
    pub async fn report(&mut self, request: Request<String>) -> Result<Response<String>, Status> {
        self.unary(request, "/weather.Weather/Report").await
    }

    async fn unary(
        &mut self,
        request: Request<String>,
        path: &'static str,
    ) -> Result<Response<String>, Status> {
        self.inner.ready().await.map_err(|error| Status::unknown(format!("not ready: {}", error.into())))?;
        self.inner.unary(request, PathAndQuery::from_static(path), Text).await
    }
}

#[derive(Clone, Copy)]
struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, text: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(text.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let message = buffer.copy_to_bytes(buffer.remaining());
        String::from_utf8(message.into()).map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}

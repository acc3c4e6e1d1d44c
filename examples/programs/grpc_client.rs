//! The recommended stack under a gRPC client, without protoc: tonic's channel as the service, tonic's client on top.
//!
//! ```text
//! cargo run --release --example misbehaving_server    # here
//! cargo run --release --example grpc_client           # in another terminal
//! ```
//!
//! Every gRPC call is a `POST` that ends with 200; what became of it stands in `grpc-status`. Where there is nothing else
//! to say it stands in the head, with the server's advice on retries, and the policy reads it there. Otherwise it stands
//! in the trailers, and the content check reads it. Which calls may be repeated is for us to say.

#![allow(clippy::print_stdout, reason = "a program speaks to its user")]

mod arguments;

use bytes::{Buf, BufMut, Bytes};
use clap::Parser;
use http::{Uri, uri::PathAndQuery};
use std::{process::ExitCode, time::Duration};
use tonic::{
    Status,
    client::{Grpc, GrpcService},
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};
use tower::BoxError;
use tower_retry_policy::{History, StandardGrpcLayer, attempt_timeout::AttemptTimeouts};

/// Calls gRPC methods that fail in different ways.
#[derive(Parser)]
struct Arguments {
    /// The misbehaving server
    #[arg(value_parser = arguments::url, default_value = "http://127.0.0.1:8080")]
    server: Uri,
    /// The methods to call
    #[arg(default_values = ["Good", "Busy", "Late", "Overloaded", "Missing"])]
    methods: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { server, methods } = Arguments::parse();
    let channel = Channel::builder(server).connect_lazy();

    let second = Duration::from_secs(1);
    let service = StandardGrpcLayer::new()
        .deadline(10 * second)
        .attempt(AttemptTimeouts::new().head(2 * second).idle(2 * second))
        // the methods of this service change nothing, so any call may be repeated
        .any_method()
        .service(channel);

    let mut client = Grpc::new(service);
    let mut failed = false;
    for method in methods {
        match call(&mut client, &method).await {
            Ok(text) => println!("{method}: {text}"),
            Err(status) => {
                failed = true;
                println!("{method}: {:?}: {}", status.code(), status.message());
            }
        }
    }
    ExitCode::from(u8::from(failed))
}

/// What the code that `tonic-build` generates would do.
async fn call<S>(client: &mut Grpc<S>, method: &str) -> Result<String, Status>
where
    S: GrpcService<tonic::body::Body>,
    S::ResponseBody: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    client.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let path = PathAndQuery::try_from(format!("/weather.Weather/{method}"))
        .map_err(|error| Status::internal(error.to_string()))?;
    let response = client.unary(tonic::Request::new("Praha".to_owned()), path, Text).await?;
    // extensions of the HTTP response are those of tonic's
    let history = response.extensions().get::<History>().map(|history| format!(" ({history})"));
    Ok(response.into_inner() + &history.unwrap_or_default())
}

/// Messages of plain text, where protobuf would need a generator.
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

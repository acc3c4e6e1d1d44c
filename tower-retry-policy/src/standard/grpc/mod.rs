//! The recommended stack for gRPC over tonic's channel.

mod future;
mod layer;
mod service;
mod status;
mod timeout;

pub use self::{future::ResponseFuture, layer::StandardGrpcLayer, service::StandardGrpc};

//! tonic with retries.

pub mod weather;

use std::time::Duration;
use tonic::{Request, Status, transport::Channel};
use tower_retry_policy::{Idempotent, StandardGrpc, StandardGrpcLayer};
use weather::WeatherClient;

/// A client to keep, of calls of which only those may be repeated that say so.
pub fn client(channel: Channel) -> WeatherClient<StandardGrpc<Channel>> {
    WeatherClient::new(StandardGrpcLayer::new().deadline(Duration::from_secs(12)).service(channel))
}

/// The forecast for a city. Asking for it changes nothing.
pub async fn forecast(client: &WeatherClient<StandardGrpc<Channel>>, city: &str) -> Result<String, Status> {
    let mut request = Request::new(city.to_owned());
    request.extensions_mut().insert(Idempotent);
    Ok(client.clone().forecast(request).await?.into_inner())
}

/// Reports what was seen in a city: once.
pub async fn report(client: &WeatherClient<StandardGrpc<Channel>>, text: &str) -> Result<String, Status> {
    Ok(client.clone().report(Request::new(text.to_owned())).await?.into_inner())
}

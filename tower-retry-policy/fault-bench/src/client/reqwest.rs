use super::Setting;
use crate::{server::tls, upload::Upload};
use http::{Request, Response};
use tower::{Service, service_fn};

/// reqwest's client is a service of its own types; this makes it one of `http`'s.
pub(super) fn client(
    http2: bool,
    setting: Setting,
) -> impl Service<Request<Upload>, Response = Response<reqwest::Body>, Error = reqwest::Error, Future: Send>
+ Clone
+ Send
+ Sync {
    let mut config = tls::trusting();
    let protocol: &[u8] = if http2 { b"h2" } else { b"http/1.1" };
    config.alpn_protocols = vec![protocol.to_vec()];
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(setting.connect_timeout)
        // it has retries of its own, which a policy around it would multiply
        .retry(reqwest::retry::never())
        .tls_backend_preconfigured(config);
    if let Some(time) = setting.keep_alive {
        builder = builder.http2_keep_alive_interval(time).http2_keep_alive_timeout(time);
    }
    let client = if http2 { builder.http2_prior_knowledge() } else { builder.http1_only() }.build().unwrap();
    service_fn(move |request: Request<Upload>| {
        let client = client.clone();
        async move {
            let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))?;
            client.execute(request).await.map(Response::from)
        }
    })
}

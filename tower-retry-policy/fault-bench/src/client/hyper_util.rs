use super::Setting;
use crate::{server::tls, upload::Upload};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

pub(super) fn client(http2: bool, setting: Setting) -> Client<HttpsConnector<HttpConnector>, Upload> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(setting.connect_timeout));
    let https = HttpsConnectorBuilder::new().with_tls_config(tls::trusting()).https_or_http();
    let https = if http2 {
        https.enable_http2().wrap_connector(connector)
    } else {
        https.enable_http1().wrap_connector(connector)
    };
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .http2_only(http2)
        .retry_canceled_requests(false);
    if let Some(time) = setting.keep_alive {
        builder.http2_keep_alive_interval(time).http2_keep_alive_timeout(time);
    }
    builder.build(https)
}

use super::Setting;
use crate::{
    server::{Server, tls},
    upload::Upload,
};
use http::{Request, Response};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tower::{Service, ServiceExt};

pub(super) fn client(
    server: &Server,
    setting: Setting,
) -> impl Service<
    Request<Upload>,
    Response = Response<tonic::body::Body>,
    Error = tonic::transport::Error,
    Future: Send,
> + Clone
+ Send
+ Sync
+ use<> {
    let mut endpoint = Endpoint::from_shared(server.base()).unwrap().connect_timeout(setting.connect_timeout);
    if server.speaks_tls() {
        let trusted = Certificate::from_pem(tls::trusted_pem());
        endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificate(trusted)).unwrap();
    }
    if let Some(time) = setting.keep_alive {
        endpoint = endpoint.http2_keep_alive_interval(time).keep_alive_timeout(time);
    }
    endpoint.connect_lazy().map_request(|request: Request<Upload>| request.map(tonic::body::Body::new))
}

//! From a request to the gateway to the upstream that it names, and back.

use crate::{connection::Client, refusal, upload, upstream::Upstream};
use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
};
use http::{Response, Uri, Version, uri::PathAndQuery};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// All upstreams, by their names, and how long a client may pause in its upload.
#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) upstreams: Arc<HashMap<String, Upstream>>,
    pub(crate) idle: Duration,
}

pub(crate) async fn forward(
    State(gateway): State<Gateway>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Response<Body> {
    if request.version() < Version::HTTP_11 {
        client.reset_if_cut();
    }
    let request = upload::watched(request, &client, gateway.idle);
    let mut response = match (refusal::unsupported(&request), gateway.target(request.uri())) {
        (Some(refused), _) => refused,
        (None, None) => refusal::not_found(),
        (None, Some((upstream, target))) => upstream.call(request, target, client.address).await,
    };
    // each hop speaks its own (RFC 9110 section 2.5): copied, an upstream's HTTP/1.0 would make of every answer without a
    // length one that ends with the connection, whole or not
    *response.version_mut() = Version::HTTP_11;
    response
}

// ===== impl Gateway =====

impl Gateway {
    /// `/NAME/PATH?QUERY` becomes `/PATH?QUERY`, to the letter.
    fn target(&self, uri: &Uri) -> Option<(&Upstream, PathAndQuery)> {
        let whole = uri.path_and_query()?.as_str().strip_prefix('/')?;
        let (name, rest) = whole.split_at(whole.find(['/', '?']).unwrap_or(whole.len()));
        let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        Some((self.upstreams.get(name)?, rest.try_into().ok()?))
    }
}

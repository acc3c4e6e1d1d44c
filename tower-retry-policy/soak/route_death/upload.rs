use crate::case::Protocol;
use bytes::Bytes;
use http_body_util::channel::Channel;
use std::{convert::Infallible, time::Duration};
use tokio::time::sleep;

/// The client's request body. Over HTTP/1 it goes on for as long as anybody takes it, so that bytes are on their way when
/// the route goes: the kernel reports a lost route to a connection only when it has something to repeat.
pub(crate) fn upload(protocol: Protocol) -> Channel<Bytes, Infallible> {
    const PAUSE: Duration = Duration::from_millis(50);
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        while sender.send_data(Bytes::from_static(b"a piece of an order;")).await.is_ok()
            && protocol == Protocol::Http1
        {
            sleep(PAUSE).await;
        }
    });
    body
}

//! The server's end: where connections are accepted.

use super::{
    shared::{Shared, Side},
    stream::Stream,
};
use std::{future::poll_fn, io, sync::Arc};

/// A listening port of the server.
#[derive(Debug)]
pub struct Listener {
    shared: Arc<Shared>,
}

impl Listener {
    pub(crate) fn bind(shared: Arc<Shared>, port: u16) -> Self {
        shared.hosts().server.listen(port);
        Self { shared }
    }

    /// Waits for the next connection.
    ///
    /// # Errors
    /// If nothing listens any more.
    pub async fn accept(&mut self) -> io::Result<Stream> {
        let name = poll_fn(|cx| self.shared.hosts().server.poll_accept(cx)).await?;
        Ok(Stream::new(Arc::clone(&self.shared), Side::Server, name))
    }
}

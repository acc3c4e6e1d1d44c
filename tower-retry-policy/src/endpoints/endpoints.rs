use super::{EndpointStats, InvalidEndpoint, address::Address, list::List};
use http::Uri;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

/// A list of base addresses of one service, and what is known of each.
///
/// A base address is a scheme, a host with or without a port, and optionally a path that is put before that of each
/// request. All clones share list and knowledge, and so do all layers made of them: use one for each service.
///
/// # A list that changes
///
/// [`set`](Self::set) replaces the list at any time. What is known of addresses that stay is kept, what is known of those
/// that leave is forgotten. An attempt that runs goes on, wherever its endpoint is.
///
/// Whatever finds addresses (DNS, a registry, a file) calls it:
///
/// ```
/// use http::Uri;
/// use tower_retry_policy::endpoints::Endpoints;
///
/// async fn follow(endpoints: Endpoints, mut found: tokio::sync::watch::Receiver<Vec<Uri>>) {
///     while found.changed().await.is_ok() {
///         // an empty list is refused, and the one before stays
///         let _ = endpoints.set(found.borrow_and_update().iter().cloned());
///     }
/// }
/// # let _ = follow;
/// ```
///
/// There is no adapter for `tower::discover`: it finds services, one connection or client for each key, while this layer
/// needs addresses and one client below it. Where keys are addresses, `set` with the keys that are left after each change
/// does the same.
#[derive(Clone)]
pub struct Endpoints {
    list: Arc<Mutex<List>>,
}

// ===== impl Endpoints =====

impl Endpoints {
    /// These base addresses; one that is given twice counts once.
    ///
    /// # Errors
    ///
    /// The list is empty, or an address has no scheme, no host, user information, a query or a port that is none. It
    /// is named.
    ///
    /// ```
    /// use tower_retry_policy::endpoints::Endpoints;
    ///
    /// let two = ["http://10.0.0.1:8080", "http://10.0.0.2:8080/v1"].map(|uri| uri.parse().unwrap());
    /// let endpoints = Endpoints::new(two)?;
    /// assert_eq!(endpoints.stats().len(), 2);
    /// assert!(Endpoints::new(None).is_err_and(|error| error.is_empty()));
    /// # Ok::<_, tower_retry_policy::endpoints::InvalidEndpoint>(())
    /// ```
    pub fn new(addresses: impl IntoIterator<Item = Uri>) -> Result<Self, InvalidEndpoint> {
        let endpoints = Self { list: Arc::default() };
        endpoints.set(addresses)?;
        Ok(endpoints)
    }

    /// Replaces the list.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new) has them; the list is unchanged then.
    pub fn set(&self, addresses: impl IntoIterator<Item = Uri>) -> Result<(), InvalidEndpoint> {
        let addresses: Vec<_> = addresses.into_iter().map(Address::new).collect::<Result<_, _>>()?;
        if addresses.is_empty() {
            return Err(InvalidEndpoint::empty());
        }
        self.lock().set(addresses);
        Ok(())
    }

    /// What has happened at each, in the order of the list.
    #[must_use]
    pub fn stats(&self) -> Vec<EndpointStats> {
        self.lock().stats(Instant::now())
    }

    /// Held for the choice and for the end of an attempt: a walk over the list.
    pub(super) fn lock(&self) -> MutexGuard<'_, List> {
        // nothing in here panics half-way
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.stats()).finish()
    }
}

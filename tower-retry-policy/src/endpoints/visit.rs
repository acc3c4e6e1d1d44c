use super::{
    Endpoints, EndpointsOutError,
    address::Address,
    health::Begun,
    outcome::{self, Outcome},
    settings::Settings,
    tried::Tried,
};
use crate::AttemptNumber;
use http::{Request, Response};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use tower::BoxError;

/// An attempt at its endpoint. Dropped, it says nothing of it.
pub(super) struct Visit {
    endpoints: Endpoints,
    settings: Arc<Settings>,
    tried: Option<Tried>,
    address: Arc<Address>,
    begun: Begun,
    ended: Option<(Outcome, Option<Duration>)>,
}

// ===== impl Visit =====

impl Visit {
    /// Chooses the endpoint, and writes it down before the attempt has done anything: one that starts beside it goes
    /// elsewhere.
    pub(super) fn start<B>(
        endpoints: &Endpoints,
        settings: &Arc<Settings>,
        request: &Request<B>,
    ) -> Result<Self, EndpointsOutError> {
        let tried = request.extensions().get::<Tried>().cloned();
        let now = Instant::now();
        let (address, begun) = {
            let mut list = endpoints.lock();
            let mut visits = tried.as_ref().map(Tried::lock);
            let visits = visits.as_deref_mut().map(|visits| (visits, AttemptNumber::of(request)));
            list.start(settings, visits, now)?
        };
        let (endpoints, settings) = (endpoints.clone(), Arc::clone(settings));
        Ok(Self { endpoints, settings, tried, address, begun, ended: None })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn end<R>(mut self, result: &Result<Response<R>, BoxError>) {
        self.ended = Some((Outcome::of(result), outcome::hold(&self.settings, result)));
    }

    /// The request was not sent, which is no fault of the endpoint's.
    pub(super) fn unsent(mut self) {
        self.ended = Some((Outcome::Nothing, None));
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let now = Instant::now();
        self.endpoints.lock().end(&self.address, self.begun, self.ended, &self.settings, now);
        if let Some(tried) = &self.tried {
            tried.lock().ended(&self.address);
        }
    }
}

use super::{
    Endpoints, EndpointsOutError,
    address::Address,
    charge::Charge,
    health::Begun,
    list::Start,
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
    charge: Option<Charge>,
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
        let Start { address, begun, charge } = {
            let mut list = endpoints.lock();
            let mut visits = tried.as_ref().map(Tried::lock);
            list.start(settings, AttemptNumber::of(request), visits.as_deref_mut(), now)?
        };
        let (endpoints, settings) = (endpoints.clone(), Arc::clone(settings));
        Ok(Self { endpoints, settings, tried, address, begun, charge, ended: None })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// The attempt is handed over.
    pub(super) fn sent(&mut self) {
        if let Some(charge) = &mut self.charge {
            charge.sent();
        }
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
        if let (Some(charge), Some((outcome, _))) = (&self.charge, self.ended) {
            charge.ended(outcome, now);
        }
        self.endpoints.lock().end(&self.address, self.begun, self.ended, &self.settings, now);
        if let Some(tried) = &self.tried {
            tried.lock().ended(&self.address);
        }
    }
}

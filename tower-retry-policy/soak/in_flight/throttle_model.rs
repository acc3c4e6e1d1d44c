use std::sync::Mutex;
use tower_retry_policy::{FailureKind, RequestEnd, RetryBudget, budget::ThrottleBudget};

const MOST: u64 = 10_000;

/// A throttle budget beside gRPC A6 as the proposal words it, in thousandths of a token: what one is told, the other is.
#[derive(Debug)]
pub(crate) struct ThrottleModel {
    inner: ThrottleBudget,
    model: Mutex<u64>,
}

impl ThrottleModel {
    pub(crate) fn new() -> Self {
        Self { inner: ThrottleBudget::new(), model: Mutex::new(MOST) }
    }

    /// The lock makes one order of what comes from all threads, so that both see the same.
    fn both<T>(&self, real: impl FnOnce(&ThrottleBudget) -> T, model: impl FnOnce(u64) -> u64) -> T {
        let mut tokens = self.model.lock().unwrap();
        let result = real(&self.inner);
        *tokens = model(*tokens);
        let real = (self.inner.tokens() * 1000.0).round() as u64;
        assert_eq!(real, *tokens, "thousandths of a token, and those of the model");
        result
    }
}

impl RetryBudget for ThrottleModel {
    fn failed(&self, kind: FailureKind) {
        self.both(|real| real.failed(kind), |tokens| tokens.saturating_sub(1000));
    }

    fn withdraw(&self, kind: FailureKind) -> bool {
        let granted = self.both(|real| real.withdraw(kind), |tokens| tokens);
        // "if the token count is less than or equal to half of maxTokens, then retries will be paused"
        assert!(!granted || self.inner.tokens() > 0.0);
        granted
    }

    fn give_back(&self, kind: FailureKind) {
        self.both(|real| real.give_back(kind), |tokens| tokens);
    }

    fn settle(&self, end: RequestEnd) {
        let gain = if matches!(end, RequestEnd::FirstTry | RequestEnd::AfterRetry(_)) { 100 } else { 0 };
        self.both(|real| real.settle(end), |tokens| MOST.min(tokens + gain));
    }

    fn balance(&self) -> u64 {
        self.inner.balance()
    }
}

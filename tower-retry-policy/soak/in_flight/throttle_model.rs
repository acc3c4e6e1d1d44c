use std::{sync::Mutex, time::Instant};
use tower_retry_policy::{FailureKind, RequestEnd, RetryBudget, budget::ThrottleBudget};

/// So many, and a whole one for a success, because A6's own figures stop all retries where a third of the calls fail.
const TOKENS: u32 = 100;
const MOST: u64 = TOKENS as u64 * TOKEN;
const TOKEN: u64 = 1_000;

/// A throttle budget beside gRPC A6 as the proposal words it, in thousandths of a token: what one is told, the other is.
#[derive(Debug)]
pub(crate) struct ThrottleModel {
    inner: ThrottleBudget,
    model: Mutex<u64>,
}

impl ThrottleModel {
    pub(crate) fn new() -> Self {
        Self { inner: ThrottleBudget::new().max_tokens(TOKENS).token_ratio(1.0), model: Mutex::new(MOST) }
    }

    /// The lock makes one order of what comes from all threads, so that both see the same.
    fn both<T>(&self, real: impl FnOnce(&ThrottleBudget) -> T, model: impl FnOnce(u64) -> u64) -> T {
        let mut tokens = self.model.lock().unwrap();
        let result = real(&self.inner);
        *tokens = model(*tokens);
        let real = (self.inner.tokens() * TOKEN as f64).round() as u64;
        assert_eq!(real, *tokens, "thousandths of a token, and those of the model");
        result
    }
}

impl RetryBudget for ThrottleModel {
    fn failed(&self, kind: FailureKind, now: Instant) {
        self.both(|real| real.failed(kind, now), |tokens| tokens.saturating_sub(TOKEN));
    }

    fn withdraw(&self, kind: FailureKind, now: Instant) -> bool {
        let mut expected = false;
        let granted = self.both(
            |real| real.withdraw(kind, now),
            |tokens| {
                // "if token_count is less than or equal to the threshold, defined to be (maxTokens / 2)"
                expected = tokens > MOST / 2;
                tokens
            },
        );
        assert_eq!(granted, expected, "whether the model grants a retry");
        granted
    }

    fn give_back(&self, kind: FailureKind, now: Instant) {
        self.both(|real| real.give_back(kind, now), |tokens| tokens);
    }

    fn settle(&self, end: RequestEnd, now: Instant) {
        let gain = if matches!(end, RequestEnd::FirstTry | RequestEnd::AfterRetry(_)) { TOKEN } else { 0 };
        self.both(|real| real.settle(end, now), |tokens| MOST.min(tokens + gain));
    }

    fn balance(&self) -> u64 {
        self.inner.balance()
    }
}

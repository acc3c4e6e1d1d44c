//! gRPC's service config, as far as it speaks of retries.

mod backoff;
mod method;
mod name;
mod policy;
mod throttling;

pub use self::method::MethodConfig;
use self::{name::Name, throttling::throttling};
use super::{SettingsError, misfit::Misfit, table::Table, tree::Tree};
use crate::budget::ThrottleBudget;
use serde_core::{Deserialize, Deserializer, de::Error};
use std::{collections::HashMap, sync::Arc};

/// gRPC's [service config][config], as far as it speaks of retries ([gRFC A6][a6]).
///
/// ```
/// use tower_retry_policy::{RetryLayer, RetryPolicy, settings::ServiceConfig};
///
/// let config: ServiceConfig = serde_json::from_str(r#"{
///     "methodConfig": [{
///         "name": [{ "service": "shop.Orders", "method": "Find" }],
///         "timeout": "2s",
///         "retryPolicy": {
///             "maxAttempts": 4,
///             "initialBackoff": "0.1s",
///             "maxBackoff": "1s",
///             "backoffMultiplier": 2,
///             "retryableStatusCodes": ["UNAVAILABLE"]
///         }
///     }],
///     "retryThrottling": { "maxTokens": 10, "tokenRatio": 0.1 }
/// }"#)?;
///
/// // the layer of all methods has the budget, each request its method's policy
/// let layer = RetryLayer::new(config.policy("/"));
/// let mut request = http::Request::post("http://shop.example/shop.Orders/Find").body(()).unwrap();
/// let policy = config.policy(request.uri().path());
/// request.extensions_mut().insert(policy);
/// # let _ = layer;
/// # Ok::<_, serde_json::Error>(())
/// ```
///
/// # What is read
///
/// `methodConfig` with `name`, `timeout`, and `retryPolicy` or `hedgingPolicy`; `retryThrottling`. They are validated as A6
/// asks, and what cannot be meant is an error that names the key, such as `methodConfig[0].retryPolicy.maxAttempts`. Attempts
/// above 5 count as 5.
///
/// Keys that are not known here are ignored, unlike those of all other settings: a service config has others, such as
/// `loadBalancingConfig`, and gRPC asks clients to ignore what they do not know. So a misspelt optional key is not found.
///
/// # What a policy does
///
/// - It repeats any method: its owner said so by listing status codes.
/// - It waits as A6 says, with 20 % of jitter to each side.
/// - Pushbacks are obeyed up to 60 s, as in every policy; A6 has no limit. Change it by
///   [`retry_after`](crate::RetryPolicy::retry_after).
/// - What the server did not process is tried again at once by gRPC, beside `maxAttempts`; here it counts among them.
/// - A broken connection is `UNAVAILABLE` to gRPC, and so are 429, 502, 503 and 504: they are repeated if that is listed. Once
///   the head of an answer has come A6 repeats no more, so neither bodies that break nor a status in trailers are; ask for
///   that by [`retries_after`](crate::RetryPolicy::retries_after).
/// - The budget of `retryThrottling` is one for all methods, and for the clones of this config.
///
/// [config]: https://github.com/grpc/grpc/blob/master/doc/service_config.md
/// [a6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
#[derive(Clone, Debug, Default)]
pub struct ServiceConfig {
    methods: Vec<MethodConfig>,
    /// Which of them is whose.
    names: HashMap<Name, usize>,
    throttle: Option<Arc<ThrottleBudget>>,
}

// ===== impl ServiceConfig =====

impl ServiceConfig {
    /// What is said of the method of this path, `/package.Service/Method`: of the method itself, or else of its service, or
    /// else of all.
    pub fn for_method(&self, path: &str) -> Option<&MethodConfig> {
        let index = Name::matching(path).into_iter().find_map(|name| self.names.get(&name))?;
        self.methods.get(*index)
    }

    /// The policy of this method, with the budget of `retryThrottling`. A method of which nothing is said is not retried.
    pub fn policy(&self, path: &str) -> crate::RetryPolicy {
        let policy = self.for_method(path).map_or_else(crate::RetryPolicy::never, MethodConfig::policy);
        match &self.throttle {
            Some(throttle) => policy.budget(Arc::clone(throttle)),
            None => policy,
        }
    }

    /// The budget of `retryThrottling`, the same for all methods.
    pub fn throttle(&self) -> Option<&Arc<ThrottleBudget>> {
        self.throttle.as_ref()
    }

    fn from_tree(tree: Tree) -> Result<Self, SettingsError> {
        let mut table = Table::new(tree)?;
        let mut config = Self::default();
        let methods = match table.take("methodConfig")? {
            None => Vec::new(),
            Some(Tree::List(methods)) => methods,
            Some(other) => {
                return Err(SettingsError::misfit("methodConfig", &Misfit::new("a list", &other)));
            }
        };
        for (index, tree) in methods.into_iter().enumerate() {
            config
                .add(index, tree)
                .map_err(|error| error.within(&format!("[{index}]")).within("methodConfig"))?;
        }
        if let Some(tree) = table.take("retryThrottling")? {
            let throttle = throttling(tree).map_err(|error| error.within("retryThrottling"))?;
            config.throttle = Some(Arc::new(throttle));
        }
        Ok(config)
    }

    fn add(&mut self, index: usize, tree: Tree) -> Result<(), SettingsError> {
        let mut table = Table::new(tree)?;
        for name in name::names(&mut table)? {
            // service_config.proto: each must be unique in the whole config
            if self.names.insert(name.clone(), index).is_some() {
                return Err(SettingsError::new("name", format!("{name} has a config already")));
            }
        }
        self.methods.push(MethodConfig::read(&mut table)?);
        Ok(())
    }
}

impl<'de> Deserialize<'de> for ServiceConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_tree(Tree::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

use super::{
    BackoffSettings, BudgetSettings, MethodSettings, OrOff, Preset, SettingsError, grpc_code, methods,
    misfit::Misfit,
    phases::Phases,
    preset::PRESETS,
    retry_after,
    section::{Entries, Section, settings},
    table::Table,
    tree::Tree,
    values::{list, name_of, named, switch, whole},
};
use crate::{Phase, RetryAfter};
use http::{HeaderName, StatusCode, header};
use std::collections::BTreeMap;

/// What is repeated, how often, when, and at what cost: a [`RetryPolicy`](crate::RetryPolicy) as settings.
///
/// ```
/// use tower_retry_policy::{RetryLayer, settings::RetrySettings};
///
/// let settings: RetrySettings = toml::from_str(r#"
///     preset = "standard"
///     retries = 4
///     statuses = [429, 502, 503, 504]
///     retries_after = { connect = 2 }
///     retry_after = { cap = "30s" }
///     backoff = { first = "200ms", cap = "5s" }
///     budget = { kind = "ratio", ratio = 0.1 }
/// "#)?;
/// let layer = RetryLayer::new(settings.policy()?);
/// # let _ = layer;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RetrySettings {
    /// What the policy begins with. Default: `standard`.
    pub preset: Option<Preset>,
    /// Retries in all, or `off`: then those of the phases alone count.
    pub retries: Option<OrOff<u32>>,
    /// Retries after failures of one phase, or `off`: then the total alone counts.
    pub retries_after: BTreeMap<Phase, OrOff<u32>>,
    /// The statuses that ask for a retry, from 100 to 599.
    pub statuses: Option<Vec<StatusCode>>,
    /// The methods that may be repeated.
    pub methods: Option<MethodSettings>,
    /// Whether an `Idempotency-Key` permits a repeat.
    pub honour_idempotency_key: Option<bool>,
    /// What is done with a wait that the server asks for.
    pub retry_after: Option<RetryAfter>,
    /// The gRPC status codes that ask for a retry, by name or by number; then pushbacks are obeyed too.
    pub grpc_codes: Option<OrOff<Vec<u8>>>,
    /// Whether the reset of an exhausted rate limit is waited for, which takes the feature `rate-limit`.
    pub rate_limit_reset: Option<bool>,
    /// The header field that tells the server which attempt this is.
    pub attempt_header: Option<OrOff<HeaderName>>,
    /// Whether a last response that asks for a retry becomes an error.
    pub last_response_as_error: Option<bool>,
    /// Whether what an inner retry has given up on is tried again.
    pub retry_exhausted_inner: Option<bool>,
    /// Whether a request is sent again after the same wrong content has come twice.
    pub retry_same_content: Option<bool>,
    /// Whether a 401 is tried again once in a call, whatever the method. Default: false. See
    /// [`RetryPolicy::retry_unauthorized`](crate::RetryPolicy::retry_unauthorized).
    pub retry_unauthorized: Option<bool>,
    /// The waits before the retries.
    pub backoff: BackoffSettings,
    /// What retries may cost in all; absent, the budget of the preset or of the policy.
    pub budget: Option<BudgetSettings>,
}

impl Section for RetrySettings {
    const SHORT: Option<&'static str> = Some("preset");

    fn read(table: &mut Table) -> Result<Self, SettingsError> {
        let statuses = list("a list of statuses, such as [429, 503]", status);
        let codes = list("a list of gRPC statuses, such as [\"UNAVAILABLE\"]", grpc_code::read);
        Ok(Self {
            preset: table.value("preset", named(&PRESETS))?,
            retries: table.value("retries", OrOff::reader(whole(0..=u32::MAX)))?,
            retries_after: table.section::<Phases>("retries_after")?.unwrap_or_default().0,
            statuses: table.value("statuses", statuses)?,
            methods: table.value("methods", methods::read)?,
            honour_idempotency_key: table.value("honour_idempotency_key", switch)?,
            retry_after: match table.take("retry_after")? {
                None => None,
                Some(tree) => Some(retry_after::read(tree).map_err(|error| error.within("retry_after"))?),
            },
            grpc_codes: table.value("grpc_codes", OrOff::reader(codes))?,
            rate_limit_reset: table.value("rate_limit_reset", switch)?,
            attempt_header: table.value("attempt_header", OrOff::reader(header_name))?,
            last_response_as_error: table.value("last_response_as_error", switch)?,
            retry_exhausted_inner: table.value("retry_exhausted_inner", switch)?,
            retry_same_content: table.value("retry_same_content", switch)?,
            retry_unauthorized: table.value("retry_unauthorized", switch)?,
            backoff: table.section("backoff")?.unwrap_or_default(),
            budget: table.section("budget")?,
        })
    }

    fn write(&self, entries: &mut Entries) {
        entries.put("preset", self.preset.and_then(|preset| name_of(&PRESETS, &preset)));
        entries.put("retries", self.retries.map(|retries| retries.written(Tree::from)));
        let statuses = |statuses: &Vec<StatusCode>| {
            Tree::List(statuses.iter().map(|status| Tree::Whole(status.as_u16().into())).collect())
        };
        entries.put("statuses", self.statuses.as_ref().map(statuses));
        entries.put("methods", self.methods.as_ref().map(methods::tree));
        entries.put("honour_idempotency_key", self.honour_idempotency_key);
        let codes = |codes: &Vec<u8>| Tree::List(codes.iter().copied().map(grpc_code::tree).collect());
        entries.put("grpc_codes", self.grpc_codes.as_ref().map(|set| set.as_ref().written(codes)));
        entries.put("rate_limit_reset", self.rate_limit_reset);
        let name = |name: &HeaderName| name.as_str().into();
        entries.put("attempt_header", self.attempt_header.as_ref().map(|set| set.as_ref().written(name)));
        entries.put("last_response_as_error", self.last_response_as_error);
        entries.put("retry_exhausted_inner", self.retry_exhausted_inner);
        entries.put("retry_same_content", self.retry_same_content);
        entries.put("retry_unauthorized", self.retry_unauthorized);
        entries.put("retry_after", self.retry_after.map(retry_after::tree));
        entries.section("retries_after", &Phases(self.retries_after.clone()));
        entries.section("backoff", &self.backoff);
        entries.put("budget", self.budget.as_ref().map(Section::to_tree));
    }
}

fn status(tree: &Tree) -> Result<StatusCode, Misfit> {
    let status = whole(100..=599)(tree).ok().and_then(|status| StatusCode::from_u16(status).ok());
    status.ok_or_else(|| Misfit::new("a status from 100 to 599", tree))
}

/// Fields that say where a message ends or goes (RFC 9110 section 7, RFC 9112 section 6), or that it may be repeated: a
/// number there would change that.
const FRAMING: [HeaderName; 6] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("idempotency-key"),
];

fn header_name(tree: &Tree) -> Result<HeaderName, Misfit> {
    let name = match tree {
        Tree::Text(text) => HeaderName::from_bytes(text.as_bytes()).ok(),
        _ => None,
    };
    name.filter(|name| !FRAMING.contains(name))
        .ok_or_else(|| Misfit::new("the name of a header field of its own, such as \"x-attempt\"", tree))
}

settings!(RetrySettings);

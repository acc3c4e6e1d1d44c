//! `retryPolicy` and `hedgingPolicy`, validated as gRFC A6 asks.

use super::{
    super::{
        SettingsError,
        grpc_code::{self, UNAVAILABLE},
        misfit::Misfit,
        table::Table,
        tree::Tree,
        values::number,
    },
    backoff::{proto_duration, waits},
};
use crate::{Phase, RetryAfter, RetryPolicy, retry::Hedge};
use http::StatusCode;
use std::time::Duration;
use tower_backoff::Backoff;

/// A6: clients have a limit of their own, because a config may come from DNS.
const MOST_ATTEMPTS: u32 = 5;

/// Nobody waits longer for a server's word than in the standard policy; A6 has no limit.
const PUSHBACK: RetryAfter = RetryAfter::Refuse(Duration::from_secs(60));

/// gRPC's http-grpc-status-mapping.md: what a proxy answers is `UNAVAILABLE`.
const HTTP_UNAVAILABLE: [StatusCode; 4] = [
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

pub(super) fn retrying(tree: Tree) -> Result<RetryPolicy, SettingsError> {
    let mut table = Table::new(tree)?;
    let retries = attempts(&mut table)? - 1;
    let wait = |tree: &Tree| proto_duration(tree, |wait| !wait.is_zero());
    let initial = required("initialBackoff", table.value("initialBackoff", wait)?)?;
    let max = required("maxBackoff", table.value("maxBackoff", wait)?)?;
    let multiplier = number("a number of more than 0", |multiplier| multiplier > 0.0);
    let multiplier =
        required("backoffMultiplier", json_number(&mut table, "backoffMultiplier", multiplier)?)?;
    let codes = required("retryableStatusCodes", codes(&mut table, "retryableStatusCodes")?)?;
    if codes.is_empty() {
        return Err(SettingsError::new("retryableStatusCodes", "expected at least one status, found none"));
    }
    Ok(policy(retries, codes).backoff(waits(initial, max, multiplier, retries)))
}

/// A failure that is not fatal is followed by the next hedge at once, which to the policy is a retry without a wait.
pub(super) fn hedging(tree: Tree) -> Result<(RetryPolicy, Hedge), SettingsError> {
    let mut table = Table::new(tree)?;
    let attempts = attempts(&mut table)?;
    let delay = |tree: &Tree| proto_duration(tree, |_| true);
    let delay = table.value("hedgingDelay", delay)?.unwrap_or(Duration::ZERO);
    let codes = codes(&mut table, "nonFatalStatusCodes")?.unwrap_or_default();
    let hedge = Hedge::after(delay).at_once(attempts as usize).hedges(attempts - 1);
    Ok((policy(attempts - 1, codes).backoff(Backoff::none()), hedge))
}

fn policy(retries: u32, codes: Vec<u8>) -> RetryPolicy {
    let unavailable = codes.contains(&UNAVAILABLE);
    let statuses: &[StatusCode] = if unavailable { &HTTP_UNAVAILABLE } else { &[] };
    let policy = RetryPolicy::urllib3(retries)
        .retry_after(PUSHBACK)
        .any_method()
        .statuses(statuses.iter().copied())
        .grpc(codes)
        // a `Retry-After` makes no status one that is listed
        .retry_if(move |failed| {
            let asked_by_proxy = failed.status().filter(|status| *status != StatusCode::OK);
            failed.phase() != Phase::Status || asked_by_proxy.is_none_or(|status| statuses.contains(&status))
        })
        // the head of the answer commits the call to it
        .retries_after(Phase::Body, 0)
        .retries_after(Phase::Content, 0);
    // a broken connection is UNAVAILABLE
    if unavailable { policy } else { policy.retries_after(Phase::Read, 0) }
}

fn attempts(table: &mut Table) -> Result<u32, SettingsError> {
    let attempts = json_number(table, "maxAttempts", |tree| match tree {
        Tree::Whole(number) if *number > 1 => {
            Ok(u32::try_from(*number).unwrap_or(u32::MAX).min(MOST_ATTEMPTS))
        }
        // JSON does not tell 4.0 from 4
        Tree::Number(number) if *number > 1.0 && number.fract() == 0.0 => {
            Ok((*number as u32).min(MOST_ATTEMPTS))
        }
        other => Err(Misfit::new("a whole number of more than 1", other)),
    })?;
    required("maxAttempts", attempts)
}

fn codes(table: &mut Table, key: &'static str) -> Result<Option<Vec<u8>>, SettingsError> {
    table.value(key, |tree| match tree {
        Tree::List(list) => list.iter().map(grpc_code::read).collect(),
        other => Err(Misfit::new("a list of statuses, such as [\"UNAVAILABLE\"]", other)),
    })
}

/// A number is none as a text: this is JSON, not the environment.
pub(super) fn json_number<T>(
    table: &mut Table,
    key: &'static str,
    read: impl FnOnce(&Tree) -> Result<T, Misfit>,
) -> Result<Option<T>, SettingsError> {
    table.value(key, |tree| match tree {
        Tree::Text(_) => read(&Tree::Nothing).map_err(|misfit| misfit.found(tree)),
        tree => read(tree),
    })
}

pub(super) fn required<T>(key: &str, value: Option<T>) -> Result<T, SettingsError> {
    value.ok_or_else(|| SettingsError::new(key, "this key is required"))
}

use super::{
    super::{
        SettingsError,
        table::Table,
        tree::Tree,
        values::{number, whole},
    },
    policy::{json_number, required},
};
use crate::budget::ThrottleBudget;

/// `retryThrottling`. Tokens for a success have three decimals; what is behind them is ignored, as A6 says.
pub(super) fn throttling(tree: Tree) -> Result<ThrottleBudget, SettingsError> {
    let mut table = Table::new(tree)?;
    let tokens = required("maxTokens", json_number(&mut table, "maxTokens", whole(1..=1000))?)?;
    let ratio = number("a number of 0.001 or more", |ratio| ratio >= 0.001);
    let ratio = required("tokenRatio", json_number(&mut table, "tokenRatio", ratio)?)?;
    Ok(ThrottleBudget::new().max_tokens(tokens).token_ratio(ratio))
}

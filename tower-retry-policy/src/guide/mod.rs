//! A guide: how to put a stack together, and what to set for which kind of call.
//!
//! - [`order`]: which layer stands where, why, and what a wrong order does
//! - [`timeouts`]: which limits there are, and how long they should be
//! - [`checks`]: what to check of which kind of answer
//! - [`recipes`]: whole stacks for a bad mobile network, a call within a data centre, a download, a large one (to a
//!   file, into a parser, with reqwest), a payment, a token that ends
//! - [`sharing`]: how a stack is stored, shared and boxed
//! - [`reqwest`]: coming from reqwest or reqwest-middleware
//! - [`circuit_breaker`]: what is here instead of one, and where one stands
//! - [`configuration`]: policies and limits from files and the environment (feature `serde`)
//! - [`server_side`]: which layers help within an axum router, and which do not
//! - [`mistakes`]: the usual errors of the compiler, by their text, and the usual surprises
//!
//! Programs that use the stack, with what they print, are in the repository under `examples/programs/`.

#[doc(alias = "bulkhead")]
#[doc = include_str!("order.md")]
pub mod order {}

#[doc = include_str!("timeouts.md")]
pub mod timeouts {}

#[doc = include_str!("checks.md")]
pub mod checks {}

#[doc = include_str!("recipes.md")]
pub mod recipes {}

#[cfg_attr(all(feature = "serde", feature = "content-check"), doc = include_str!("configuration.md"))]
#[cfg_attr(
    not(all(feature = "serde", feature = "content-check")),
    doc = "This page is there with the features `serde` and `content-check`."
)]
pub mod configuration {}

#[doc = include_str!("mistakes.md")]
pub mod mistakes {}

#[doc = include_str!("server_side.md")]
pub mod server_side {}

#[doc = include_str!("sharing.md")]
pub mod sharing {}

#[cfg(feature = "reqwest")]
#[doc = include_str!("reqwest.md")]
pub mod reqwest {}

#[doc(alias = "breaker")]
#[doc(alias = "bulkhead")]
#[doc = include_str!("circuit_breaker.md")]
pub mod circuit_breaker {}

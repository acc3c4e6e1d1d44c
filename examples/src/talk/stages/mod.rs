//! The stages of the talk: each is one function in a file of its own, which shows its whole stack.
//!
//! A stage is one line below and one file.

pub mod backoff;
pub mod content_aware;
pub mod fixed_retry;
pub mod flat;
pub mod hedged;
pub mod ideal;
pub(crate) mod limits;
pub mod naive;
pub mod network_off;
pub mod own_retry;
pub mod recommended;
pub mod retry;
pub mod timeout;

use crate::sim::{client::Client, network::GilbertElliott, requests::Json};
use http::Uri;
use std::{fmt, future::Future, pin::Pin, time::Duration};
use tower::BoxError;

/// A call in progress.
pub type Call = Pin<Box<dyn Future<Output = Result<Json, BoxError>> + Send>>;

/// One stage of the experiment.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Stage {
    /// The name on the command line and of the stage's files.
    pub name: &'static str,
    /// How many of 100 calls succeeded in the talk, if it showed this stage.
    pub talk_ok: Option<u32>,
    /// On which network the stage runs.
    pub loss: StageLoss,
    /// When the stage is cut off, if calls may hang for ever: calls not done by then count as unfinished.
    pub horizon: Option<Duration>,
    /// Whether the server lies now and then.
    pub lies: bool,
    /// The stage's function.
    pub run: fn(Client, Uri) -> Call,
}

/// On which network a stage runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StageLoss {
    /// No packet is lost.
    None,
    /// The loss of the run.
    Given,
    /// Every packet is lost.
    Total,
}

/// All stages, in the talk's order.
pub const STAGES: &[Stage] = &[
    Stage {
        talk_ok: Some(100),
        loss: StageLoss::None,
        ..stage("ideal", |client, uri| Box::pin(ideal::get_json(client, uri)))
    },
    Stage {
        talk_ok: Some(45),
        horizon: Some(Duration::from_secs(600)),
        ..stage("naive", |client, uri| Box::pin(naive::get_json(client, uri)))
    },
    Stage { talk_ok: Some(74), ..stage("timeout", |client, uri| Box::pin(timeout::get_json(client, uri))) },
    Stage { talk_ok: Some(86), ..stage("retry", |client, uri| Box::pin(retry::get_json(client, uri))) },
    Stage {
        talk_ok: Some(0),
        loss: StageLoss::Total,
        ..stage("network-off", |client, uri| Box::pin(network_off::get_json(client, uri)))
    },
    Stage {
        talk_ok: Some(0),
        loss: StageLoss::Total,
        ..stage("fixed-retry", |client, uri| Box::pin(fixed_retry::get_json(client, uri)))
    },
    Stage { talk_ok: Some(86), ..stage("backoff", |client, uri| Box::pin(backoff::get_json(client, uri))) },
    Stage {
        talk_ok: Some(99),
        lies: true,
        ..stage("own-retry", |client, uri| Box::pin(own_retry::get_json(client, uri)))
    },
    Stage {
        talk_ok: Some(100),
        lies: true,
        ..stage("content-aware", |client, uri| Box::pin(content_aware::get_json(client, uri)))
    },
    Stage { lies: true, ..stage("flat", |client, uri| Box::pin(flat::get_json(client, uri))) },
    Stage { lies: true, ..stage("recommended", |client, uri| Box::pin(recommended::get_json(client, uri))) },
    Stage { lies: true, ..stage("hedged", |client, uri| Box::pin(hedged::get_json(client, uri))) },
];

/// The stage of this name.
///
/// # Errors
/// The names that there are.
pub(crate) fn stage_named(name: &str) -> Result<&'static Stage, String> {
    STAGES.iter().find(|stage| stage.name == name).ok_or_else(|| {
        let names: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
        format!("the stages are {}", names.join(", "))
    })
}

const fn stage(name: &'static str, run: fn(Client, Uri) -> Call) -> Stage {
    Stage { name, talk_ok: None, loss: StageLoss::Given, horizon: None, lies: false, run }
}

impl StageLoss {
    /// The loss of the stage in a run with this loss.
    #[must_use]
    pub fn of(self, given: GilbertElliott) -> Option<GilbertElliott> {
        match self {
            Self::None => None,
            Self::Given => Some(given),
            Self::Total => Some(GilbertElliott::OFF),
        }
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("name", &self.name).finish_non_exhaustive()
    }
}

//! The network against recorded figures: plain loops, written without this project's layers, over many seeds.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test target, with helpers outside of its tests")]

use http::Uri;
use network_lab::{
    sim::{
        client::Client,
        network::Preset,
        requests::{Json, get, json, raise_for_status},
        seeds::over_seeds,
        world::{Settings, World},
    },
    talk::{
        sampler::{Sampled, Sampler},
        stages::Call,
    },
};
use std::{future::Future, ops::RangeInclusive, time::Duration};
use tokio::time::sleep;
use tower::{BoxError, ServiceExt};

const TIMEOUT: Duration = Duration::from_secs(60);

fn limited(client: Client) -> Client {
    client.with_connect_timeout(TIMEOUT).with_read_timeout(TIMEOUT)
}

/// urllib3's wait before the retry after so many errors in a row, for a factor of 25 s.
fn urllib3_wait(errors: u32) -> Duration {
    match errors {
        0 | 1 => Duration::ZERO,
        errors => Duration::from_secs((25 * 2_u64.pow(errors - 1)).min(120)),
    }
}

async fn naive(client: Client, uri: Uri) -> Result<Json, BoxError> {
    json(raise_for_status(client.oneshot(get(uri)).await?)?).await
}

async fn timeout(client: Client, uri: Uri) -> Result<Json, BoxError> {
    naive(limited(client), uri).await
}

/// Retries until the head has come; `budget` retries at most, which it uses up.
async fn head_with(
    client: &Client,
    uri: &Uri,
    budget: &mut u32,
    errors: &mut u32,
    backoff: bool,
    retryable: fn(&BoxError) -> bool,
) -> Result<http::Response<hyper::body::Incoming>, BoxError> {
    loop {
        match client.clone().oneshot(get(uri.clone())).await {
            Ok(response) => return Ok(response),
            Err(error) if *budget == 0 || !retryable(&error) => return Err(error),
            Err(_) => {
                *budget -= 1;
                *errors += 1;
                if backoff {
                    sleep(urllib3_wait(*errors)).await;
                }
            }
        }
    }
}

async fn to_head(
    client: Client,
    uri: Uri,
    backoff: bool,
    retryable: fn(&BoxError) -> bool,
) -> Result<Json, BoxError> {
    let client = limited(client);
    let response = head_with(&client, &uri, &mut 3, &mut 0, backoff, retryable).await?;
    json(response).await
}

fn is_connect(error: &BoxError) -> bool {
    error
        .downcast_ref::<hyper_util::client::legacy::Error>()
        .is_some_and(hyper_util::client::legacy::Error::is_connect)
}

async fn flat(client: Client, uri: Uri) -> Result<Json, BoxError> {
    let client = limited(client);
    let mut left = 3;
    loop {
        match naive(client.clone(), uri.clone()).await {
            Err(_) if left > 0 => left -= 1,
            result => return result,
        }
    }
}

async fn nested(client: Client, uri: Uri) -> Result<Json, BoxError> {
    let client = limited(client);
    let (mut left, mut errors) = (3_u32, 0_u32);
    loop {
        let (mut inner_left, mut inner_errors) = (left, errors);
        let attempt = async {
            let response =
                head_with(&client, &uri, &mut inner_left, &mut inner_errors, true, |_| true).await?;
            json(response).await
        };
        match attempt.await {
            Err(_) if left > 0 => {
                left -= 1;
                errors += 1;
            }
            result => return result,
        }
    }
}

fn boxed<F: Future<Output = Result<Json, BoxError>> + Send + 'static>(future: F) -> Call {
    Box::pin(future)
}

/// A stage of the talk: its function, its horizon in seconds, and the range of its mean with the probe.
struct Emulated {
    name: &'static str,
    run: fn(Client, Uri) -> Call,
    horizon: Option<u64>,
    range: RangeInclusive<f64>,
}

const EMULATED: &[Emulated] = &[
    Emulated { name: "naive", run: |c, uri| boxed(naive(c, uri)), horizon: Some(600), range: 35.0..=58.0 },
    Emulated { name: "timeout", run: |c, uri| boxed(timeout(c, uri)), horizon: None, range: 76.0..=84.0 },
    Emulated {
        name: "connect",
        run: |c, uri| boxed(to_head(c, uri, false, is_connect)),
        horizon: None,
        range: 76.0..=88.0,
    },
    Emulated {
        name: "retry",
        run: |c, uri| boxed(to_head(c, uri, false, |_| true)),
        horizon: None,
        range: 82.0..=89.0,
    },
    Emulated {
        name: "backoff",
        run: |c, uri| boxed(to_head(c, uri, true, |_| true)),
        horizon: None,
        range: 82.0..=89.0,
    },
    Emulated { name: "flat", run: |c, uri| boxed(flat(c, uri)), horizon: None, range: 99.2..=100.0 },
    Emulated { name: "nested", run: |c, uri| boxed(nested(c, uri)), horizon: None, range: 99.7..=100.0 },
];

fn sample(seed: u64, preset: Preset, stage: &Emulated) -> Sampled {
    let mut settings = Settings::new(seed);
    settings.knobs = preset.knobs();
    let mut sampler = Sampler::new();
    if let Some(seconds) = stage.horizon {
        sampler.horizon = Duration::from_secs(seconds);
    }
    World::run(settings, |world| sampler.sample(world, stage.run)).unwrap()
}

fn runs(seeds: u64, preset: Preset, stage: &Emulated) -> Vec<Sampled> {
    over_seeds(1, seeds, 2, |seed| sample(seed, preset, stage), || ())
}

fn mean(runs: &[Sampled], of: impl Fn(&Sampled) -> f64) -> f64 {
    runs.iter().map(of).sum::<f64>() / runs.len() as f64
}

#[test]
fn every_loop_of_the_talk_comes_out_in_its_range() {
    for stage in EMULATED {
        let mean = mean(&runs(30, Preset::Talk, stage), |run| run.ok() as f64);
        assert!(stage.range.contains(&mean), "{}: {mean}", stage.name);
    }
}

#[test]
fn without_the_probe_the_early_loops_do_worse() {
    for stage in EMULATED.iter().filter(|stage| ["naive", "timeout", "retry"].contains(&stage.name)) {
        let [with, without] = [Preset::Talk, Preset::NoProbe]
            .map(|preset| mean(&runs(12, preset, stage), |run| run.ok() as f64));
        assert!(without < with - 2.0, "{}: {with} with the probe, {without} without", stage.name);
    }
}

#[test]
fn the_same_seed_gives_the_same_calls() {
    for stage in EMULATED {
        assert_eq!(sample(7, Preset::Talk, stage), sample(7, Preset::Talk, stage), "{}", stage.name);
    }
    assert_ne!(sample(7, Preset::Talk, &EMULATED[1]), sample(8, Preset::Talk, &EMULATED[1]));
}

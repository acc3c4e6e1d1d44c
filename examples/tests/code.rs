//! The code that `talk tune` prints: it compiles, and does what the simulated policy does.
//!
//! The files in `code/` are what is printed, and are compiled as part of this test. To write them anew:
//! `TRANSCRIPTS=overwrite cargo test -p network-lab --test code`.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic, and compiles what users copy"
)]

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_util::{client::legacy, rt::TokioExecutor};
use network_lab::{
    sim::{
        client::Client,
        requests::{get, json, raise_for_status},
        world::World,
    },
    talk::{
        sampler::{NO_HORIZON, Sampler},
        stages::Call,
    },
    what_if::{Policy, Settings, code, configuration, runs, setting::Setting},
};
use std::{env, fs, net::TcpListener, path::Path, process::Command};
use tower::ServiceExt;
use tower_retry_policy::{RetryLayer, settings::StandardSettings};

/// A policy: its name, the settings that differ from the defaults, and whether chance has a part in it.
struct Case {
    name: &'static str,
    set: &'static [(&'static str, &'static str)],
    chance: bool,
    printed: &'static str,
    call: fn(Client, Uri) -> Call,
}

/// The code of a file in a module, and a call with it.
macro_rules! case {
    ($name:ident, $chance:expr, $set:expr) => {{
        mod $name {
            include!(concat!("code/", stringify!($name), ".rs"));
        }
        Case {
            name: stringify!($name),
            set: &$set,
            chance: $chance,
            printed: include_str!(concat!("code/", stringify!($name), ".rs")),
            call: |client, uri| {
                Box::pin(async move {
                    let response = $name::stack(client).oneshot(get(uri)).await?;
                    json(raise_for_status(response)?).await
                })
            },
        }
    }};
}

fn cases() -> Vec<Case> {
    vec![
        case!(recommended, true, [("attempts", "20")]),
        case!(
            bare,
            false,
            [
                ("attempts", "1"),
                ("head", "off"),
                ("idle", "off"),
                ("backoff", "none"),
                ("jitter", "none"),
                ("cap", "off"),
                ("check", "off")
            ]
        ),
        case!(
            every_limit,
            false,
            [
                ("attempts", "5"),
                ("head", "5s"),
                ("idle", "10s"),
                ("total", "30s"),
                ("deadline", "90s"),
                ("backoff", "linear"),
                ("first", "1.5ms"),
                ("jitter", "none"),
                ("check", "length")
            ]
        ),
        case!(
            deadline_only,
            false,
            [
                ("attempts", "4"),
                ("head", "off"),
                ("idle", "off"),
                ("deadline", "70s"),
                ("backoff", "none"),
                ("cap", "off"),
                ("jitter", "none")
            ]
        ),
        case!(
            hedged,
            false,
            [
                ("head", "60s"),
                ("idle", "60s"),
                ("backoff", "none"),
                ("jitter", "none"),
                ("hedge", "10s"),
                ("at-once", "3")
            ]
        ),
        case!(
            hedged_within_a_deadline,
            true,
            [("head", "5s"), ("deadline", "90s"), ("check", "length"), ("hedge", "1720ms")]
        ),
        case!(by_three, false, [("attempts", "6"), ("factor", "3"), ("cap", "30s"), ("jitter", "none")]),
        case!(
            as_the_talk,
            false,
            [
                ("attempts", "4"),
                ("head", "60s"),
                ("idle", "60s"),
                ("backoff", "urllib3"),
                ("first", "25s"),
                ("cap", "off"),
                ("jitter", "none"),
                ("check", "off")
            ]
        ),
        case!(constant_and_equal, true, [("backoff", "constant"), ("first", "200ms"), ("jitter", "equal")]),
        case!(decorrelated, true, [("jitter", "decorrelated")]),
        case!(a_fifth, true, [("jitter", "20%")]),
        case!(added, true, [("jitter", "250us")]),
        case!(
            with_the_budget,
            false,
            [("head", "5s"), ("attempts", "3"), ("backoff", "none"), ("jitter", "none"), ("budget", "on")]
        ),
        // By itself, a call's stack has no other requests to have a share of.
        case!(with_a_share, false, [("attempts", "1"), ("jitter", "none"), ("budget", "15%")]),
    ]
}

fn settings(case: &Case) -> Settings {
    let mut settings = Settings::default();
    (settings.load.requests, settings.load.seed, settings.load.seeds) = (30, 5, 1);
    for (name, value) in case.set {
        Setting::named(name).unwrap().set(&mut settings, value).unwrap();
    }
    settings
}

#[test]
fn what_is_printed_is_what_is_compiled_here() {
    for case in cases() {
        let printed = code(&settings(&case).policy, &["A stack for a test.".to_owned()]);
        if env::var_os("TRANSCRIPTS").is_some_and(|what| what == "overwrite") {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/code/{}.rs", case.name));
            fs::write(path, &printed).unwrap();
        } else {
            assert_eq!(printed, case.printed, "{}: see the top of this file", case.name);
        }
    }
}

#[test]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn what_is_printed_is_formatted_as_rustfmt_does_it() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/code");
    let files = cases().into_iter().map(|case| directory.join(format!("{}.rs", case.name)));
    // With its defaults, and not with this project's settings.
    let config = "max_width=100,use_small_heuristics=Default";
    match Command::new("rustfmt")
        .args(["--check", "--edition", "2024", "--config", config])
        .args(files)
        .output()
    {
        Err(error) => eprintln!("skipped: rustfmt cannot be run: {error}"),
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
    }
}

/// What `tune` prints as TOML beside the code: read back, it makes the same layers.
#[test]
fn the_settings_of_the_library_make_the_same_policy() {
    for case in cases() {
        let policy = settings(&case).policy;
        let printed = configuration(&policy).to_toml();
        let read: StandardSettings = toml::from_str(&printed).expect(&printed);
        assert_eq!(read, configuration(&policy), "{printed}");
        let retry = RetryLayer::new(read.policy().unwrap());
        let retry = match read.hedge().unwrap() {
            Some(hedge) => retry.hedge(hedge),
            None => retry,
        };
        // the text of a policy has all of its settings
        let simulated = policy.retry(1, policy.budget());
        assert_eq!(format!("{retry:?}"), format!("{simulated:?}"), "{}: {printed}", case.name);
        assert_eq!(read.timeouts().unwrap(), policy.limits().timeouts(), "{}: {printed}", case.name);
        assert_eq!(read.deadline().unwrap(), policy.deadline, "{}: {printed}", case.name);
    }
}

#[test]
fn the_printed_stack_does_what_the_simulated_policy_does() {
    for case in cases() {
        let settings = settings(&case);
        let simulated = runs(&settings, 1, || ()).unwrap().remove(0);
        let mut sampler = Sampler::new();
        (sampler.requests, sampler.workers, sampler.horizon) = (30, 10, NO_HORIZON);
        let call = case.call;
        let printed = World::run(settings.network.world(5), |world| sampler.sample(world, call)).unwrap();
        if case.chance {
            let ok = printed.ok();
            assert!(ok.abs_diff(simulated.ok()) <= 2, "{}: {ok} and {}", case.name, simulated.ok());
        } else {
            assert_eq!(printed.samples, simulated.calls, "{}", case.name);
            assert_eq!((printed.unfinished, printed.attempts), (simulated.unfinished, simulated.requests));
        }
    }
}

/// The stack without any layer that boxes the client's error, and one with all layers.
#[tokio::test]
async fn a_printed_stack_takes_a_client_of_hyper_util_and_can_be_spawned() {
    mod bare {
        include!("code/bare.rs");
    }
    mod every_limit {
        include!("code/every_limit.rs");
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri: Uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let refused = tokio::spawn(bare::stack(client.clone()).oneshot(get(uri.clone()))).await.unwrap();
    assert!(refused.is_err());
    let refused = tokio::spawn(every_limit::stack(client).oneshot(get(uri))).await.unwrap();
    assert!(refused.is_err());
}

#[test]
fn the_cases_differ_in_every_setting_of_a_policy() {
    let policies: Vec<Policy> = cases().iter().map(|case| settings(case).policy).collect();
    let differ = |of: fn(&Policy) -> String| {
        let values: std::collections::BTreeSet<String> = policies.iter().map(of).collect();
        values.len() > 1
    };
    for (name, of) in [
        ("attempts", (|policy| policy.attempts.to_string()) as fn(&Policy) -> String),
        ("head", |policy| format!("{:?}", policy.head)),
        ("idle", |policy| format!("{:?}", policy.idle)),
        ("total", |policy| format!("{:?}", policy.total)),
        ("deadline", |policy| format!("{:?}", policy.deadline)),
        ("growth", |policy| format!("{:?}", policy.growth)),
        ("first", |policy| format!("{:?}", policy.first)),
        ("factor", |policy| policy.factor.to_string()),
        ("cap", |policy| format!("{:?}", policy.cap)),
        ("jitter", |policy| format!("{:?}", policy.jitter)),
        ("check", |policy| format!("{:?}", policy.check)),
        ("hedge", |policy| format!("{:?}", policy.hedge)),
        ("at-once", |policy| policy.at_once.to_string()),
        ("budget", |policy| format!("{:?}", policy.budget)),
    ] {
        assert!(differ(of), "{name}");
    }
}

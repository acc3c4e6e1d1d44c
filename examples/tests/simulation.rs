//! Somebody's own client on the simulated network: what `sim::Simulation` promises.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs, reason = "a test may panic")]

use axum::{Router, routing::get};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, Uri, Version, header::DATE};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use network_lab::sim::{Connector, GilbertElliott, Lossy, Network, Preset, Run, Simulation};
use std::{
    convert::Infallible, env, future::pending, io::ErrorKind, panic::catch_unwind, process::Command,
    time::Duration,
};
use tokio::time::Instant;
use tower::{BoxError, Service};

/// Every fifth packet is lost.
fn fifth() -> GilbertElliott {
    GilbertElliott::independent(0.2)
}

fn client(connector: Connector) -> Client<Connector, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .build(connector)
}

async fn fetch(network: &Network, uri: &'static str) -> Result<(HeaderMap, Bytes), BoxError> {
    let response = client(network.connector()).get(Uri::from_static(uri)).await?;
    let (head, body) = response.into_parts();
    Ok((head.headers, body.collect().await?.to_bytes()))
}

async fn connect(network: &Network, uri: &'static str) -> Result<Duration, ErrorKind> {
    let start = Instant::now();
    let stream = network.connector().call(Uri::from_static(uri)).await;
    stream.map(|_| start.elapsed()).map_err(|error| error.kind())
}

fn pages() -> Router {
    let large = get(|| async { "x".repeat(100_000) });
    Router::new().route("/", get(|| async { "hello" })).route("/large", large)
}

/// When each of ten calls ended.
fn ten_calls(simulation: Simulation) -> Run<Vec<Duration>> {
    let run = simulation.run(async |network| {
        network.serve(80, pages());
        let (start, mut ends) = (Instant::now(), Vec::new());
        for _ in 0..10 {
            assert_eq!(fetch(&network, "http://server/large").await.unwrap().1.len(), 100_000);
            ends.push(start.elapsed());
        }
        ends
    });
    run.unwrap()
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_one_another() {
    let lossy = |seed| Simulation::new(seed).loss(fifth()).delay(Duration::from_millis(7));
    let runs: Vec<_> = [1, 2, 1].map(|seed| ten_calls(lossy(seed))).into();
    assert_eq!(runs[0], runs[2]);
    assert_ne!(runs[0].output, runs[1].output);
}

/// Runs this program once more.
#[test]
fn the_same_seed_gives_the_same_run_in_another_process() {
    let told = |run: Run<_>| format!("a run: {run} {:?}", run.output);
    let line = told(ten_calls(Simulation::new(5).loss(fifth())));
    if env::var_os("SECOND_PROCESS").is_some() {
        println!("{line}");
        return;
    }
    let mut second = Command::new(env::current_exe().unwrap());
    let test = "the_same_seed_gives_the_same_run_in_another_process";
    second.args(["--exact", test, "--nocapture"]).env("SECOND_PROCESS", "1");
    let printed = String::from_utf8(second.output().unwrap().stdout).unwrap();
    assert!(printed.contains(&line), "{line}\n{printed}");
}

#[test]
fn a_call_takes_two_round_trips_of_the_delay() {
    for (delay, millis) in [(0, 0), (1, 1), (1_000, 1), (1_500, 2), (40_000, 40), (300_000, 300)] {
        let simulation = Simulation::new(1).delay(Duration::from_micros(delay));
        let run = simulation.run(async |network| {
            network.serve(80, pages());
            fetch(&network, "http://server/").await.unwrap().1
        });
        let run = run.unwrap();
        assert_eq!((&run.output[..], run.took), (&b"hello"[..], Duration::from_millis(4 * millis)));
    }
}

#[test]
fn lost_packets_are_counted_where_they_were_lost() {
    for (lossy, client, server) in
        [(Lossy::Server, 0.0, 0.2), (Lossy::Client, 0.2, 0.0), (Lossy::Both, 0.2, 0.2)]
    {
        let traffic = ten_calls(Simulation::new(3).loss(fifth()).lossy(lossy)).traffic;
        for (sent, share) in [(traffic.client, client), (traffic.server, server)] {
            assert!(sent.packets > 200 && sent.bytes > 40 * sent.packets, "{traffic}");
            let lost = sent.lost as f64 / sent.packets as f64;
            // The packets of a burst are lost together.
            assert!((lost - share).abs() < 0.1 && (lost > 0.0) == (share > 0.0), "{lossy:?}: {traffic}");
        }
        assert_eq!(traffic.lost(), traffic.client.lost + traffic.server.lost);
        assert_eq!(traffic.connections, 10);
    }
    let traffic = ten_calls(Simulation::new(3)).traffic;
    assert_eq!((traffic.lost(), traffic.connections), (0, 10));
}

#[test]
fn traffic_adds_up() {
    let runs = [1, 2].map(|seed| ten_calls(Simulation::new(seed).loss(fifth())).traffic);
    let sum: network_lab::sim::Traffic = runs.into_iter().sum();
    assert_eq!(sum.lost(), runs[0].lost() + runs[1].lost());
    assert_eq!(sum.connections, 20);
    assert_eq!(sum.server.bytes, runs[0].server.bytes + runs[1].server.bytes);
    assert_eq!(sum.client.packets, runs[0].client.packets + runs[1].client.packets);
}

#[test]
fn both_hosts_lose_packets_by_default_and_only_the_server_in_the_talk() {
    let traffic = ten_calls(Simulation::new(1).loss(fifth())).traffic;
    assert!(traffic.client.lost > 0 && traffic.server.lost > 0, "{traffic}");
    // The chain of the talk loses 71 % of the packets: too many for ten calls that nobody repeats.
    let run = Simulation::talk(1).run(async |network| {
        network.serve(80, pages());
        let call = tokio::time::timeout(Duration::from_secs(60), fetch(&network, "http://server/"));
        let _ = call.await;
    });
    let traffic = run.unwrap().traffic;
    assert!(traffic.client.lost == 0 && traffic.server.lost > 0, "{traffic}");
}

#[test]
fn what_never_ends_is_an_error_at_the_horizon() {
    let error = Simulation::new(1).run(async |_| pending::<()>().await).unwrap_err();
    assert!(error.is_unfinished());
    assert_eq!(error.to_string(), "the simulation had not ended after 86400 s of virtual time");
    let limit = Duration::from_secs(5);
    let sent = Simulation::new(1).delay(Duration::MAX).horizon(Duration::MAX).run(async |network| {
        network.serve(80, pages());
        connect(&network, "http://server/").await
    });
    assert_eq!(sent.unwrap().output, Err(ErrorKind::TimedOut), "TCP gives up earlier");
    let slow = |time| Simulation::new(1).horizon(limit).run(async move |_| tokio::time::sleep(time).await);
    assert!(slow(limit * 2).unwrap_err().is_unfinished());
    assert_eq!(slow(limit / 2).unwrap().took, limit / 2);
}

#[test]
fn a_client_that_waits_for_ever_does_not_keep_the_test_waiting() {
    let deaf = GilbertElliott::new(1.0, 0.0);
    let simulation = Simulation::new(1).loss(deaf).lossy(Lossy::Server).knobs(Preset::NoProbe.knobs());
    let run = simulation.run(async |network| {
        let mut listener = network.listen(80);
        let accepted = tokio::spawn(async move { listener.accept().await });
        let stream = network.connector().call(Uri::from_static("http://server/")).await.unwrap();
        let _open = accepted.await;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(Request::new(Empty::<Bytes>::new())).await.is_ok()
    });
    assert!(run.unwrap_err().is_unfinished());
}

#[test]
#[should_panic(expected = "an assertion in the server")]
fn a_panic_of_the_service_fails_the_test() {
    let _ = Simulation::new(1).run(async |network| {
        let page = get(|| async {
            assert_eq!(1, 2, "an assertion in the server");
            "never"
        });
        network.serve(80, Router::new().route("/", page));
        // The client sees a broken connection, and forgives it.
        assert!(fetch(&network, "http://server/").await.is_err());
    });
}

#[test]
#[should_panic(expected = "an assertion in the server")]
fn a_panic_of_the_service_counts_more_than_the_horizon() {
    let _ = Simulation::new(1).run(async |network| {
        let service = tower::service_fn(|request: Request<Incoming>| async move {
            assert_eq!(request.uri().path(), "/other", "an assertion in the server");
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        });
        network.serve(80, service);
        let _ = fetch(&network, "http://server/").await;
        pending::<()>().await;
    });
}

#[test]
#[should_panic(expected = "listens already")]
fn the_server_listens_once() {
    let _ = Simulation::new(1).run(async |network| {
        network.serve(80, pages());
        network.serve(81, pages());
    });
}

#[test]
fn names_lead_to_the_server_and_addresses_where_they_say() {
    let run = Simulation::new(1).delay(Duration::from_millis(10)).run(async |network| {
        network.serve(443, pages());
        let round_trip = Duration::from_millis(20);
        for (uri, expected) in [
            ("https://api.example/v1", Ok(round_trip)),
            ("http://api.example:443/", Ok(round_trip)),
            ("https://10.0.0.2/", Ok(round_trip)),
            ("http://api.example/", Err(ErrorKind::ConnectionRefused)),
            ("https://api.example:80/", Err(ErrorKind::ConnectionRefused)),
            ("https://10.0.0.3/", Err(ErrorKind::TimedOut)),
            ("https://192.0.2.1/", Err(ErrorKind::TimedOut)),
            ("https://[::1]/", Err(ErrorKind::InvalidInput)),
            ("http://api.example:99999/", Err(ErrorKind::InvalidInput)),
            ("http://api.example:0/", Err(ErrorKind::InvalidInput)),
            ("/path", Err(ErrorKind::InvalidInput)),
        ] {
            assert_eq!(connect(&network, uri).await, expected, "{uri}");
        }
        network.traffic().connections
    });
    assert_eq!(run.unwrap().output, 7, "what cannot be tried is no attempt");
}

#[test]
fn a_network_that_loses_everything_is_off() {
    let run = Simulation::new(1).loss(GilbertElliott::independent(1.0)).run(async |network| {
        network.serve(80, pages());
        connect(&network, "http://server/").await
    });
    let run = run.unwrap();
    assert_eq!(run.output, Err(ErrorKind::HostUnreachable));
    assert_eq!(run.traffic.connections, 1);
}

#[test]
fn answers_carry_no_wall_clock() {
    let run = Simulation::new(1).run(async |network| {
        network.serve(80, pages());
        fetch(&network, "http://server/").await.unwrap().0
    });
    let headers = run.unwrap().output;
    assert!(!headers.contains_key(DATE), "{headers:?}");
}

#[test]
fn http2_runs_over_the_listener() {
    let run = Simulation::new(4).loss(fifth()).run(async |network| {
        let mut listener = network.listen(80);
        tokio::spawn(async move {
            while let Ok(stream) = listener.accept().await {
                let service = service_fn(|request: Request<Incoming>| async move {
                    assert_eq!(request.version(), Version::HTTP_2);
                    Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("x".repeat(50_000))))
                });
                let mut http = http2::Builder::new(TokioExecutor::new());
                http.timer(TokioTimer::new()).auto_date_header(false);
                tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        });
        let client: Client<_, Full<Bytes>> =
            Client::builder(TokioExecutor::new()).http2_only(true).build(network.connector());
        let mut lengths = 0;
        for _ in 0..5 {
            let response = client.get(Uri::from_static("http://server/")).await.unwrap();
            lengths += response.into_body().collect().await.unwrap().to_bytes().len();
        }
        lengths
    });
    let run = run.unwrap();
    assert_eq!((run.output, run.traffic.connections), (250_000, 1), "{run}");
}

#[test]
fn what_the_visit_spawned_ends_with_it() {
    let (held, mut ended) = tokio::sync::oneshot::channel::<()>();
    Simulation::new(1)
        .run(async move |_| {
            tokio::spawn(async move {
                let _held = held;
                pending::<()>().await;
            });
        })
        .unwrap();
    assert!(matches!(ended.try_recv(), Err(tokio::sync::oneshot::error::TryRecvError::Closed)));
}

#[test]
fn no_probability_is_refused() {
    for no_probability in [1.1, -0.1, f64::NAN, f64::INFINITY] {
        for refused in [
            catch_unwind(|| GilbertElliott::new(no_probability, 0.5)),
            catch_unwind(|| GilbertElliott::new(0.5, no_probability)),
            catch_unwind(|| GilbertElliott::independent(no_probability)),
        ] {
            assert!(refused.is_err(), "{no_probability}");
        }
    }
    assert_eq!(GilbertElliott::new(0.5, 0.2), GilbertElliott::TALK);
}

/// The tests on the page are the ones that run.
#[test]
fn the_page_shows_the_tests_that_run() {
    let page = include_str!("../YOUR_CLIENT.md");
    for test in [include_str!("your_client.rs"), include_str!("your_loop.rs")] {
        let (_, shown) = test.split_once("reason = \"a test may panic\")]\n\n").unwrap();
        assert!(page.contains(shown), "the page shows another text than this:\n{shown}");
    }
}

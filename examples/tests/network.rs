//! The simulated network seen from its two ends.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test target, with helpers outside of its tests")]

use http::Uri;
use hyper_util::rt::TokioIo;
use network_lab::sim::network::{Connector, GilbertElliott, Knobs, Network, Preset, Stream};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, advance},
};
use tower::ServiceExt;

/// Every packet of the server is lost, but the network is there.
const DEAF: GilbertElliott = {
    let mut model = GilbertElliott::TALK;
    model.p = 1.0;
    model.r = 0.0;
    model
};

fn network(loss: Option<GilbertElliott>) -> Network {
    Network::start(1, loss, Preset::Talk.knobs())
}

fn delayed(millis: u64) -> Network {
    let mut knobs: Knobs = Preset::Talk.knobs();
    knobs.delay = Duration::from_millis(millis);
    Network::start(1, None, knobs)
}

async fn connect(connector: Connector) -> io::Result<Stream> {
    connector.oneshot(Uri::from_static("http://10.0.0.2/")).await.map(TokioIo::into_inner)
}

async fn pair(network: &Network, connector: Connector) -> (Stream, Stream) {
    let mut listener = network.listen(80);
    let client = connect(connector).await.unwrap();
    (client, listener.accept().await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn bytes_go_both_ways_in_any_amount() {
    let network = delayed(3);
    let (mut client, mut server) = pair(&network, Connector::new(network.clone())).await;
    let sent: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
    let echo = tokio::spawn(async move {
        let mut all = Vec::new();
        server.read_to_end(&mut all).await.unwrap();
        all
    });
    client.write_all(&sent).await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(echo.await.unwrap(), sent);
}

#[tokio::test(start_paused = true)]
async fn a_connection_takes_a_round_trip() {
    for millis in [0, 1, 40] {
        let network = delayed(millis);
        let _listener = network.listen(80);
        let start = Instant::now();
        connect(Connector::new(network)).await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_millis(2 * millis));
    }
}

#[tokio::test(start_paused = true)]
async fn where_nothing_listens_connections_are_refused() {
    let error = connect(Connector::new(network(None))).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test(start_paused = true)]
async fn a_switched_off_network_is_unreachable_after_three_seconds() {
    let network = network(Some(GilbertElliott::OFF));
    let _listener = network.listen(80);
    let start = Instant::now();
    let error = connect(Connector::new(network)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::HostUnreachable);
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_connection_gives_up_in_time() {
    for (own, seconds) in [(None, 127), (Some(60), 60), (Some(500), 127)] {
        let network = network(Some(DEAF));
        let _listener = network.listen(80);
        let mut connector = Connector::new(network);
        if let Some(own) = own {
            connector = connector.with_connect_timeout(Duration::from_secs(own));
        }
        let start = Instant::now();
        let error = connect(connector).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), Duration::from_secs(seconds), "own limit {own:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_read_timeout_is_re_armed_by_each_read_and_resets_the_connection() {
    let network = delayed(0);
    let connector = Connector::new(network.clone()).with_read_timeout(Duration::from_secs(10));
    let (mut client, mut server) = pair(&network, connector).await;
    let start = Instant::now();
    let talk = tokio::spawn(async move {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_secs(9)).await;
            server.write_all(b"x").await.unwrap();
        }
        server.read(&mut [0]).await
    });
    let mut all = Vec::new();
    let error = client.read_to_end(&mut all).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!((all.len(), start.elapsed()), (3, Duration::from_secs(3 * 9 + 10)));
    assert_eq!(talk.await.unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_before_the_answer_resets_and_one_that_has_it_closes() {
    for (answer, kind) in [(false, Some(io::ErrorKind::ConnectionReset)), (true, None)] {
        let network = delayed(1);
        let (mut client, mut server) = pair(&network, Connector::new(network.clone())).await;
        client.write_all(b"?").await.unwrap();
        server.read_exact(&mut [0]).await.unwrap();
        if answer {
            server.write_all(b"!").await.unwrap();
            client.read_exact(&mut [0]).await.unwrap();
        }
        client.shutdown().await.unwrap();
        drop(client);
        assert_eq!(server.read(&mut [0]).await.err().map(|error| error.kind()), kind, "answered: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_is_none() {
    let network = delayed(1);
    let (mut client, mut server) = pair(&network, Connector::new(network.clone())).await;
    client.write_all(b"?").await.unwrap();
    server.read_exact(&mut [0]).await.unwrap();
    server.write_all(b"ab").await.unwrap();
    client.read_exact(&mut [0]).await.unwrap();
    drop(client);
    assert_eq!(server.read(&mut [0]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn a_server_behind_a_dead_wire_is_given_up_in_silence() {
    // The handshake's first packet passes, then nothing more of the server's.
    let network = Network::start(1, Some(DEAF), Preset::NoProbe.knobs());
    let (mut client, mut server) = pair(&network, Connector::new(network.clone())).await;
    server.write_all(b"lost").await.unwrap();
    drop(server);
    let mut byte = [0];
    let waiting = tokio::time::timeout(Duration::from_secs(86_400), client.read(&mut byte));
    assert!(waiting.await.is_err(), "the client waits for ever");
}

/// When the server sends something, in milliseconds.
async fn server_sends(network: &Network, times: usize) -> Vec<u128> {
    let (start, mut sent, mut when) = (Instant::now(), network.bytes_sent().server, Vec::new());
    while when.len() < times {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let now = network.bytes_sent().server;
        if now > sent {
            when.push(start.elapsed().as_millis());
        }
        sent = now;
    }
    when
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_is_sent_again_when_linux_would() {
    // The handshake's first packet passes, then nothing more of the server's.
    let network = Network::start(1, Some(DEAF), Preset::NoProbe.knobs());
    let (_client, mut server) = pair(&network, Connector::new(network.clone())).await;
    let sends = tokio::spawn(async move { server_sends(&network, 6).await });
    tokio::task::yield_now().await;
    server.write_all(b"lost").await.unwrap();
    let after: Vec<_> = sends.await.unwrap().iter().map(|at| (at + 100) / 200).collect();
    assert_eq!(after, [0, 1, 2, 4, 8, 16], "in units of 0.2 s");
}

#[tokio::test(start_paused = true)]
async fn a_repeated_syn_brings_the_answer_at_once_and_sets_the_timer_anew() {
    let mut loss = DEAF;
    loss.good_loss = 0.999_999_999;
    let network = Network::start(1, Some(loss), Preset::NoProbe.knobs());
    let _listener = network.listen(80);
    let connecting = tokio::spawn(connect(Connector::new(network.clone())));
    let seconds: Vec<_> = server_sends(&network, 7).await.iter().map(|at| (at + 500) / 1_000).collect();
    // The client's SYN comes at 0, 1, 3, 7 and 15 s.
    assert_eq!(seconds, [0, 1, 2, 3, 5, 7, 11]);
    connecting.abort();
}

#[tokio::test(start_paused = true)]
async fn bytes_come_through_heavy_loss_in_both_directions() {
    for seed in 1..=5 {
        let mut knobs = Preset::Talk.knobs();
        knobs.lossy = network_lab::sim::network::Lossy::Both;
        let loss = "20,40".parse().unwrap();
        let network = Network::start(seed, Some(loss), knobs);
        let (mut client, mut server) = pair(&network, Connector::new(network.clone())).await;
        let sent: Vec<u8> = (0..100_000_u32).map(|n| (n / 7) as u8).collect();
        let echo = tokio::spawn(async move {
            let (mut reader, mut writer) = tokio::io::split(&mut server);
            tokio::io::copy(&mut reader, &mut writer).await.unwrap();
            writer.shutdown().await.unwrap();
        });
        let (mut reader, mut writer) = tokio::io::split(&mut client);
        let mut all = Vec::new();
        let (wrote, read) = tokio::join!(
            async {
                writer.write_all(&sent).await?;
                writer.shutdown().await
            },
            reader.read_to_end(&mut all)
        );
        wrote.unwrap();
        read.unwrap();
        assert!(all == sent, "seed {seed}: {} bytes", all.len());
        echo.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn many_connect_at_once_and_none_is_refused() {
    let network = network(None);
    let mut listener = network.listen(80);
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..200 {
        attempts.spawn(connect(Connector::new(network.clone())));
    }
    let streams = attempts.join_all().await;
    assert!(streams.iter().all(Result::is_ok));
    for _ in 0..200 {
        listener.accept().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_network_does_not_spin() {
    let network = network(None);
    let (_client, _server) = pair(&network, Connector::new(network.clone())).await;
    // A driver that woke itself without need would never let the clock move this far.
    advance(Duration::from_secs(86_400 * 365)).await;
}

use crate::hosts::{
    Answer::{Fails, Status},
    Hosts,
    Plan::{Held, Now},
    SECOND, endpoints, request,
};
use tokio::time::{advance, timeout};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_retry_policy::{
    Phase,
    endpoints::{Endpoints, EndpointsService},
};

/// Sends so many requests, one after the other.
async fn send(service: &EndpointsService<Hosts>, times: usize) {
    for _ in 0..times {
        // a request that is held by mistake is a failed test, not an endless one
        let _ = timeout(SECOND, service.clone().oneshot(request())).await.expect("an answer at once");
    }
}

fn ejected(endpoints: &Endpoints) -> Vec<usize> {
    let stats = endpoints.stats();
    (0..stats.len()).filter(|index| stats[*index].is_ejected()).collect()
}

#[tokio::test(start_paused = true)]
async fn five_failures_in_a_row_eject() {
    let failures = [Fails(Phase::Connect), Fails(Phase::Read), Fails(Phase::Body), Status(500), Status(503)];
    let nothing = [
        Status(200),
        Status(404),
        Status(429),
        Fails(Phase::Content),
        Fails(Phase::Unprocessed),
        Fails(Phase::Other),
    ];
    for answer in failures.into_iter().chain(nothing) {
        let counts = failures.iter().any(|failure| format!("{failure:?}") == format!("{answer:?}"));
        let (endpoints, layer) = endpoints(2);
        let hosts = Hosts::new(&[Now(answer)]);
        let service = ServiceBuilder::new().layer(layer).service(hosts.clone());
        send(&service, 100).await;
        let requests = endpoints.stats()[0].requests();
        assert_eq!(ejected(&endpoints), if counts { vec![0] } else { vec![] }, "{answer:?}");
        assert_eq!(requests == 5, counts, "{answer:?}: {requests}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_between_begins_anew_and_what_says_nothing_does_not() {
    for (between, is_ejected) in [(Status(204), false), (Status(429), true), (Fails(Phase::Content), true)] {
        let (endpoints, layer) = endpoints(2);
        let hosts = Hosts::new(&[Held, Held]);
        let mut service = ServiceBuilder::new().layer(layer).service(hosts.clone());
        // all in flight at once, so that both get as many
        let mut calls: Vec<_> = (0..20).map(|_| task::spawn(service.call(request()))).collect();
        calls.iter_mut().for_each(|call| assert_pending!(call.poll()));
        let asked = hosts.asked();
        let mut at_first = 0;
        for (call, host) in calls.iter_mut().zip(asked) {
            at_first += usize::from(host == 0);
            let answer = match (host, at_first) {
                (0, 1..=4 | 6..=7) => Status(500),
                (0, 5) => between,
                (0, _) => Status(404),
                _ => Status(200),
            };
            hosts.answer(answer);
            let _ = assert_ready!(call.poll());
            if host == 0 && at_first == 7 {
                assert_eq!(!ejected(&endpoints).is_empty(), is_ejected, "{between:?}");
            }
        }
        assert!(at_first >= 7, "{at_first}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_probe_when_its_time_has_come_and_twice_the_time_when_it_fails() {
    let (endpoints, layer) = endpoints(2);
    let hosts = Hosts::new(&[Now(Status(500))]);
    let mut service = ServiceBuilder::new().layer(layer).service(hosts.clone());
    send(&service, 100).await;
    hosts.plan(0, Held);
    hosts.asked();
    for seconds in [10, 20, 40, 80, 160, 300, 300] {
        advance(seconds * SECOND - SECOND / 1000).await;
        send(&service, 50).await;
        assert!(!hosts.asked().contains(&0), "{seconds} s");
        advance(SECOND / 1000).await;
        // until the probe is chosen
        let mut calls: Vec<_> = (0..50).map(|_| task::spawn(service.call(request()))).collect();
        calls.iter_mut().for_each(|call| drop(call.poll()));
        assert_eq!(hosts.asked().iter().filter(|host| **host == 0).count(), 1, "{seconds} s");
        hosts.answer(Status(502));
        calls.iter_mut().filter(|call| call.is_woken()).for_each(|call| drop(assert_ready!(call.poll())));
    }
    assert_eq!((endpoints.stats()[0].ejections(), ejected(&endpoints)), (8, vec![0]));

    advance(300 * SECOND).await;
    hosts.plan(0, Now(Status(404)));
    send(&service, 50).await;
    assert_eq!(ejected(&endpoints), [0_usize; 0]);
    assert!(hosts.asked().iter().filter(|host| **host == 0).count() > 5);
    // the next ejection is the first again
    hosts.plan(0, Now(Status(500)));
    send(&service, 50).await;
    advance(10 * SECOND).await;
    hosts.plan(0, Now(Status(200)));
    send(&service, 50).await;
    assert_eq!(ejected(&endpoints), [0_usize; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_was_dropped_or_says_nothing_makes_room_for_another() {
    for dropped in [true, false] {
        let (endpoints, layer) = endpoints(2);
        let hosts = Hosts::new(&[Now(Status(500))]);
        let mut service = ServiceBuilder::new().layer(layer).service(hosts.clone());
        send(&service, 100).await;
        advance(10 * SECOND).await;
        hosts.plan(0, Held);
        for _ in 0..3 {
            hosts.asked();
            let mut calls: Vec<_> = (0..50).map(|_| task::spawn(service.call(request()))).collect();
            calls.iter_mut().for_each(|call| drop(call.poll()));
            assert_eq!(hosts.asked().iter().filter(|host| **host == 0).count(), 1);
            if !dropped {
                hosts.answer(Status(429));
                calls
                    .iter_mut()
                    .filter(|call| call.is_woken())
                    .for_each(|call| drop(assert_ready!(call.poll())));
            }
            drop(calls);
            assert_eq!((ejected(&endpoints), endpoints.stats()[0].in_flight()), (vec![0], 0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn at_most_half_are_ejected_and_never_all() {
    for (count, most) in [(1, 0), (2, 1), (3, 1), (4, 2), (7, 3)] {
        let (endpoints, layer) = endpoints(count);
        let hosts = Hosts::new(&vec![Now(Fails(Phase::Connect)); count]);
        let service = ServiceBuilder::new().layer(layer).service(hosts.clone());
        for _ in 0..300 {
            send(&service, 1).await;
            assert!(ejected(&endpoints).len() <= most, "{count}");
        }
        assert_eq!(ejected(&endpoints).len(), most, "{count}");
        assert_eq!(hosts.asked().len(), 300);
    }
}

#[tokio::test(start_paused = true)]
async fn what_ended_after_the_ejection_but_began_before_it_brings_nothing_back() {
    let (endpoints, layer) = endpoints(2);
    let hosts = Hosts::new(&[Held, Held]);
    let mut service = ServiceBuilder::new().layer(layer).service(hosts.clone());
    let mut calls: Vec<_> = (0..20).map(|_| task::spawn(service.call(request()))).collect();
    calls.iter_mut().for_each(|call| assert_pending!(call.poll()));
    let mut failures = 0;
    for (call, host) in calls.iter_mut().zip(hosts.asked()) {
        failures += usize::from(host == 0);
        hosts.answer(if host == 0 && failures <= 5 { Status(500) } else { Status(200) });
        let _ = assert_ready!(call.poll());
    }
    assert!(failures > 5);
    assert_eq!(ejected(&endpoints), [0]);
}

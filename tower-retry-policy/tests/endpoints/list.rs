//! The list may change while requests run.

use crate::hosts::{
    Answer::Status,
    Hosts,
    Plan::{Held, Now},
    SECOND, address, endpoints, request,
};
use std::collections::BTreeSet;
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_retry_policy::endpoints::{EndpointStats, Endpoints};

#[tokio::test(start_paused = true)]
async fn what_is_known_stays_with_those_that_stay_and_goes_with_those_that_leave() {
    let (endpoints, layer) = endpoints(2);
    let hosts = Hosts::new(&[Now(Status(500)), Now(Status(200)), Now(Status(200))]);
    let service = ServiceBuilder::new().layer(layer).service(hosts.clone());
    let send = async |times: usize| {
        for _ in 0..times {
            service.clone().oneshot(request()).await.unwrap();
        }
        hosts.asked().into_iter().collect::<BTreeSet<_>>()
    };
    send(100).await;
    endpoints.set([2, 0, 1].map(address)).unwrap();
    assert_eq!(send(100).await, BTreeSet::from([1, 2]));
    let stats = endpoints.stats();
    let hosts_told: Vec<_> = stats.iter().map(|of| of.address().host().unwrap()).collect();
    assert_eq!(hosts_told, ["h2", "h0", "h1"]);
    assert!(stats[1].is_ejected() && stats[1].requests() == 5);

    // gone, and back as one that nobody knows
    endpoints.set([1, 2].map(address)).unwrap();
    assert_eq!(send(100).await, BTreeSet::from([1, 2]));
    endpoints.set([0, 1, 2].map(address)).unwrap();
    assert_eq!(endpoints.stats()[0].requests(), 0);
    assert!(send(100).await.contains(&0));

    // those that are left are all ejected: then it is ignored
    assert!(endpoints.stats()[0].is_ejected());
    endpoints.set([0].map(address)).unwrap();
    assert_eq!(send(10).await, BTreeSet::from([0]));
    hosts.plan(0, Now(Status(200)));
    send(1).await;
    assert!(!endpoints.stats()[0].is_ejected());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends_where_it_began_and_has_nothing_to_do_with_a_namesake() {
    let (endpoints, layer) = endpoints(1);
    let hosts = Hosts::new(&[Held]);
    let mut service = ServiceBuilder::new().layer(layer.fail_fast().eject_after(1)).service(hosts.clone());
    let mut before = task::spawn(service.call(request()));
    assert_pending!(before.poll());
    endpoints.set([1].map(address)).unwrap();
    endpoints.set([0].map(address)).unwrap();
    let mut after = task::spawn(service.call(request()));
    assert_pending!(after.poll());
    hosts.answer(Status(500));
    assert_eq!(assert_ready!(before.poll()).unwrap().status(), 500);
    let of = &endpoints.stats()[0];
    assert_eq!((of.in_flight(), of.failures(), of.is_ejected()), (1, 0, false));
    tokio::time::advance(SECOND).await;
    hosts.answer(Status(500));
    assert_eq!(assert_ready!(after.poll()).unwrap().status(), 500);
    let of = &endpoints.stats()[0];
    assert_eq!((of.in_flight(), of.failures(), of.is_ejected()), (0, 1, true));
}

#[tokio::test]
async fn a_list_that_cannot_be_used_is_refused_and_the_one_before_stays() {
    let endpoints = Endpoints::new([address(0), address(1), address(0)]).unwrap();
    assert!(endpoints.set(None).unwrap_err().is_empty());
    for wrong in ["/x", "http://me:pw@h2", "http://h2/?x"] {
        let error = endpoints.set([address(3), wrong.parse().unwrap()]).unwrap_err();
        assert!(!error.is_empty() && !error.to_string().contains("pw"), "{error}");
    }
    let stats = endpoints.stats();
    assert_eq!(stats.iter().map(EndpointStats::address).collect::<Vec<_>>(), [&address(0), &address(1)]);
}

use crate::hosts::{
    Answer::{Asks, Status},
    Hosts,
    Plan::Now,
    SECOND, endpoints, request,
};
use tokio::time::advance;
use tower::{ServiceBuilder, ServiceExt};
use tower_retry_policy::endpoints::EndpointsOutError;

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_asks_is_left_alone_until_then_and_no_longer_than_the_limit() {
    // status, its wish, the limit, for how long
    let table = [
        (429, "30", Some(60), 30),
        (503, "30", Some(60), 30),
        (429, "3600", Some(60), 60),
        (429, "30", None, 0),
        (413, "30", Some(60), 0),
        (429, "soon", Some(60), 0),
        (429, "0", Some(60), 0),
    ];
    for (status, wish, limit, seconds) in table {
        let (endpoints, layer) = endpoints(2);
        let hosts = Hosts::new(&[Now(Asks(status, wish))]);
        let layer = limit.map_or(layer.clone(), |limit| layer.hold_back(limit * SECOND)).without_ejection();
        let service = ServiceBuilder::new().layer(layer).service(hosts.clone());
        let send = async |times: usize| {
            for _ in 0..times {
                service.clone().oneshot(request()).await.unwrap();
            }
            hosts.asked().iter().filter(|host| **host == 0).count()
        };
        let first = send(100).await;
        assert_eq!(first == 1, seconds > 0, "{status} {wish}: {first}");
        assert_eq!(endpoints.stats()[0].is_held_back(), seconds > 0);
        if seconds > 0 {
            advance(seconds * SECOND - SECOND / 1000).await;
            assert_eq!(send(50).await, 0, "{status} {wish}");
            advance(SECOND / 1000).await;
            assert_eq!(send(50).await, 1, "{status} {wish}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn with_all_held_back_requests_pass_unless_the_layer_fails_fast() {
    for fail_fast in [false, true] {
        let (_, layer) = endpoints(2);
        let hosts = Hosts::new(&[Now(Asks(429, "30")), Now(Asks(429, "20"))]);
        let layer = layer.hold_back(60 * SECOND);
        let layer = if fail_fast { layer.fail_fast() } else { layer };
        let service = ServiceBuilder::new().layer(layer).service(hosts.clone());
        for _ in 0..2 {
            service.clone().oneshot(request()).await.unwrap();
        }
        let third = service.clone().oneshot(request()).await;
        let refused = third.err().map(|error| error.downcast::<EndpointsOutError>().unwrap().retry_in());
        assert_eq!(refused, fail_fast.then_some(Some(20 * SECOND)));
        hosts.plan(0, Now(Status(200)));
        hosts.plan(1, Now(Status(200)));
        advance(20 * SECOND).await;
        hosts.asked();
        assert!(service.oneshot(request()).await.is_ok());
        assert!(!fail_fast || hosts.asked() == [1]);
    }
}

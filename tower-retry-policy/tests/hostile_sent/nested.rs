//! What an inner retry gave up on was sent if any of its attempts was, however the last one ended.

use crate::{
    client::policy,
    loops::{Loop, over_our_loop},
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::{Phase, PhasedError};

#[derive(Clone, Copy, Debug)]
enum Turn {
    Ends(Phase),
    Status(u16),
}

/// How often a `POST` is sent that the inner policy may repeat and the outer one may not.
async fn sent(which: Loop, turns: &[Turn], inner_retries: u32) -> usize {
    let turns: Arc<Mutex<VecDeque<Turn>>> = Arc::new(Mutex::new(turns.iter().copied().collect()));
    let sent = Arc::new(Mutex::new(0));
    let count = Arc::clone(&sent);
    let service = service_fn(move |_: Request<Full<Bytes>>| {
        *count.lock().unwrap() += 1;
        let turn = turns.lock().unwrap().pop_front().unwrap_or(Turn::Status(200));
        async move {
            match turn {
                Turn::Ends(phase) => Err(BoxError::from(PhasedError::new(phase, "ended"))),
                Turn::Status(status) => Ok(Response::builder().status(status).body(()).unwrap()),
            }
        }
    });
    let service = ServiceBuilder::new()
        .layer(which.retry(policy().retry_exhausted_inner(true)))
        .layer(which.retry(policy().retries(inner_retries).any_method()))
        .service(service);
    let _ = service.oneshot(Request::post("http://shop/").body(Full::default()).unwrap()).await;
    *sent.lock().unwrap()
}

over_our_loop!(
    #[tokio::test]
    a_call_of_several_attempts_was_sent_if_one_of_them_was,
    attempts_that_the_history_did_not_keep_may_have_been_sent,
);

async fn a_call_of_several_attempts_was_sent_if_one_of_them_was(which: Loop) {
    use Turn::{Ends, Status};
    let table: [(&[Turn], usize); 8] = [
        (&[Ends(Phase::Connect), Ends(Phase::Connect)], 3),
        (&[Ends(Phase::Unprocessed), Ends(Phase::Connect)], 3),
        (&[Ends(Phase::Connect), Status(421)], 3),
        (&[Status(425), Ends(Phase::Connect)], 3),
        (&[Ends(Phase::Read), Ends(Phase::Connect)], 2),
        (&[Status(503), Ends(Phase::Unprocessed)], 2),
        (&[Ends(Phase::Body), Status(421)], 2),
        (&[Ends(Phase::Connect), Ends(Phase::Read)], 2),
    ];
    for (turns, expected) in table {
        assert_eq!(sent(which, turns, 1).await, expected, "{turns:?}");
    }
}

async fn attempts_that_the_history_did_not_keep_may_have_been_sent(which: Loop) {
    let turns = |sent: bool| -> Vec<Turn> {
        let phase = |attempt| if sent && attempt == 20 { Phase::Read } else { Phase::Connect };
        (0..50).map(|attempt| Turn::Ends(phase(attempt))).collect()
    };
    assert_eq!(sent(which, &turns(true), 49).await, 50);
    // nobody knows
    assert_eq!(sent(which, &turns(false), 49).await, 50);
    assert_eq!(sent(which, &turns(false), 31).await, 51, "all are kept, and the second call goes on");
}

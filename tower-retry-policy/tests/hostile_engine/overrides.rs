//! Two calls through one service, one of them with a policy of its own.

use crate::{
    ledger::{Ear, Tokens},
    oracle::{Forecast, forecast},
    play::{layer, policy, winner},
    random::{Random, seed},
    script::{Readiness, Script},
    server::{Log, Server, What},
};
use http::{Request, Response};
use std::{
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    join,
    runtime::Builder,
    time::{Instant, sleep, timeout_at},
};
use tower::{BoxError, Layer, Service, ServiceExt};
use tower_retry_policy::Deadline;

/// Plays each call by its own script.
#[derive(Clone)]
struct Two {
    servers: [Server; 2],
}

#[derive(Clone, Copy)]
struct Which(usize);

impl Service<Request<String>> for Two {
    type Response = Response<String>;
    type Error = BoxError;
    type Future = <Server as Service<Request<String>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.servers[0].poll_ready(context)
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let Which(which) = *request.extensions().get().expect("each copy has the extensions");
        self.servers[which].call(request)
    }
}

async fn play<S>(service: S, script: &Script, mut request: Request<String>, log: &Log) -> Forecast
where
    S: Service<Request<String>, Response = Response<String>, Error = BoxError>,
{
    if let Some(deadline) = script.deadline {
        request.extensions_mut().insert(Deadline::after(Duration::from_millis(deadline)));
    }
    let patience = Instant::now() + Duration::from_millis(script.patience.unwrap_or(20_000));
    let outcome = timeout_at(patience, service.oneshot(request)).await;
    let returned = log.now();
    let called: Vec<(u32, u64)> = log
        .events()
        .iter()
        .filter(|event| event.what == What::Called)
        .map(|event| (event.attempt, event.at))
        .collect();
    let began = called.iter().map(|(_, at)| *at).collect();
    Forecast {
        began,
        called,
        winner: outcome.ok().and_then(|outcome| winner(&outcome)),
        returned,
        paid: 0,
        hedges: 0,
    }
}

/// What the oracle says, without what the two calls share.
fn alone(script: &Script) -> Forecast {
    Forecast { paid: 0, hedges: 0, ..forecast(script) }
}

#[test]
fn a_call_with_its_own_policy_and_one_beside_it_go_as_if_each_were_alone() {
    let first = seed();
    for index in 0..2_000 {
        let random = &mut Random::new(first.wrapping_add(index));
        let hedged = random.one_in(2);
        let mut scripts = [Script::draw(random, hedged), Script::draw(random, hedged)];
        for script in &mut scripts {
            script.tokens = 100;
            script
                .attempts
                .iter_mut()
                .for_each(|attempt| (attempt.ready, attempt.ready_after) = (Readiness::Yes, 0));
        }
        // hedging is the layer's
        scripts[1].hedge = scripts[0].hedge;
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (seen, heard, own, own_heard) = runtime.block_on(async {
            sleep(Duration::from_millis(1)).await;
            let (tokens, ear) = (Tokens::new(100), Ear::default());
            let (own_tokens, own_ear) = (Tokens::new(0), Ear::default());
            let logs = [Log::new(), Log::new()];
            let servers =
                [0, 1].map(|which| Server::new(&scripts[which].attempts, logs[which].clone()).shared());
            let shared = policy(&scripts[0]).budget(tokens.clone()).observer(ear.clone());
            let service = layer(shared, scripts[0].hedge).layer(Two { servers });
            let requests = [0, 1].map(|which| {
                let mut request = scripts[which].request();
                request.extensions_mut().insert(Which(which));
                request
            });
            let [one, mut other] = requests;
            let own = policy(&scripts[1]).budget(own_tokens.clone()).observer(own_ear.clone());
            other.extensions_mut().insert(own);
            let (one, other) = join!(
                play(service.clone(), &scripts[0], one, &logs[0]),
                play(service.clone(), &scripts[1], other, &logs[1]),
            );
            ([one, other], ear.heard(), own_tokens.account(), own_ear.heard())
        });
        let expected = [alone(&scripts[0]), alone(&scripts[1])];
        let context = format!("HOSTILE_SEED={first}, pair {index} {scripts:?}");
        assert_eq!(seen, expected, "{context}");
        assert_eq!(heard.ends.len(), 2, "the layer's observer hears of both: {context}");
        assert_eq!((own.granted, own.refused, own.begun), (0, 0, 0), "a request brings no budget: {context}");
        assert!(own_heard.ends.is_empty() && own_heard.retrying.is_empty(), "and no observer: {context}");
    }
}

//! Many calls at once, with attempts that overlap: what must hold whatever the order.
use crate::world::{Does, Outcome, Random, Script, Sent, Tokens, World};
use http::Method;
use std::{collections::HashMap, time::Duration};
use tokio::time::timeout;
use tower::{ServiceBuilder, ServiceExt};
use tower_retry_policy::{
    Backoff, Deadline, DeadlineLayer, Idempotent, Jitter, Phase, RetryLayer, RetryPolicy, retry::Hedge,
};

/// Every attempt before the last must have been one that allows a further one of this call.
fn post_is_safe(sent: &[Sent], outcomes: &[(Outcome, u64)], knob: bool) -> bool {
    let mut unauthorized = 0;
    sent.iter().zip(outcomes).take(sent.len() - 1).all(|(sent, (outcome, _))| match outcome {
        Outcome::Status(401) => {
            unauthorized += 1;
            knob && unauthorized == 1 && sent.until.is_some()
        }
        Outcome::Fails(Phase::Connect | Phase::Unprocessed) => sent.until.is_some(),
        _ => false,
    })
}

#[tokio::test(start_paused = true)]
async fn calls_that_overlap_keep_the_rules() {
    let mut hedged = 0;
    for seed in 0..2_000 {
        let mut random = Random(seed);
        let world = World::new((0..8).map(|id| (id, random.script())).collect::<HashMap<_, _>>());
        let (knob, retries) = (random.below(4) > 0, random.below(5));
        let tokens = Tokens::new(random.below(20));
        let policy = RetryPolicy::standard()
            .retries(u32::try_from(retries).unwrap())
            .backoff(Backoff::constant(Duration::from_millis(10)).jitter(Jitter::None))
            .budget(tokens.clone())
            .retry_unauthorized(knob);
        let limit = 10 * random.below(30) + 5;
        let hook = world.clone();
        let retry = RetryLayer::new(policy)
            .hedge(Hedge::after(Duration::from_millis(10 * random.below(4) + 3)).at_once(3))
            .before_retry(move |failed, next| hook.hook(failed, next));
        let stack = ServiceBuilder::new()
            .layer(DeadlineLayer::new(Duration::from_millis(limit)))
            .layer(retry)
            .service(world.clone());
        let mut calls = Vec::new();
        for id in 0..8 {
            let method = random.of(&[Method::GET, Method::POST, Method::PUT]);
            let mut request = World::request(id, &method);
            let owner = random.below(3);
            match owner {
                0 => drop(request.extensions_mut().insert(Idempotent)),
                1 => drop(request.headers_mut().insert("idempotency-key", "\"old\"".parse().unwrap())),
                _ => {}
            }
            let mut own = limit;
            if random.below(3) == 0 {
                own = own.min(10 * random.below(10) + 5);
                request.extensions_mut().insert(Deadline::after(Duration::from_millis(own)));
            }
            let (stack, world) = (stack.clone(), world.clone());
            let dropped = (random.below(6) == 0).then(|| Duration::from_millis(10 * random.below(10) + 7));
            calls.push((
                id,
                method,
                owner,
                own,
                dropped,
                tokio::spawn(async move {
                    let call = stack.oneshot(request);
                    let outcome = timeout(dropped.unwrap_or(Duration::from_secs(60)), call).await;
                    (outcome.map(|outcome| outcome.map(|response| response.status().as_u16())), world.now())
                }),
            ));
        }
        for (id, method, owner, own, dropped, call) in calls {
            let joined = call.await;
            let seen = world.seen.lock().unwrap();
            let (seen, script) = (&seen[&id], &world.scripts[&id]);
            let story =
                || format!("seed {seed}, call {id} {method} {owner} {own} {dropped:?}\n{script:?}\n{seen:?}");
            if let Ok((outcome, end)) = joined {
                assert!(end <= own, "{}", story());
                // whoever was not dropped has an outcome
                assert!(outcome.is_ok() || dropped.is_some(), "{}", story());
            }
            assert!(seen.sent.len() as u64 <= retries + 1, "{}", story());
            assert_eq!(seen.foreign, 0, "{}", story());
            assert!(
                seen.sent.iter().all(|sent| sent.body_right && sent.extension_right && sent.method == method)
            );
            if method == Method::POST && owner == 2 {
                assert!(post_is_safe(&seen.sent, &script.attempts, knob), "{}", story());
            }
            // at most one retry because of a 401
            let refused = seen.hooked.iter().filter(|(_, _, status, _)| *status == Some(401)).count();
            assert!(refused <= usize::from(knob), "{}", story());
            // a hook that fails ends the call, unless an attempt beside it goes on
            let ended = seen.hooked.iter().zip(&script.hooks).position(|((.., at), (does, takes))| {
                let beside = seen
                    .sent
                    .iter()
                    .any(|sent| sent.at < at + takes && sent.until.is_none_or(|until| until > at + takes));
                *does == Does::Panic || (does.ends_the_call() && !beside)
            });
            assert!(ended.is_none_or(|number| number + 1 == seen.hooked.len()), "{}", story());
            hedged += usize::from(seen.sent.len() > seen.hooked.len() + 1);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let book = tokens.book();
        assert_eq!(book.over, book.begun, "seed {seed}: {book:?}");
        assert_eq!(book.withdrawn, book.given_back + book.ended, "seed {seed}: {book:?}");
        assert!(book.settled.len() as u64 <= book.begun);
        // what was paid for was sent
        let sent: usize =
            world.seen.lock().unwrap().values().map(|seen| seen.sent.len().saturating_sub(1)).sum();
        assert!(book.ended <= sent as u64, "seed {seed}: {book:?}");
    }
    assert!(hedged > 1_000, "{hedged} calls were hedged");
}

/// The first 401 was to be retried and the hook failed; the hedge beside it is refused too, and nothing else runs.
#[tokio::test(start_paused = true)]
async fn the_second_401_is_the_callers_though_the_hook_failed() {
    for listed in [false, true] {
        let attempts =
            vec![(Outcome::Status(401), 20), (Outcome::Status(401), 20), (Outcome::Status(200), 0)];
        let hooks = vec![(Does::Fail, 0), (Does::Mark, 0)];
        let world = World::new(HashMap::from([(1, Script { attempts, hooks })]));
        let mut policy = RetryPolicy::standard().retries(4).retry_unauthorized(true);
        if listed {
            policy = policy.statuses([http::StatusCode::UNAUTHORIZED]);
        }
        let hook = world.clone();
        let retry = RetryLayer::new(policy)
            .hedge(Hedge::after(Duration::from_millis(10)))
            .before_retry(move |failed, next| hook.hook(failed, next));
        let response = ServiceBuilder::new()
            .layer(retry)
            .service(world.clone())
            .oneshot(World::request(1, &Method::GET))
            .await;
        let sent = world.seen.lock().unwrap()[&1].sent.len();
        let expected = if listed { (200, 3) } else { (401, 2) };
        assert_eq!((response.unwrap().status().as_u16(), sent), expected, "listed: {listed}");
    }
}

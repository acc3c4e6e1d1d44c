//! One call at a time, attempts one after the other: how often the server is asked is known beforehand.
use crate::world::{Does, GOES, Outcome, Random, Script, Tokens, World};
use http::Method;
use std::{collections::HashMap, time::Duration};
use tokio::time::timeout;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_retry_policy::{
    Backoff, Deadline, DeadlineLayer, Idempotent, Jitter, Phase, RetryLayer, RetryPolicy, budget::RequestEnd,
};

const WAIT: u64 = 10;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Limit {
    None,
    Layer(u64),
    Extension(u64),
}

#[derive(Debug)]
struct Case {
    method: Method,
    owner: u8,
    knob: bool,
    retries: u32,
    tokens: u64,
    limit: Limit,
    as_error: bool,
    listed: bool,
    script: Script,
}

#[derive(Debug, Default, PartialEq)]
struct Told {
    sent: Vec<u64>,
    hooks: usize,
    left: u64,
    end: u64,
    panics: bool,
    hangs: bool,
    status: Option<u16>,
}

fn oracle(case: &Case) -> Told {
    let allowed = case.method != Method::POST || case.owner > 0;
    let mut told = Told { left: case.tokens, ..Told::default() };
    let (mut now, mut used_401) = (0, false);
    let layer = if let Limit::Layer(limit) = case.limit { limit } else { u64::MAX };
    let limit = if let Limit::Layer(limit) | Limit::Extension(limit) = case.limit { limit } else { u64::MAX };
    loop {
        let number = told.sent.len();
        told.sent.push(now);
        let (outcome, takes) = case.script.attempts.get(number).copied().unwrap_or((Outcome::Status(200), 0));
        if now + takes > layer {
            told.end = layer;
            return told;
        }
        now += takes;
        told.end = now;
        told.status = match outcome {
            Outcome::Status(status) => Some(status),
            Outcome::Fails(_) => None,
        };
        let (again, free, at_once) = match outcome {
            Outcome::Status(401) if case.knob && !used_401 => (true, true, true),
            Outcome::Status(401) => (case.listed && allowed, false, false),
            Outcome::Status(429 | 503) | Outcome::Fails(Phase::Read) => (allowed, false, false),
            Outcome::Status(_) | Outcome::Fails(Phase::Other) => (false, false, false),
            Outcome::Fails(Phase::Connect) => (true, false, false),
            Outcome::Fails(_) => (true, true, false),
        };
        let asks = match outcome {
            Outcome::Status(401) => case.listed || (case.knob && !used_401),
            Outcome::Status(status) => matches!(status, 429 | 503),
            Outcome::Fails(_) => false,
        };
        let gives_up = |mut told: Told| {
            if case.as_error
                && asks
                && case.retries > 0
                && !(outcome == Outcome::Status(401) && !case.listed && used_401)
            {
                told.status = None;
            }
            told
        };
        if !again || number == usize::try_from(case.retries).unwrap() {
            return gives_up(told);
        }
        let wait = if at_once { 0 } else { WAIT };
        if now + wait >= limit || (!free && told.left == 0) {
            return gives_up(told);
        }
        used_401 |= outcome == Outcome::Status(401) && at_once;
        now += wait;
        let (does, takes) = case.script.hooks.get(told.hooks).copied().unwrap_or((Does::Nothing, 0));
        told.hooks += 1;
        told.status = None;
        if now + takes > limit || does == Does::Hang {
            told.hangs = limit == u64::MAX;
            told.end = limit;
            return told;
        }
        now += takes;
        told.end = now;
        told.panics = does == Does::Panic;
        if told.panics || does.ends_the_call() {
            return told;
        }
        told.left -= u64::from(!free);
    }
}

async fn play(case: &Case) -> (Told, World, std::sync::Arc<Tokens>, Option<String>) {
    let world = World::new(HashMap::from([(7, case.script.clone())]));
    let tokens = Tokens::new(case.tokens);
    let mut policy = RetryPolicy::standard()
        .retries(case.retries)
        .backoff(Backoff::constant(Duration::from_millis(WAIT)).jitter(Jitter::None))
        .budget(tokens.clone())
        .last_response_as_error(case.as_error)
        .retry_unauthorized(case.knob);
    if case.listed {
        policy = policy.statuses([401, 429, 503].map(|code| code.try_into().unwrap()));
    }
    let hook = world.clone();
    let retry = RetryLayer::new(policy).before_retry(move |failed, next| hook.hook(failed, next));
    let mut request = World::request(7, &case.method);
    assert!(request.headers().contains_key(&GOES));
    match case.owner {
        1 => drop(request.extensions_mut().insert(Idempotent)),
        2 => drop(request.headers_mut().insert("idempotency-key", "\"old\"".parse().unwrap())),
        _ => {}
    }
    let service = ServiceBuilder::new();
    let call = match case.limit {
        Limit::Layer(limit) => {
            let service = service.layer(DeadlineLayer::new(Duration::from_millis(limit))).layer(retry);
            tokio::spawn(service.service(world.clone()).oneshot(request).map_ok_status())
        }
        Limit::Extension(limit) => {
            request.extensions_mut().insert(Deadline::after(Duration::from_millis(limit)));
            tokio::spawn(service.layer(retry).service(world.clone()).oneshot(request).map_ok_status())
        }
        Limit::None => {
            tokio::spawn(service.layer(retry).service(world.clone()).oneshot(request).map_ok_status())
        }
    };
    let abort = call.abort_handle();
    let outcome = timeout(Duration::from_secs(60), call).await;
    let hangs = outcome.is_err();
    let end = if hangs { u64::MAX } else { world.now() };
    abort.abort();
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    let outcome = outcome.ok();
    let panics = matches!(&outcome, Some(Err(error)) if error.is_panic());
    let (status, error) = match outcome {
        Some(Ok(Ok(status))) => (Some(status), None),
        Some(Ok(Err(error))) => (None, Some(error.to_string())),
        _ => (None, None),
    };
    let told = {
        let seen = world.seen.lock().unwrap();
        let seen = &seen[&7];
        Told {
            sent: seen.sent.iter().map(|sent| sent.at).collect(),
            hooks: seen.hooked.len(),
            left: tokens.book().left,
            end,
            panics,
            hangs,
            status,
        }
    };
    (told, world, tokens, error)
}

/// The status, if there is one.
trait MapOkStatus<B>: Future<Output = Result<http::Response<B>, BoxError>> + Sized {
    async fn map_ok_status(self) -> Result<u16, BoxError> {
        Ok(self.await?.status().as_u16())
    }
}

impl<B, F: Future<Output = Result<http::Response<B>, BoxError>>> MapOkStatus<B> for F {}

fn case(seed: u64) -> Case {
    let mut random = Random(seed);
    Case {
        method: random.of(&[Method::GET, Method::POST, Method::POST, Method::PUT]),
        owner: random.of(&[0, 0, 0, 1, 2]),
        knob: random.below(4) > 0,
        retries: u32::try_from(random.below(5)).unwrap(),
        tokens: random.below(4),
        limit: match random.below(3) {
            0 => Limit::None,
            1 => Limit::Layer(10 * random.below(20) + 5),
            _ => Limit::Extension(10 * random.below(20) + 5),
        },
        as_error: random.below(2) == 0,
        listed: random.below(4) == 0,
        script: random.script(),
    }
}

#[tokio::test(start_paused = true)]
async fn each_call_is_sent_as_often_as_the_oracle_says() {
    for seed in 0..5_000 {
        let case = case(seed);
        let expected = oracle(&case);
        let (told, world, tokens, error) = play(&case).await;
        assert_eq!(told, expected, "seed {seed}: {case:?}\n{world:?}\n{tokens:?} {error:?}");

        let seen = world.seen.lock().unwrap();
        let seen = &seen[&7];
        assert_eq!(seen.foreign, 0, "seed {seed}: {case:?}\n{seen:?}");
        assert!(
            seen.sent
                .iter()
                .all(|sent| sent.body_right && sent.extension_right && sent.method == case.method)
        );
        // the hook is told what the server did
        for (number, phase, status, _) in &seen.hooked {
            match case.script.attempts[usize::try_from(*number).unwrap() - 1].0 {
                Outcome::Status(code) => {
                    assert_eq!(*status, Some(code), "seed {seed}");
                    let unauthorized = code == 401 && case.knob && *phase == Phase::Unprocessed;
                    assert!(unauthorized || *phase == Phase::Status, "seed {seed}: {phase:?}");
                }
                Outcome::Fails(fails) => assert_eq!((*phase, *status), (fails, None), "seed {seed}"),
            }
        }
        let book = tokens.book();
        assert_eq!((book.begun, book.over), (1, 1), "seed {seed}: {case:?} {book:?}");
        assert_eq!(book.withdrawn, book.given_back + book.ended, "seed {seed}: {case:?} {book:?}");
        let good =
            book.settled.iter().any(|end| matches!(end, RequestEnd::FirstTry | RequestEnd::AfterRetry(_)));
        assert_eq!(good, told.status == Some(200), "seed {seed}: {case:?} {book:?}");
        assert!(book.settled.len() <= 1);
    }
}

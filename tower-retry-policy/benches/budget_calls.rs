//! What the calls of one thread cost, in instructions and at best: a deposit, and finding the budget of a request's host
//! among a hundred. `cargo bench -p retry-policy-benches --bench budget_calls`.

use http::{Request, uri::Authority};
use instructions::{Case, Group};
use std::{
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower_retry_policy::budget::{
    BudgetSource, PerKey, RatioBudget, RequestEnd, RequestHead, RetryBudget as _,
};

const HOSTS: usize = 100;
const PEER: &str = "tower's TpsBudget, reads the clock";

fn main() -> ExitCode {
    let nothing = Case::new("a request is chosen", with(|request| _ = black_box(request)));
    let source = PerKey::new(|_| RatioBudget::new()).per_host();
    let per_host = Case::new("per host", looked_up(source));
    let source = PerKey::new(|_| RatioBudget::new()).by(authority);
    let by_authority = Case::new("by `Authority`, the key of users", looked_up(source));
    let cases = vec![nothing, per_host, by_authority];
    let hosts = Group { title: "the budget of one of a hundred hosts", peer: None, cases };
    instructions::main(&[deposits(), hosts])
}

fn deposits() -> Group {
    let nothing = Case::new("nothing", |calls| (0..calls).for_each(|call| _ = black_box(call)));
    let tower = TpsBudget::default();
    let peer = Case::new(PEER, move |calls| (0..calls).for_each(|_| black_box(&tower).deposit()));
    let (budget, now) = (RatioBudget::new(), now());
    let told = Case::new("RatioBudget, told the time", move |calls| {
        (0..calls).for_each(|_| black_box(&budget).settle(RequestEnd::FirstTry, black_box(now)));
    });
    let budget = RatioBudget::new();
    let later = Case::new("the same, 1 ms apart", move |calls| {
        for call in 0..calls {
            let now = now + Duration::from_millis(u64::from(black_box(call)));
            black_box(&budget).settle(RequestEnd::FirstTry, now);
        }
    });
    let passing = Case::new("1 ms apart, nothing else", move |calls| {
        (0..calls).for_each(|call| _ = black_box(now + Duration::from_millis(u64::from(black_box(call)))));
    });
    let budget = RatioBudget::new();
    let reads = Case::new("RatioBudget, reads the clock", move |calls| {
        (0..calls).for_each(|_| black_box(&budget).deposit());
    });
    let cases = vec![nothing, peer, told, later, passing, reads];
    Group { title: "a deposit", peer: Some(PEER), cases }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn authority(request: &RequestHead<'_>) -> Option<Authority> {
    request.authority()
}

fn looked_up(source: impl BudgetSource + 'static) -> impl Fn(u32) + 'static {
    let now = now();
    with(move |request| _ = black_box(source.budget(&RequestHead::new(request), now)))
}

/// Each host in its turn.
fn with(work: impl Fn(&Request<()>) + 'static) -> impl Fn(u32) + 'static {
    let requests: Vec<_> = (0..HOSTS)
        .map(|host| {
            let mut request = Request::new(());
            let uri = format!("https://service-{host}.internal.example.com:8443/v1/items");
            *request.uri_mut() = uri.parse().unwrap_or_default();
            request
        })
        .collect();
    move |calls| (0..calls as usize).for_each(|call| work(black_box(&requests[call % HOSTS])))
}

//! A random script of requests, outcomes, drops, waits and changes of the list, beside an oracle that knows the rules.

use crate::hosts::{
    Answer::{self, Fails, Status},
    Body, Hosts,
    Plan::Held,
    SECOND, address, endpoints, request,
};
use http::Request;
use proptest::{collection::vec, prelude::*};
use std::time::Duration;
use tokio_test::{
    assert_ready,
    task::{self, Spawn},
};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_retry_policy::{
    Phase,
    endpoints::{Endpoints, EndpointsCallLayer, EndpointsOutError, EndpointsService, ResponseFuture},
};

const HOSTS: usize = 5;
const CALLS: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// An attempt of this call.
    Start(usize),
    End(usize, Answer),
    Drop(usize),
    Wait(u64),
    /// Those of the bits are on the list.
    Set(u8),
    /// Another call in the place of this one.
    Renew(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let answer = prop_oneof![
        6 => Just(Status(500)),
        2 => Just(Fails(Phase::Connect)),
        2 => Just(Status(200)),
        1 => Just(Status(429)),
        1 => Just(Fails(Phase::Content)),
    ];
    let step = prop_oneof![
        30 => (0..CALLS).prop_map(Step::Start),
        30 => (any::<usize>(), answer).prop_map(|(at, answer)| Step::End(at, answer)),
        3 => any::<usize>().prop_map(Step::Drop),
        4 => prop_oneof![Just(1), Just(9_999), Just(10_000), 0..700_000_u64].prop_map(Step::Wait),
        1 => (1..1_u8 << HOSTS).prop_map(Step::Set),
        10 => (0..CALLS).prop_map(Step::Renew),
    ];
    vec(step, 1..400)
}

/// A host as the rules have it.
#[derive(Clone, Default)]
struct Host {
    listed: bool,
    /// How often it came onto the list.
    generation: u32,
    in_flight: usize,
    failures: u32,
    ejections: u32,
    out_until: Option<u64>,
    probe: Option<usize>,
}

struct Attempt {
    id: usize,
    call: usize,
    /// Which call it was that had this place.
    of: usize,
    host: usize,
    generation: u32,
    began_out: bool,
    future: Spawn<ResponseFuture<Hosts, Body>>,
    answer: tokio::sync::oneshot::Sender<Answer>,
}

struct Model {
    service: EndpointsService<Hosts>,
    endpoints: Endpoints,
    inner: Hosts,
    fail_fast: bool,
    now: u64,
    ids: usize,
    ends: usize,
    hosts: Vec<Host>,
    attempts: Vec<Attempt>,
    calls: Vec<Call>,
}

struct Call {
    of: usize,
    request: Request<Body>,
    /// When an attempt ended at each host, counted in ends.
    ended: [usize; HOSTS],
}

/// A request as the attempts of one call get it.
async fn call(of: usize) -> Call {
    let echo = service_fn(async |request: Request<Body>| Ok::<_, std::convert::Infallible>(request));
    let request = EndpointsCallLayer::new().layer(echo).oneshot(request()).await.unwrap();
    Call { of, request, ended: [0; HOSTS] }
}

impl Model {
    async fn new(fail_fast: bool) -> Self {
        let inner = Hosts::new(&[Held; HOSTS]);
        let (endpoints, layer) = endpoints(HOSTS);
        let layer = if fail_fast { layer.fail_fast() } else { layer };
        let host = Host { listed: true, ..Host::default() };
        let mut calls = Vec::new();
        for of in 0..CALLS {
            calls.push(call(of).await);
        }
        Self {
            service: layer.layer(inner.clone()),
            endpoints,
            inner,
            fail_fast,
            now: 0,
            ids: CALLS,
            ends: 0,
            hosts: vec![host; HOSTS],
            attempts: Vec::new(),
            calls,
        }
    }

    fn listed(&self) -> Vec<usize> {
        (0..HOSTS).filter(|host| self.hosts[*host].listed).collect()
    }

    fn is_available(&self, host: usize) -> bool {
        let host = &self.hosts[host];
        host.out_until.is_none_or(|until| until <= self.now && host.probe.is_none())
    }

    /// Where an attempt of this call may go.
    fn allowed(&self, call: usize) -> Vec<usize> {
        let listed = self.listed();
        let available: Vec<_> = listed.iter().copied().filter(|host| self.is_available(*host)).collect();
        let candidates = match (available.is_empty(), self.fail_fast) {
            (true, true) => return Vec::new(),
            (true, false) => listed,
            _ => available,
        };
        let runs = |host: usize| {
            let mine = |attempt: &&Attempt| attempt.of == self.calls[call].of && attempt.host == host;
            self.attempts.iter().filter(mine).count()
        };
        let rank = |host: usize| (runs(host), self.calls[call].ended[host]);
        let least = candidates.iter().map(|host| rank(*host)).min();
        candidates.into_iter().filter(|host| Some(rank(*host)) == least).collect()
    }

    fn start(&mut self, call: usize) {
        let allowed = self.allowed(call);
        let mut future = task::spawn(self.service.call(self.calls[call].request.clone()));
        let poll = future.poll();
        let asked = self.inner.asked();
        if allowed.is_empty() {
            let error = assert_ready!(poll).unwrap_err();
            let listed = self.listed();
            let probed = |host: &usize| self.hosts[*host].probe.is_some();
            let due =
                listed.iter().filter(|host| !probed(host)).filter_map(|host| self.hosts[*host].out_until);
            let expected = due.min().map(|until| Duration::from_millis(until - self.now));
            assert_eq!(error.downcast::<EndpointsOutError>().unwrap().retry_in(), expected);
            assert!(asked.is_empty());
            return;
        }
        assert!(poll.is_pending());
        let [host] = asked[..] else { panic!("{asked:?}") };
        assert!(allowed.contains(&host), "{host} of {allowed:?}");
        // of two that were drawn, the one with fewer
        let fewer = |other: &usize| self.hosts[*other].in_flight < self.hosts[host].in_flight;
        let others = allowed.iter().filter(|other| **other != host).count();
        assert!(
            others == 0 || allowed.iter().filter(|other| fewer(other)).count() < others,
            "the fullest of {allowed:?}"
        );

        self.ids += 1;
        let (now, id) = (self.now, self.ids);
        let state = &mut self.hosts[host];
        state.in_flight += 1;
        if state.out_until.is_some_and(|until| until <= now) {
            state.probe.get_or_insert(id);
        }
        self.attempts.push(Attempt {
            id,
            call,
            of: self.calls[call].of,
            host,
            generation: state.generation,
            began_out: state.out_until.is_some(),
            future,
            answer: self.inner.take_held(),
        });
    }

    fn end(&mut self, at: usize, answer: Option<Answer>) {
        if self.attempts.is_empty() {
            return;
        }
        let attempt = self.attempts.swap_remove(at % self.attempts.len());
        let Attempt { id, call, of, host, generation, began_out, mut future, answer: sender } = attempt;
        if let Some(answer) = answer {
            let _ = sender.send(answer);
            let _ = assert_ready!(future.poll());
        }
        drop(future);
        self.ends += 1;
        if self.calls[call].of == of {
            self.calls[call].ended[host] = self.ends;
        }
        let most = if self.fail_fast { usize::MAX } else { self.listed().len() / 2 };
        let out = self.hosts.iter().filter(|host| host.listed && host.out_until.is_some()).count();
        let state = &mut self.hosts[host];
        if !state.listed || state.generation != generation {
            return;
        }
        state.in_flight -= 1;
        let was_probe = state.probe.take_if(|probe| *probe == id).is_some();
        match answer {
            Some(Status(200)) => {
                state.failures = 0;
                if began_out {
                    // whoever else probes has nothing left to find out
                    (state.out_until, state.ejections, state.probe) = (None, 0, None);
                }
            }
            Some(Status(500) | Fails(Phase::Connect)) => {
                state.failures += 1;
                let ejects = state.out_until.is_none() && state.failures >= 5 && out < most;
                if was_probe || ejects {
                    state.failures = 0;
                    state.ejections += 1;
                    let time = (10_000_u64 << (state.ejections - 1).min(10)).min(300_000);
                    state.out_until = Some(self.now + time);
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, bits: u8) {
        let listed = (0..HOSTS).filter(|host| bits >> host & 1 == 1);
        self.endpoints.set(listed.map(address)).unwrap();
        for (index, host) in self.hosts.iter_mut().enumerate() {
            let listed = bits >> index & 1 == 1;
            if host.listed && !listed {
                *host = Host { generation: host.generation + 1, ..Host::default() };
            }
            host.listed = listed;
        }
    }

    fn compare(&self) {
        let told = self.endpoints.stats();
        let told: Vec<_> = told.iter().map(|of| (of.in_flight(), of.is_ejected())).collect();
        let expected = self.listed().into_iter().map(|host| &self.hosts[host]);
        let expected: Vec<_> = expected.map(|host| (host.in_flight, host.out_until.is_some())).collect();
        assert_eq!(told, expected);
    }

    async fn play(&mut self, step: Step) {
        match step {
            Step::Start(call) => self.start(call),
            Step::End(at, answer) => self.end(at, Some(answer)),
            Step::Drop(at) => self.end(at, None),
            Step::Wait(millis) => {
                self.now += millis;
                tokio::time::advance(SECOND / 1000 * u32::try_from(millis).unwrap()).await;
            }
            Step::Set(bits) => self.set(bits),
            Step::Renew(index) => {
                self.ids += 1;
                self.calls[index] = call(self.ids).await;
            }
        }
        self.compare();
    }
}

fn play(steps: &[Step], fail_fast: bool) -> Vec<usize> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut model = Model::new(fail_fast).await;
        let mut seen = vec![0; 3];
        for step in steps {
            model.play(*step).await;
            seen[0] += usize::from(model.hosts.iter().any(|host| host.out_until.is_some()));
            seen[1] += usize::from(model.hosts.iter().any(|host| host.probe.is_some()));
            seen[2] += usize::from(model.listed().iter().all(|host| !model.is_available(*host)));
        }
        while !model.attempts.is_empty() {
            model.play(Step::Drop(0)).await;
        }
        assert!(model.endpoints.stats().iter().all(|of| of.in_flight() == 0));
        seen
    })
}

#[test]
fn every_script_goes_as_the_rules_say() {
    let config = ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let seen = std::cell::RefCell::new(vec![0; 3]);
    let scripts = (steps(), any::<bool>());
    let outcome = runner.run(&scripts, |(steps, fail_fast)| {
        let of_this = play(&steps, fail_fast);
        seen.borrow_mut().iter_mut().zip(of_this).for_each(|(all, one)| *all += one);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    // ejections, probes, and times when none was left, each seen often
    assert!(seen.borrow().iter().all(|steps| *steps > 50), "{seen:?}");
}

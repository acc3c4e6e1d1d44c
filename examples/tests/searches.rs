//! What `tune` finds is never worse than what it was given, and what may cost more is not slower.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

use network_lab::what_if::{
    Figures, Settings, runs,
    setting::Setting,
    tune::{Goal, Space, Verified, search, verify},
};

/// A network where a run takes half a millisecond, and a policy that is good there: searches ended worse than it.
fn given(seed: u64) -> Settings {
    let mut settings = Settings::default();
    for (name, value) in [
        ("loss", "10,50"),
        ("probe", "off"),
        ("lies", "0"),
        ("head", "700ms"),
        ("idle", "1s"),
        ("attempts", "12"),
        ("first", "50ms"),
        ("requests", "1"),
        ("workers", "1"),
        ("seeds", "450"),
    ] {
        Setting::named(name).unwrap().set(&mut settings, value).unwrap();
    }
    settings.load.seed = seed;
    settings
}

/// The longer of both: what a search makes short.
fn slowest(figures: &Figures) -> f64 {
    figures.p99.value.max(figures.p99_ok.value)
}

#[test]
fn twenty_searches_end_no_worse_than_they_began_and_a_higher_limit_is_not_slower() {
    const SUCCESS: f64 = 99.0;
    for seed in 1..=4 {
        let settings = given(seed);
        let load = settings.load;
        let before = Figures::of(&runs(&settings, 2, || ()).unwrap(), load.workers);
        let mut last: Option<Verified> = None;
        for limit in [1.05, 1.15, 1.3, 1.6, 2.5] {
            let goal = Goal::new(SUCCESS, limit);
            let space = Space::around(settings.clone(), |_| false);
            let best = search(&space, goal, 16, seed, 2, || ()).unwrap();
            let found = verify(&space, goal, &best, 2, || ()).unwrap();
            let about =
                format!("seed {seed}, limit {limit}: {:?} {:?}", found.settings.policy, found.figures);
            let again = Figures::of(&runs(&found.settings, 2, || ()).unwrap(), load.workers);
            assert_eq!((again, found.given), (found.figures, before), "{about}");
            assert_eq!(found.holds, goal.holds(&again), "{about}");
            if goal.holds(&before) {
                assert!(found.holds && slowest(&again) <= slowest(&before), "{about}\ngiven {before:?}");
            }
            if let Some(last) = last.filter(|last| last.holds) {
                let high = last.figures.p99.interval.unwrap().high;
                assert!(found.holds && slowest(&again) <= high, "{about}\nbefore {:?}", last.figures);
            }
            last = Some(found);
        }
    }
}

use super::*;
use crate::sim::random::Purpose;
use proptest::prelude::*;

/// Loss and loss after a loss over many packets.
fn measure(model: GilbertElliott, packets: u32) -> (f64, f64) {
    let mut random = Random::new(3, Purpose::ServerLoss);
    let mut chain = Chain::good(model);
    let (mut lost, mut pairs, mut before) = (0, 0, false);
    for _ in 0..packets {
        let now = chain.loses(&mut random);
        lost += u32::from(now);
        pairs += u32::from(now && before);
        before = now;
    }
    (f64::from(lost) / f64::from(packets), f64::from(pairs) / f64::from(lost))
}

#[test]
fn long_runs_lose_the_stationary_share_and_keep_their_bursts() {
    for (p, r) in [(0.5, 0.2), (0.25, 0.75), (0.5, 0.5), (0.75, 0.25), (0.01, 0.1)] {
        let model = GilbertElliott { p, r, bad_loss: 1.0, good_loss: 0.0 };
        let (loss, after_loss) = measure(model, 400_000);
        assert!((loss - p / (p + r)).abs() < 0.01, "p {p} r {r}: loss {loss}");
        assert!((after_loss - (1.0 - r)).abs() < 0.01, "p {p} r {r}: loss after a loss {after_loss}");
    }
}

#[test]
fn all_four_parameters_count() {
    let model = GilbertElliott { p: 0.3, r: 0.3, bad_loss: 0.8, good_loss: 0.1 };
    let (loss, _) = measure(model, 400_000);
    assert!((loss - 0.45).abs() < 0.01, "loss {loss}");
}

#[test]
fn the_first_packet_is_decided_before_the_first_transition() {
    // p = 1: a chain that moved first would lose the first packet.
    let model = GilbertElliott { p: 1.0, r: 1.0, bad_loss: 1.0, good_loss: 0.0 };
    let mut random = Random::new(1, Purpose::ServerLoss);
    let mut chain = Chain::good(model);
    let decisions: Vec<bool> = (0..6).map(|_| chain.loses(&mut random)).collect();
    assert_eq!(decisions, [false, true, false, true, false, true]);
}

#[test]
fn a_jump_of_no_steps_draws_nothing() {
    let mut random = Random::new(1, Purpose::ServerLoss);
    let mut untouched = random.clone();
    Chain::good(GilbertElliott::TALK).jump(0, &mut random);
    assert_eq!(random.next_u64(), untouched.next_u64());
}

#[test]
fn a_jump_of_many_steps_forgets() {
    let mut random = Random::new(1, Purpose::ServerLoss);
    let bad = (0..100_000)
        .filter(|_| {
            let mut chain = Chain::good(GilbertElliott::TALK);
            chain.jump(2_000, &mut random);
            chain.loses(&mut random)
        })
        .count();
    let share = bad as f64 / 100_000.0;
    assert!((share - 5.0 / 7.0).abs() < 0.01, "{share}");
}

#[test]
fn chains_at_their_limits_stay_in_range() {
    for (p, r, steps, expected) in [
        (0.0, 0.0, u64::MAX, 0.0),
        (1.0, 1.0, u64::MAX, 1.0),
        (1.0, 1.0, 2, 0.0),
        (0.5, 0.5, 1, 0.5),
        (0.9, 0.8, u64::MAX, 0.9 / 1.7),
        (1.0, 0.0, 1, 1.0),
    ] {
        let model = GilbertElliott { p, r, bad_loss: 1.0, good_loss: 0.0 };
        let after = model.bad_after(false, steps);
        assert!((after - expected).abs() < 1e-12, "p {p} r {r} steps {steps}: {after}");
    }
}

#[test]
fn what_people_type_is_read() {
    for (text, p, r, bad_loss, good_loss) in [
        ("50,20", 0.5, 0.2, 1.0, 0.0),
        ("50,20,100", 0.5, 0.2, 1.0, 0.0),
        ("50,20,100,100", 0.5, 0.2, 1.0, 1.0),
        ("50%, 20%", 0.5, 0.2, 1.0, 0.0),
        ("0,0,0,0", 0.0, 0.0, 0.0, 0.0),
        ("100,100", 1.0, 1.0, 1.0, 0.0),
        ("0.5,12.5,50,0.1", 0.005, 0.125, 0.5, 0.001),
    ] {
        assert_eq!(text.parse(), Ok(GilbertElliott { p, r, bad_loss, good_loss }), "{text}");
    }
    assert!("50,20,100,100".parse::<GilbertElliott>().is_ok_and(|model| model.is_total()));
    assert!(!GilbertElliott::TALK.is_total());
}

#[test]
fn what_cannot_be_read_is_named_with_what_would_be_right() {
    for (text, problem) in [
        ("", "has 1 number(s)"),
        ("50", "has 1 number(s)"),
        ("1,2,3,4,5", "has 5 number(s)"),
        ("50,", "R of loss `50,` is ``, no number"),
        ("a,20", "P of loss `a,20` is `a`, no number"),
        ("50,120", "R of loss `50,120` is `120`, outside 0..100"),
        ("-1,20", "P of loss `-1,20` is `-1`, outside 0..100"),
        ("50,20,NaN", "1-H of loss `50,20,NaN` is `NaN`, outside 0..100"),
        ("50,20,1,inf", "1-K of loss `50,20,1,inf` is `inf`, outside 0..100"),
    ] {
        let message = text.parse::<GilbertElliott>().unwrap_err().to_string();
        assert!(message.contains(problem), "{message}");
        assert!(message.ends_with("P,R[,1-H[,1-K]], such as 50,20"), "{message}");
    }
}

proptest! {
    #[test]
    fn printed_losses_are_read_back(percents in prop::array::uniform4(0_u32..=10_000)) {
        let [p, r, bad_loss, good_loss] = percents.map(|hundredths| f64::from(hundredths) / 100.0 / 100.0);
        let model = GilbertElliott { p, r, bad_loss, good_loss };
        let back: GilbertElliott = model.to_string().parse().unwrap();
        for (a, b) in [(p, back.p), (r, back.r), (bad_loss, back.bad_loss), (good_loss, back.good_loss)] {
            prop_assert!((a - b).abs() < 1e-12);
        }
    }

    #[test]
    fn no_text_panics(text in ".{0,20}") {
        let _ = text.parse::<GilbertElliott>();
    }

    #[test]
    fn a_jump_is_so_many_steps(p in 0.0..=1.0_f64, r in 0.0..=1.0_f64, steps in 0_u64..40, bad in any::<bool>()) {
        let model = GilbertElliott { p, r, bad_loss: 1.0, good_loss: 0.0 };
        let mut share = f64::from(u8::from(bad));
        for _ in 0..steps {
            share = share * (1.0 - r) + (1.0 - share) * p;
        }
        prop_assert!((model.bad_after(bad, steps) - share).abs() < 1e-9);
    }
}

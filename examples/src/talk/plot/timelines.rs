//! Three backoffs against an outage: when their attempts come, and which of them outlast it.

use crate::output::plot::{
    axis,
    scale::{Scale, number},
    svg::{Anchor, Svg},
};
use std::time::Duration;
use tower_backoff::Backoff;

const LEFT: f64 = 120.0;
const RIGHT: f64 = 536.0;
const ROW: f64 = 52.0;
const HEAD: f64 = 64.0;

/// Draws the attempts of a call that begins with the outage and may retry so often.
#[must_use]
pub fn timelines(outage: Duration, delay: Duration, retries: u32) -> Svg {
    let rows = [
        ("none", Backoff::none()),
        ("constant", Backoff::constant(delay)),
        ("exponential", Backoff::urllib3(delay)),
    ];
    let attempts: Vec<Vec<f64>> = rows.iter().map(|(_, backoff)| attempts(backoff, retries)).collect();
    let last = attempts.iter().flatten().copied().fold(outage.as_secs_f64(), f64::max);
    let time = Scale::linear((0.0, last * 1.06), (LEFT, RIGHT));
    let bottom = HEAD + rows.len() as f64 * ROW;
    let shows = "When the attempts come without backoff, with a constant and with an exponential one, against \
                 an outage";
    let mut svg = Svg::new("timelines", shows, bottom + 42.0);
    let (outage, delay) = (outage.as_secs_f64(), number(delay.as_secs_f64()));
    let head = format!("Three backoffs of {delay} s against an outage of {} s", number(outage));
    svg.text(14.0, 22.0, Anchor::Start, "head", &head);
    svg.cross("bad-line", 20.0, 40.0, 4.0);
    svg.text(31.0, 44.0, Anchor::Start, "small", "fails");
    svg.circle("good", 82.0, 40.0, 5.0);
    svg.text(93.0, 44.0, Anchor::Start, "small", "succeeds");
    svg.rect("outage", 166.0, 34.0, 11.0, 11.0);
    svg.text(183.0, 44.0, Anchor::Start, "small", "outage");
    if attempts.iter().any(|attempts| attempts.iter().filter(|at| **at >= outage).count() > 1) {
        svg.circle("paper", 246.0, 40.0, 5.0);
        svg.text(257.0, 44.0, Anchor::Start, "small", "not needed");
    }
    svg.rect("outage", LEFT, HEAD - 6.0, time.at(outage) - LEFT, bottom - HEAD + 6.0);
    for (index, ((name, _), attempts)) in rows.iter().zip(&attempts).enumerate() {
        let y = HEAD + index as f64 * ROW + 22.0;
        svg.text(LEFT - 16.0, y + 4.0, Anchor::End, "", name);
        svg.line("lead", (LEFT, y), (RIGHT, y));
        let mut done = false;
        for (number_of, &at) in attempts.iter().enumerate() {
            let x = time.at(at);
            let same = attempts.iter().filter(|other| (*other - at).abs() < 1e-9).count();
            let first_here = attempts[..number_of].iter().all(|other| (other - at).abs() >= 1e-9);
            if at < outage {
                svg.cross("bad-line", x, y, 5.0);
            } else if done {
                svg.circle("paper", x, y, 5.0);
            } else {
                svg.circle("good", x, y, 6.0);
                done = true;
            }
            if first_here && same > 1 {
                svg.text(x + 9.0, y - 8.0, Anchor::Start, "small", &format!("{same} at once"));
            }
        }
        let success = attempts.iter().position(|at| *at >= outage);
        let words = match success {
            Some(index) => format!("attempt {} succeeds at {} s", index + 1, number(attempts[index])),
            None => format!("all {} attempts fail", attempts.len()),
        };
        svg.text(RIGHT + 10.0, y, Anchor::Start, "small", &words);
        let outlasts = attempts.last().copied().unwrap_or(0.0);
        svg.text(
            RIGHT + 10.0,
            y + 15.0,
            Anchor::Start,
            "small",
            &format!("outlasts outages of {} s", number(outlasts)),
        );
    }
    axis::bottom(&mut svg, &time, bottom, "seconds since the first attempt");
    svg
}

/// When the attempts come, if each fails at once.
fn attempts(backoff: &Backoff, retries: u32) -> Vec<f64> {
    let mut at = Duration::ZERO;
    let mut attempts = vec![0.0];
    for retry in 1..=retries {
        at += backoff.delay(retry, 0);
        attempts.push(at.as_secs_f64());
    }
    attempts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_when_urllib3_makes_them() {
        let delay = Duration::from_secs(25);
        assert_eq!(attempts(&Backoff::none(), 3), [0.0; 4]);
        assert_eq!(attempts(&Backoff::constant(delay), 3), [0.0, 25.0, 50.0, 75.0]);
        assert_eq!(attempts(&Backoff::urllib3(delay), 3), [0.0, 0.0, 50.0, 150.0]);
    }
}

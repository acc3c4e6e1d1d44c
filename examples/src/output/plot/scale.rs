//! From values to pixels.

/// A scale between two pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    /// In the unit of the axis; logarithms of it where the scale is logarithmic.
    least: f64,
    most: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
}

impl Scale {
    pub(crate) fn linear((least, most): (f64, f64), (from, to): (f64, f64)) -> Self {
        let most = if most > least { most } else { least + 1.0 };
        Self { least, most, from, to, logarithmic: false }
    }

    /// From 0 to the next round value, which is a tick.
    pub(crate) fn up_to(most: f64, ticks: usize, pixels: (f64, f64)) -> Self {
        let step = round_step(most / ticks.max(1) as f64);
        Self::linear((0.0, (most / step - 1e-9).ceil().max(1.0) * step), pixels)
    }

    /// Both ends above 0.
    pub(crate) fn logarithmic((least, most): (f64, f64), (from, to): (f64, f64)) -> Self {
        Self { least: least.log10(), most: most.log10(), from, to, logarithmic: true }
    }

    pub(crate) fn at(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.log10() } else { value };
        self.from + (value - self.least) / (self.most - self.least) * (self.to - self.from)
    }

    pub(crate) fn ends(&self) -> (f64, f64) {
        (self.from, self.to)
    }

    /// Round values, so many at most: steps of 1, 2 or 5, or powers of ten.
    pub(crate) fn ticks(&self, most: usize) -> Vec<f64> {
        if self.logarithmic {
            let powers = self.least.ceil() as i32..=self.most.floor() as i32;
            return powers.map(|power| 10_f64.powi(power)).collect();
        }
        let step = round_step((self.most - self.least) / most.max(1) as f64);
        let first = (self.least / step - 1e-9).ceil() as i64;
        let last = (self.most / step + 1e-9).floor() as i64;
        (first..=last).map(|tick| tick as f64 * step).collect()
    }
}

/// The least of 1, 2, 5, 10, 20 ... (and of 0.5, 0.2 ...) that is not below this.
pub(crate) fn round_step(least: f64) -> f64 {
    if least <= 0.0 || !least.is_finite() {
        return 1.0;
    }
    let decade = 10_f64.powi(least.log10().floor() as i32);
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * decade >= least * (1.0 - 1e-9));
    step.unwrap_or(10.0) * decade
}

/// A value as people write it: no trailing zeros, three decimals at most.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_ticks_are_round() {
        for (least, step) in [(0.0, 1.0), (0.011, 0.02), (1.0, 1.0), (3.0, 5.0), (5.1, 10.0), (170.0, 200.0)]
        {
            assert!((round_step(least) - step).abs() < 1e-12, "{least}: {}", round_step(least));
        }
        assert_eq!(
            Scale::linear((0.0, 370.0), (0.0, 1.0)).ticks(8),
            [0.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0]
        );
        assert_eq!(Scale::linear((0.0, 0.0), (0.0, 1.0)).ticks(2), [0.0, 0.5, 1.0]);
        assert_eq!(Scale::logarithmic((0.1, 1000.0), (0.0, 1.0)).ticks(9), [0.1, 1.0, 10.0, 100.0, 1000.0]);
    }

    #[test]
    fn the_top_of_a_scale_is_a_tick() {
        for (most, top) in [(0.31, 0.4), (11.0, 15.0), (100.0, 100.0), (1.0, 1.0), (0.0, 1.0)] {
            let scale = Scale::up_to(most, 3, (0.0, 1.0));
            assert!((scale.at(top) - 1.0).abs() < 1e-9, "{most}: {scale:?}");
            assert!((scale.ticks(3).last().unwrap() - top).abs() < 1e-9, "{most}");
        }
    }

    #[test]
    fn values_land_between_the_ends() {
        let scale = Scale::linear((0.0, 10.0), (100.0, 0.0));
        assert_eq!((scale.at(0.0), scale.at(2.5), scale.at(10.0)), (100.0, 75.0, 0.0));
        let scale = Scale::logarithmic((1.0, 100.0), (0.0, 2.0));
        assert!((scale.at(10.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [(0.0, "0"), (-0.0001, "0"), (1.5, "1.5"), (100.0, "100"), (0.05, "0.05")] {
            assert_eq!(number(value), text);
        }
    }
}

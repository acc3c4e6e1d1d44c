//! Quantiles of Student's distribution.

use super::Z;

/// 97.5 % of Student's distribution lie below it. Up to two degrees of freedom exactly, above by the expansion in their
/// inverse (Abramowitz and Stegun, 26.7.5), which is right within 1 % from three on.
pub(crate) fn student(freedom: f64) -> f64 {
    match freedom {
        _ if freedom < 1.5 => 12.706,
        _ if freedom < 2.5 => 4.303,
        _ => {
            let terms = [
                (Z.powi(3) + Z) / 4.0,
                (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / 96.0,
                (3.0 * Z.powi(7) + 19.0 * Z.powi(5) + 17.0 * Z.powi(3) - 15.0 * Z) / 384.0,
            ];
            terms.iter().rev().fold(0.0, |sum, term| (sum + term) / freedom) + Z
        }
    }
}

#[cfg(test)]
mod tests {
    use super::student;

    #[test]
    fn the_quantiles_are_those_of_the_tables() {
        for (freedom, quantile) in [
            (1.0, 12.706),
            (2.0, 4.303),
            (3.0, 3.182),
            (4.0, 2.776),
            (5.0, 2.571),
            (11.0, 2.201),
            (19.0, 2.093),
            (99.0, 1.984),
            (1e9, 1.960),
        ] {
            let computed = student(freedom);
            assert!((computed / quantile - 1.0).abs() < 0.01, "{freedom}: {computed}");
        }
    }
}

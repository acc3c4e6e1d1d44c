//! A percentage as a flag's value.

/// Reads one.
///
/// # Errors
/// What would be right.
pub(crate) fn percent(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("expected a percentage, 0..100".into()),
    }
}

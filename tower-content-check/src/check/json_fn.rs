use crate::{Check, End, Rejection, json::nearest_value};
use serde_json::Value;
use std::fmt;

/// A check by a closure over the JSON value, see [`check_json`].
#[derive(Clone, Copy)]
pub struct CheckJson<F>(F);

/// A check by a closure over the content as a JSON value: for errors that come with status 200.
///
/// The value is built for this check alone, at several times the cost of [`Json`](super::Json). Content that is not
/// JSON is rejected as transient; place `Json` before it, and such content ends with its first fault.
///
/// What is JSON to [`Json`](super::Json) is JSON here too. Where a [`Value`] cannot hold it, the closure sees what is nearest:
/// the largest double for `1e999`, U+FFFD for an escaped lone surrogate. The content itself is handed on as it came. A part
/// (206) is not judged, and an empty answer passes where [none is expected](crate::Head::expects_content).
///
/// ```
/// use serde_json::Value;
/// use tower_content_check::{ContentCheckLayer, Rejection, check::{Json, check_json}};
///
/// let no_error = check_json(|value: &Value| match value.get("error") {
///     None | Some(Value::Null) => Ok(()),
///     Some(error) if error["code"] == "overloaded" => Err(Rejection::transient("overloaded")),
///     Some(error) => Err(Rejection::permanent(format!("the answer is an error: {error}"))),
/// });
/// let layer = ContentCheckLayer::new((Json::new(), no_error));
/// # let _ = layer;
/// ```
pub fn check_json<F>(check: F) -> CheckJson<F>
where
    F: FnMut(&Value) -> Result<(), Rejection>,
{
    CheckJson(check)
}

// ===== impl CheckJson =====

impl<F> Check for CheckJson<F>
where
    F: FnMut(&Value) -> Result<(), Rejection> + Send,
{
    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        if !end.head().has_whole_content() || end.has_no_content() {
            return Ok(());
        }
        match nearest_value(&end.bytes()) {
            Ok(value) => (self.0)(&value),
            Err(error) => {
                Err(Rejection::transient("content is no JSON value").unless_repeated().with_source(error))
            }
        }
    }
}

impl<F> fmt::Debug for CheckJson<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckJson(..)")
    }
}

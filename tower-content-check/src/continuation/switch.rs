/// An extension of a request whose body is not to be continued; checks are not switched off by it.
///
/// ```
/// use http::Request;
/// use tower_content_check::continuation::DoNotContinue;
///
/// let request = Request::get("https://example.com/file").extension(DoNotContinue).body(()).unwrap();
/// # let _ = request;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to say besides")]
pub struct DoNotContinue;

use super::settings::Settings;
use crate::{
    AttemptTimeoutError, Phase,
    causes::chain,
    classify,
    hint::{Hint, Hints, wall_clock},
};
use http::{Response, StatusCode};
use std::time::Duration;
use tower::BoxError;

/// What an attempt says of its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It does its work.
    Success,
    Failure,
    /// Nothing: the client's own trouble, a limit of its rate, content that is wrong wherever it comes from.
    Nothing,
}

// ===== impl Outcome =====

impl Outcome {
    pub(super) fn of<R>(result: &Result<Response<R>, BoxError>) -> Self {
        match result {
            Ok(response) => Self::of_status(response.status()),
            Err(error) => Self::of_error(error),
        }
    }

    fn of_status(status: StatusCode) -> Self {
        match status {
            // RFC 6585 section 4, RFC 9110 section 15.5.20, RFC 8470 section 5.2: it works, for others or elsewhere
            StatusCode::TOO_MANY_REQUESTS | StatusCode::MISDIRECTED_REQUEST | StatusCode::TOO_EARLY => {
                Self::Nothing
            }
            status if status.is_server_error() => Self::Failure,
            _ => Self::Success,
        }
    }

    fn of_error(error: &BoxError) -> Self {
        // whoever was in a hurry was the caller
        let hurried =
            chain(&**error).any(|cause| cause.downcast_ref().is_some_and(AttemptTimeoutError::is_deadline));
        let failure = classify::failure(&**error);
        match failure.phase {
            _ if failure.waited => Self::Nothing,
            Phase::Connect | Phase::Read | Phase::Body if !hurried => Self::Failure,
            _ => Self::Nothing,
        }
    }
}

/// For how long the response asks for no further request, as far as that is obeyed.
pub(super) fn hold<R>(settings: &Settings, result: &Result<Response<R>, BoxError>) -> Option<Duration> {
    let limit = settings.hold_back?;
    let response = result.as_ref().ok()?;
    // RFC 9110 section 15.5.14: 413 is about this request's content, and binds no other
    if !matches!(response.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    match Hints::default().read(response.headers(), &*wall_clock()) {
        Hint::NotBefore(asked) => Some(asked.min(limit)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PhasedError;

    #[test]
    fn what_counts_for_and_against_an_endpoint() {
        use Outcome::{Failure, Nothing, Success};
        let table = [
            (200, Success),
            (204, Success),
            (301, Success),
            (400, Success),
            (404, Success),
            (408, Success),
            (413, Success),
            (421, Nothing),
            (425, Nothing),
            (429, Nothing),
            (500, Failure),
            (503, Failure),
            (599, Failure),
        ];
        for (code, expected) in table {
            assert_eq!(Outcome::of_status(StatusCode::from_u16(code).unwrap()), expected, "{code}");
        }
        for phase in Phase::ALL {
            let expected = match phase {
                Phase::Connect | Phase::Read | Phase::Body => Failure,
                _ => Nothing,
            };
            let error: BoxError = PhasedError::new(phase, "x").into();
            assert_eq!(Outcome::of_error(&error), expected, "{phase}");
        }
    }
}

//! A library with retries inside: its author chooses the settings, its users change some, the budget stays the author's.
//!
//! ```text
//! cargo run --release --example misbehaving_server    # here
//! cargo run --release --example library_author        # in another terminal
//! ```
//!
//! The module `weather` is what the author publishes. Its users see a typed client and one type of this project, the
//! patch: a change of single settings that keeps the author's others.

#![allow(clippy::print_stdout, reason = "a program speaks to its user")]

mod arguments;

mod weather {
    //! Forecasts.

    use bytes::Bytes;
    use http::{Request, Response, Uri};
    use http_body_util::Full;
    use hyper_util::{
        client::legacy::Client as HttpClient,
        rt::{TokioExecutor, TokioTimer},
    };
    use serde::Deserialize;
    use std::{error, fmt, sync::Arc, time::Duration};
    use tower::{BoxError, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};
    use tower_content_check::{
        ContentCheckLayer,
        check::{JsonInto, Length, Parsed},
    };
    use tower_retry_policy::{
        AttemptTimeoutLayer, Deadline, RetryLayer, RetryPatch, RetryPolicy, budget::ThrottleBudget,
    };

    /// What the weather will be.
    #[derive(Debug, Deserialize)]
    pub(crate) struct Forecast {
        pub(crate) city: String,
        pub(crate) celsius: i32,
    }

    /// A client of the weather service. It retries by itself.
    #[derive(Clone)]
    pub(crate) struct Client {
        // boxed, so that the layers are nobody's business
        service: BoxCloneSyncService<Request<Full<Bytes>>, Response<()>, BoxError>,
        server: Uri,
        retry: Option<RetryPatch>,
    }

    /// Why there is no forecast.
    #[derive(Debug)]
    pub(crate) struct Error {
        source: BoxError,
    }

    impl Client {
        pub(crate) fn new(server: Uri) -> Self {
            let http = HttpClient::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build_http();
            // Retries stop while failures prevail, whatever users ask for: it is our server.
            let budget = Arc::new(ThrottleBudget::new());
            let service = ServiceBuilder::new()
                .layer(RetryLayer::new(RetryPolicy::standard().budget(budget).last_response_as_error(true)))
                // another shape than a forecast's is a failed attempt, and it is parsed only once
                .layer(ContentCheckLayer::new((Length::new(), JsonInto::<Forecast>::new())))
                .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(2)).idle(Duration::from_secs(2)))
                .service(http)
                .map_response(|response| response.map(drop));
            Self { service: BoxCloneSyncService::new(service), server, retry: None }
        }

        /// Changes the retries of this client. What the patch does not set remains, and so does the budget.
        pub(crate) fn retry(mut self, patch: RetryPatch) -> Self {
            self.retry = Some(patch);
            self
        }

        /// The forecast for a city, with the retries of the client.
        pub(crate) async fn forecast(&self, city: &str) -> Result<Forecast, Error> {
            self.forecast_with(city, None, Duration::from_secs(10)).await
        }

        /// The same with a further change for this call alone, and a limit on all of it.
        pub(crate) async fn forecast_with(
            &self,
            city: &str,
            retry: Option<RetryPatch>,
            limit: Duration,
        ) -> Result<Forecast, Error> {
            let url = format!("{}/{city}", self.server.to_string().trim_end_matches('/'));
            let mut request = Request::get(url).body(Full::default()).map_err(Error::new)?;
            request.extensions_mut().insert(Deadline::after(limit));
            if let Some(patch) = self.retry.iter().cloned().chain(retry).reduce(RetryPatch::and) {
                request.extensions_mut().insert(patch);
            }
            let response = self.service.clone().oneshot(request).await.map_err(Error::new)?;
            match Parsed::take(response) {
                Ok(forecast) => Ok(forecast.into_body()),
                Err(response) => Err(Error::new(format!("the server answered {}", response.status()))),
            }
        }
    }

    impl Error {
        fn new(source: impl Into<BoxError>) -> Self {
            Self { source: source.into() }
        }
    }

    impl fmt::Display for Error {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no forecast")
        }
    }

    impl error::Error for Error {
        fn source(&self) -> Option<&(dyn error::Error + 'static)> {
            Some(&*self.source)
        }
    }
}

use clap::Parser;
use http::Uri;
use std::{error::Error, process::ExitCode, time::Duration};
use tower_backoff::Backoff;
use tower_retry_policy::RetryPatch;
use weather::{Client, Forecast};

/// Asks for forecasts, as the users of a library do.
#[derive(Parser)]
struct Arguments {
    /// The misbehaving server
    #[arg(value_parser = arguments::url, default_value = "http://127.0.0.1:8080")]
    server: Uri,
}

#[tokio::main]
async fn main() -> ExitCode {
    // what these users call a city, the server takes for the trouble to make
    let client = Client::new(Arguments::parse().server);
    let minute = Duration::from_secs(60);

    let good = tell("as the author has it", &client.forecast("page").await);
    let once = Some(RetryPatch::new(|policy| policy.retries(0)));
    tell("this call without retries", &client.forecast_with("cut", once, minute).await);

    let hasty = client.retry(RetryPatch::new(|policy| policy.retries(1).backoff(Backoff::none())));
    tell("a client that retries once, at once", &hasty.forecast("down").await);

    // the wait is still that of the first patch, and nothing lifts the author's budget
    let eager = Some(RetryPatch::new(|policy| policy.retries(1000).without_budget()));
    tell("and this call a thousand times", &hasty.forecast_with("down", eager, minute).await);
    // the others fail on purpose
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether it was good.
fn tell(what: &str, outcome: &Result<Forecast, weather::Error>) -> bool {
    println!("{what}");
    match outcome {
        Ok(Forecast { city, celsius }) => println!("  {celsius} degrees in {city}"),
        // the source is the outline of the call: what was asked of whom, and how each attempt ended
        Err(error) => println!("  {error}: {}", error.source().map(ToString::to_string).unwrap_or_default()),
    }
    outcome.is_ok()
}

//! `Retry-After` as each project tests it, replayed from `vectors/retry_after.json`.
//!
//! The projects disagree with each other; the rows in which this policy sides with somebody else are listed with
//! the reason, and the test makes sure that they really differ.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod loops;

use self::loops::{Loop, over_each_loop};
use http::{HeaderValue, Request, Response};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    sync::Mutex,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::{RetryAfter, RetryPolicy};

/// Project and header, and why it is not so here.
const DIFFERENCES: [(&str, &str, &str); 9] = [
    (
        "urllib3",
        "Mon, 3 Jun 2019 12:00:00 UTC",
        "RFC 9110 section 5.6.7: dates end in GMT, days have two digits",
    ),
    ("envoy", "Fri, 17 Jul 2020 11:59:51 GMT", "RFC 9110 section 10.2.3: a date is one of the two forms"),
    ("envoy", "999999999", "a point in time belongs into X-RateLimit-Reset; here it is seconds"),
    ("envoy", "1000000007", "a point in time belongs into X-RateLimit-Reset; here it is seconds"),
    ("smithy-typescript", "2026-03-17T17:38:24.339Z", "ISO 8601 is no HTTP-date"),
    ("got", "<past date>", "a past date asks for no wait, not for a millisecond"),
    ("okhttp", "1", "408 is retried by the list alone"),
    ("okhttp", "Fri, 31 Dec 1999 23:59:59 GMT", "a date is read, not taken for eternity"),
    ("failsafe-go", "-5", "RFC 9110: digits only"),
];

/// What the row says of something that is no `Retry-After`, or of another rule than its reading.
const ELSEWHERE: [&str; 2] = ["botocore 2.1", "RateLimit draft"];

over_each_loop!(
    #[tokio::test(start_paused = true)]
    every_row_agrees_or_is_listed,
);

async fn every_row_agrees_or_is_listed(which: Loop) {
    let file: Value = serde_json::from_str(include_str!("vectors/retry_after.json")).unwrap();
    let rows = file["cases"].as_array().unwrap();
    assert_eq!(rows.len(), 44, "the file is whole");
    let mut differing = BTreeSet::new();
    for row in rows {
        let project = row["project"].as_str().unwrap();
        if ELSEWHERE.contains(&project) || row["conditions"]["header_name"].is_string() {
            continue;
        }
        let header = match &row["header"] {
            Value::Array(values) => values.first().and_then(Value::as_str),
            value => value.as_str(),
        };
        if !agrees(row, wait(which, row, header).await) {
            differing.insert((project.to_owned(), header.unwrap_or("absent").to_owned()));
        }
    }
    let listed = DIFFERENCES.iter().map(|(project, header, _)| ((*project).to_owned(), (*header).to_owned()));
    assert_eq!(differing, listed.collect(), "left: rows that differ; right: differences that are meant");
}

/// The wait before the retry; `None` where the header asks for nothing and so brings no retry.
async fn wait(which: Loop, row: &Value, header: Option<&str>) -> Option<f64> {
    let conditions = &row["conditions"];
    let cap = match row["project"].as_str() {
        Some("urllib3" | "curl") => conditions["max_s"].as_u64().unwrap_or(21_600),
        _ => u64::MAX,
    };
    let rule = match conditions["retry_max_time_s"].as_u64() {
        Some(limit) => RetryAfter::Refuse(Duration::from_secs(limit)),
        None => RetryAfter::Cap(Duration::from_secs(cap)),
    };
    let now = row["now"].as_str().map_or_else(SystemTime::now_for_tests, moment);
    let mut response = Response::new(());
    *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    if let Some(value) = header {
        let value = value.replace("<past date>", "Thu, 01 Jan 1970 00:00:00 GMT");
        response.headers_mut().insert("retry-after", HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let policy = RetryPolicy::urllib3(1).retry_after(rule).clock(move || now);
    let answers = Mutex::new(vec![Response::new(()), response]);
    let sent = Mutex::new(Vec::new());
    let server = service_fn(|_: Request<String>| {
        sent.lock().unwrap().push(Instant::now());
        let answer = answers.lock().unwrap().pop().unwrap();
        async { Ok::<_, BoxError>(answer) }
    });
    let call = ServiceBuilder::new().layer(which.retry(policy)).service(server);
    let call = call.oneshot(Request::new(String::new()));
    // tokio's timers end about two years from now
    if tokio::time::timeout(Duration::from_secs(1 << 35), call).await.is_err() {
        return Some(f64::INFINITY);
    }
    match sent.lock().unwrap()[..] {
        [_] => None,
        [first, second] => Some((second - first).as_secs_f64()),
        _ => panic!("one retry at the most"),
    }
}

fn agrees(row: &Value, wait: Option<f64>) -> bool {
    let result = &row["result"];
    if let Some(seconds) = result["seconds"].as_f64() {
        wait == Some(seconds)
    } else if let Some(range) = result["seconds_range"].as_array() {
        wait.is_some_and(|wait| wait >= range[0].as_f64().unwrap() && wait <= range[1].as_f64().unwrap())
    } else if result["invalid"] == true || result["fallback"] == "backoff" || result["retry"] == false {
        wait.is_none()
    } else if let Some(date) = result["date"].as_str() {
        // a date of the past century: read, and over
        moment(date) < SystemTime::now_for_tests() && wait == Some(0.0)
    } else {
        // "either": it must not panic, and it has not
        result["either"].is_array()
    }
}

trait TestClock {
    fn now_for_tests() -> SystemTime;
}

impl TestClock for SystemTime {
    /// Any moment between the past and the future dates of the file.
    fn now_for_tests() -> SystemTime {
        moment("2026-01-01T00:00:00Z")
    }
}

/// An ISO 8601 moment in UTC.
fn moment(iso: &str) -> SystemTime {
    let (date, time) = iso.trim_end_matches('Z').split_once('T').unwrap();
    let numbers = |text: &str, separator| -> Vec<f64> {
        text.split(separator).map(|number: &str| number.parse().unwrap()).collect()
    };
    let (date, time) = (numbers(date, '-'), numbers(time, ':'));
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months[date[1] as usize - 1];
    // asctime's form has no comma after a weekday that would have to be right
    let seconds = time[2];
    let whole = (0..7).find_map(|weekday| {
        let name = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][weekday];
        let text = format!(
            "{name}, {:02} {month} {} {:02}:{:02}:{:02} GMT",
            date[2],
            date[0],
            time[0],
            time[1],
            seconds.trunc()
        );
        httpdate::parse_http_date(&text).ok()
    });
    whole.unwrap() + Duration::from_secs_f64(seconds.fract())
}

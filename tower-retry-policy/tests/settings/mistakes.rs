//! Each row: what somebody may type, the key that the error names, and what it says would be right.

use tower_retry_policy::{
    RetryPolicy,
    settings::{BackoffKind, RetrySettings, StandardSettings},
};

const DURATION: &str = r#"such as "1.5s" or "100ms", of 365d at most"#;

const TABLE: &[(&str, &str, &str)] = &[
    // units
    ("deadline = 30", "deadline", DURATION),
    ("deadline = '30'", "deadline", DURATION),
    ("deadline = 'thirty'", "deadline", DURATION),
    ("deadline = '-1s'", "deadline", DURATION),
    ("deadline = '0s'", "deadline", "a positive duration"),
    ("deadline = 'NaNs'", "deadline", DURATION),
    ("deadline = 'infs'", "deadline", DURATION),
    ("deadline = nan", "deadline", DURATION),
    ("deadline = 1e30", "deadline", "found 1e30"),
    ("deadline = '1000000000000000000000000000000s'", "deadline", DURATION),
    ("deadline = '366d'", "deadline", DURATION),
    ("deadline = '1m30s'", "deadline", DURATION),
    ("deadline = '1 week'", "deadline", DURATION),
    ("deadline = '1S'", "deadline", DURATION),
    ("deadline = ''", "deadline", "or \"off\""),
    ("deadline = 'none'", "deadline", "or \"off\""),
    ("deadline = true", "deadline", "found true"),
    ("deadline = 2020-01-01", "deadline", DURATION),
    ("attempt.head = '5'", "attempt.head", DURATION),
    ("attempt.idle = '0ms'", "attempt.idle", "a positive duration"),
    ("attempt.total = []", "attempt.total", "found a list"),
    ("attempt = 5", "attempt", "a table of settings, found 5"),
    // numbers
    ("retry.retries = -1", "retry.retries", "a whole number from 0 to 4294967295, or \"off\", found -1"),
    ("retry.retries = 4294967296", "retry.retries", "found 4294967296"),
    ("retry.retries = 1.5", "retry.retries", "found 1.5"),
    ("retry.retries = 'three'", "retry.retries", "found \"three\""),
    ("retry.retries = '-1'", "retry.retries", "found \"-1\""),
    ("retry.retries = true", "retry.retries", "found true"),
    ("retry.retries = nan", "retry.retries", "found NaN"),
    ("retry.retries_after.connect = -1", "retry.retries_after.connect", "from 0 to 4294967295"),
    (
        "retry.retries_after.conect = 1",
        "retry.retries_after.conect",
        "connect, unprocessed, read, status, body",
    ),
    ("retry.retries_after = 3", "retry.retries_after", "a table of settings"),
    // lists
    ("retry.statuses = [99]", "retry.statuses", "a status from 100 to 599, found 99"),
    ("retry.statuses = [503, 700]", "retry.statuses", "a status from 100 to 599, found 700"),
    ("retry.statuses = ['5xx']", "retry.statuses", "found \"5xx\""),
    ("retry.statuses = 503", "retry.statuses", "a list of statuses, such as [429, 503], found 503"),
    ("retry.statuses = ''", "retry.statuses", "a list of statuses"),
    ("retry.methods = ['GE T']", "retry.methods", "in capital letters, such as \"GET\", found \"GE T\""),
    ("retry.methods = ['get']", "retry.methods", "in capital letters"),
    ("retry.methods = ['']", "retry.methods", "a method"),
    ("retry.methods = 'all'", "retry.methods", "found \"all\""),
    ("retry.methods = true", "retry.methods", "\"idempotent\", \"any\", or a list of methods"),
    ("retry.grpc_codes = ['BUSY']", "retry.grpc_codes", "a gRPC status such as \"UNAVAILABLE\""),
    ("retry.grpc_codes = [0]", "retry.grpc_codes", "from 1 to 16, found 0"),
    ("retry.grpc_codes = ['OK']", "retry.grpc_codes", "from 1 to 16"),
    ("retry.grpc_codes = [17]", "retry.grpc_codes", "from 1 to 16"),
    // names
    ("retry.preset = 'default'", "retry.preset", "\"standard\", \"urllib3\", \"never\", found \"default\""),
    ("retry = 'always'", "retry.preset", "\"standard\", \"urllib3\", \"never\""),
    ("retry.honour_idempotency_key = 'yes'", "retry.honour_idempotency_key", "true or false"),
    ("retry.attempt_header = 'x attempt'", "retry.attempt_header", "the name of a header field"),
    ("retry.attempt_header = 'Content-Length'", "retry.attempt_header", "a header field of its own"),
    ("retry.attempt_header = 'idempotency-key'", "retry.attempt_header", "a header field of its own"),
    ("retry.retry_after = 'never'", "retry.retry_after", "\"ignore\", { refuse = \"60s\" }"),
    ("retry.retry_after = '60s'", "retry.retry_after", "{ cap = \"60s\" }"),
    ("retry.retry_after = {}", "retry.retry_after", "found an empty table"),
    ("retry.retry_after = { cap = '1s', refuse = '1s' }", "retry.retry_after", "found both"),
    ("retry.retry_after = { cap = 60 }", "retry.retry_after.cap", DURATION),
    ("retry.retry_after = { limit = '1s' }", "retry.retry_after.limit", "refuse, cap"),
    // backoff
    ("retry.backoff.first = 100", "retry.backoff.first", DURATION),
    ("retry.backoff.first = '100'", "retry.backoff.first", "found \"100\""),
    ("retry.backoff.factor = 0", "retry.backoff.factor", "from 1 to 1000, found 0"),
    ("retry.backoff.factor = 0.5", "retry.backoff.factor", "from 1 to 1000, found 0.5"),
    ("retry.backoff.factor = 1.5", "retry.backoff.factor", "a whole number"),
    ("retry.backoff.kind = 'expo'", "retry.backoff.kind", "\"exponential\", \"urllib3\", \"schedule\""),
    ("retry.backoff = 'fast'", "retry.backoff.kind", "\"none\", \"constant\""),
    ("retry.backoff = { kind = 'linear', factor = 3 }", "retry.backoff.factor", "the kind \"linear\""),
    ("retry.backoff = { kind = 'none', first = '1s' }", "retry.backoff.first", "the kind \"none\""),
    ("retry.backoff = { kind = 'schedule', first = '1s' }", "retry.backoff.first", "the kind \"schedule\""),
    (
        "retry.backoff = { kind = 'constant', delays = ['1s'] }",
        "retry.backoff.delays",
        "the kind \"constant\"",
    ),
    ("retry.backoff.delays = ['1s', 2]", "retry.backoff.delays", "found 2"),
    ("retry.backoff.jitter = 'half'", "retry.backoff.jitter", "\"full\", \"equal\", \"decorrelated\""),
    ("retry.backoff.jitter = '0%'", "retry.backoff.jitter", "\"1%\" to \"100%\""),
    ("retry.backoff.jitter = '101%'", "retry.backoff.jitter", "\"1%\" to \"100%\""),
    ("retry.backoff.jitter = 0.2", "retry.backoff.jitter", "found 0.2"),
    ("retry.backoff.first_retry_immediately = 1", "retry.backoff.first_retry_immediately", "true or false"),
    // budget
    ("retry.budget.ratio = 7", "retry.budget.ratio", "a share of the requests from 0 to 1, found 7"),
    ("retry.budget.ratio = -0.1", "retry.budget.ratio", "from 0 to 1"),
    ("retry.budget.ratio = nan", "retry.budget.ratio", "from 0 to 1, found NaN"),
    ("retry.budget.ratio = inf", "retry.budget.ratio", "from 0 to 1"),
    ("retry.budget.ratio = '20%'", "retry.budget.ratio", "from 0 to 1"),
    ("retry.budget.per_second = -1", "retry.budget.per_second", "from 0 to 4294967295"),
    ("retry.budget.window = '1ms'", "retry.budget.window", "10ms or more"),
    ("retry.budget.kind = 'tokens'", "retry.budget.kind", "\"throttle\", \"quota\", \"in_flight\""),
    ("retry.budget.max_tokens = 5", "retry.budget.max_tokens", "\"throttle\", and this one is \"ratio\""),
    ("retry.budget = { kind = 'throttle', max_tokens = 0 }", "retry.budget.max_tokens", "from 1 to 1000"),
    ("retry.budget = { kind = 'throttle', token_ratio = 0 }", "retry.budget.token_ratio", "from 0.001"),
    (
        "retry.budget = { kind = 'throttle', ratio = 0.1 }",
        "retry.budget.ratio",
        "\"ratio\", and this one is \"throttle\"",
    ),
    ("retry.budget = { kind = 'in_flight', percent = 101 }", "retry.budget.percent", "from 0 to 100"),
    ("retry.budget = { kind = 'none', per_host = true }", "retry.budget.per_host", "there is no budget"),
    ("retry.budget.max_hosts = 10", "retry.budget.max_hosts", "`per_host = true`"),
    ("retry.budget = { per_host = true, max_hosts = 0 }", "retry.budget.max_hosts", "from 1 to 1000000"),
    // hedge
    ("hedge.percentile = 101", "hedge.percentile", "at most 100, found 101"),
    ("hedge.percentile = 0", "hedge.percentile", "more than 0"),
    ("hedge.percentile = nan", "hedge.percentile", "more than 0"),
    ("hedge = '2'", "hedge.after", DURATION),
    ("hedge = { after = '1s', percentile = 95 }", "hedge.percentile", "found both"),
    ("hedge = { after = '1s', factor = 2 }", "hedge.factor", "`percentile`, which is not set"),
    ("hedge = { after = '1s', at_once = 1 }", "hedge.at_once", "from 2 to 1000"),
    ("hedge.at_once = 3", "hedge.at_once", "`after` or `percentile` beside it"),
    ("hedge = { after = '1s', hedges = 0 }", "hedge.hedges", "from 1"),
    ("hedge = { percentile = 95, factor = 0 }", "hedge.factor", "from 0.01 to 1000"),
    ("hedge = { percentile = 95, floor = '2s', ceiling = '1s' }", "hedge.ceiling", "at least the `floor`"),
    ("hedge = { percentile = 95, samples = 0 }", "hedge.samples", "from 1"),
    // content
    ("content.max_bytes = 0", "content.max_bytes", "from 1"),
    ("content.max_bytes = '16MiB'", "content.max_bytes", "a whole number"),
    ("content.drain_bytes = -1", "content.drain_bytes", "from 0"),
    ("content.compact = 'no'", "content.compact", "true or false"),
    // keys
    ("timeout = '1s'", "timeout", "unknown key, expected one of deadline, attempt, retry, hedge, content"),
    ("retry.retrys = 3", "retry.retrys", "unknown key, expected one of preset, retries, retries_after"),
    ("retry.backoff.max = '1s'", "retry.backoff.max", "kind, first, factor, delays, cap, jitter"),
    ("retry.budget.rate = 0.1", "retry.budget.rate", "kind, ratio, per_second, window"),
    ("hedge.delay = '1s'", "hedge.delay", "after, percentile"),
    ("attempt.connect = '1s'", "attempt.connect", "head, idle, total"),
    ("Deadline = '1s'", "Deadline", "deadline"),
];

#[test]
fn each_mistake_names_its_key_and_what_would_be_right() {
    for (text, key, right) in TABLE {
        let error = toml::from_str::<StandardSettings>(text).expect_err(text);
        let message = error.message();
        assert!(message.starts_with(&format!("{key}: ")), "{text}: {message}");
        assert!(message.contains(right), "{text}: {message}");
    }
}

#[test]
fn every_format_gives_the_same_message() {
    for (text, key, right) in TABLE {
        // JSON has neither of them
        let Ok(value) = toml::from_str::<toml::Table>(text) else { continue };
        if text.contains("nan") || text.contains("inf") || text.contains("2020") {
            continue;
        }
        let json = serde_json::to_string(&value).unwrap();
        let error = serde_json::from_str::<StandardSettings>(&json).expect_err(text).to_string();
        assert!(error.starts_with(&format!("{key}: ")) && error.contains(right), "{json}: {error}");
    }
}

#[test]
fn a_key_that_is_there_twice_is_a_mistake() {
    let error = serde_json::from_str::<RetrySettings>(r#"{"retries": 1, "retries": 2}"#).unwrap_err();
    assert!(error.to_string().starts_with("retries: this key is there twice"), "{error}");
}

#[test]
fn what_does_not_fit_the_preset_is_said_when_the_policy_is_made() {
    let table = [
        ("preset = 'urllib3'\nbackoff.factor = 3", "backoff.factor", "the kind \"none\""),
        ("preset = 'never'\nbackoff.first = '1s'", "backoff.first", "the kind \"none\""),
        ("backoff.delays = ['1s']", "backoff.delays", "the kind \"exponential\""),
        ("backoff.kind = 'schedule'", "backoff.delays", "the kind \"schedule\" needs it"),
    ];
    for (text, key, right) in table {
        let settings: RetrySettings = toml::from_str(text).expect(text);
        for error in [settings.policy().expect_err(text), settings.explicit().expect_err(text)] {
            assert_eq!(error.key(), key, "{text}");
            assert!(error.to_string().contains(right), "{text}: {error}");
        }
        let mut whole = StandardSettings::default();
        whole.retry = settings;
        let error = whole.policy().expect_err(text);
        assert_eq!(error.key(), format!("retry.{key}"), "{error}");
    }
}

#[test]
fn settings_of_a_program_are_held_to_the_same_rules() {
    let mut settings = RetrySettings::default();
    let mut budget = tower_retry_policy::settings::BudgetSettings::default();
    budget.ratio = Some(7.0);
    settings.budget = Some(budget);
    let error = settings.policy().unwrap_err();
    assert_eq!(error.to_string(), "budget.ratio: expected a share of the requests from 0 to 1, found 7.0");
    assert_eq!(settings.apply(RetryPolicy::never()).unwrap_err(), error);

    let mut settings = RetrySettings::default();
    settings.statuses = Some(vec![http::StatusCode::from_u16(700).unwrap()]);
    for error in [settings.policy().unwrap_err(), settings.apply(RetryPolicy::never()).unwrap_err()] {
        assert_eq!(error.to_string(), "statuses: expected a status from 100 to 599, found 700");
    }

    let mut settings = StandardSettings::default();
    settings.retry.backoff.kind = Some(BackoffKind::Exponential);
    settings.retry.backoff.factor = Some(0);
    for error in [
        settings.policy().unwrap_err(),
        settings.timeouts().unwrap_err(),
        settings.deadline().unwrap_err(),
        settings.hedge().unwrap_err(),
        settings.explicit().unwrap_err(),
    ] {
        assert_eq!(error.key(), "retry.backoff.factor");
    }
}

#[test]
fn values_are_shown_in_one_line_and_without_secrets() {
    let table = [
        ("https://me:hunter2@host/?key=t0ken", "\"https://host/\""),
        ("a\r\nb\u{1b}[31m\u{202e}", "\"a\\r\\nb\\u{1b}[31m\\u{202e}\""),
    ];
    for (value, shown) in table {
        let json = serde_json::json!({ "retry": { "preset": value } });
        let error = serde_json::from_value::<StandardSettings>(json).unwrap_err().to_string();
        assert!(error.ends_with(&format!("found {shown}")), "{error}");
        let json = serde_json::json!({ value: 1 });
        let error = serde_json::from_value::<StandardSettings>(json).unwrap_err().to_string();
        assert!(!error.contains("hunter2") && !error.contains(char::is_control), "{error}");
    }
    let long = "x".repeat(1_000_000);
    let error =
        serde_json::from_value::<StandardSettings>(serde_json::json!({ "deadline": long })).unwrap_err();
    assert!(error.to_string().len() < 600);
}

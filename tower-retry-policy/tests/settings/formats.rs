//! TOML, JSON, variables, and tables within settings of one's own.

use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error, value::MapDeserializer},
};
use std::{collections::HashMap, time::Duration};
use tower_retry_policy::settings::{OrOff, RetrySettings, StandardSettings};

const TOML: &str = r#"
deadline = "5s"
hedge = "1s"

[retry]
retries = 3
statuses = [429, 503]
methods = ["GET", "POST"]
grpc_codes = ["UNAVAILABLE", 8]
retry_after = { cap = "30s" }
attempt_header = "x-attempt"
honour_idempotency_key = false

[retry.retries_after]
connect = 2

[retry.backoff]
first = "50ms"
jitter = "20%"

[retry.budget]
ratio = 0.5
"#;

fn vars() -> Vec<(String, String)> {
    let vars = [
        ("API__DEADLINE", "5s"),
        ("API__HEDGE", "1s"),
        ("API__RETRY__RETRIES", "3"),
        ("API__RETRY__STATUSES", "429, 503"),
        ("API__RETRY__METHODS", "GET,POST"),
        ("API__RETRY__GRPC_CODES", "UNAVAILABLE, 8"),
        ("API__RETRY__RETRY_AFTER__CAP", "30s"),
        ("API__RETRY__ATTEMPT_HEADER", "x-attempt"),
        ("API__RETRY__HONOUR_IDEMPOTENCY_KEY", "false"),
        ("API__RETRY__RETRIES_AFTER__CONNECT", "2"),
        ("API__RETRY__BACKOFF__FIRST", "50ms"),
        ("API__RETRY__BACKOFF__JITTER", "20%"),
        ("API__RETRY__BUDGET__RATIO", "0.5"),
        ("APIARY__NAME", "somebody else's"),
        ("HOME", "/root"),
    ];
    vars.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

#[test]
fn every_format_says_the_same() {
    let settings: StandardSettings = toml::from_str(TOML).unwrap();
    assert_eq!(settings.retry.retries, Some(OrOff::On(3)));
    let json = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<StandardSettings>(&json).unwrap(), settings, "{json}");
    assert_eq!(toml::from_str::<StandardSettings>(&settings.to_toml()).unwrap(), settings);
    assert_eq!(StandardSettings::from_vars("API", vars()).unwrap(), settings);
    assert_eq!(StandardSettings::from_vars("api", vars()).unwrap(), settings);
    assert_eq!(StandardSettings::from_vars("OTHER", vars()).unwrap(), StandardSettings::default());
}

#[test]
fn variables_name_their_key() {
    let table = [
        (vec![("A__RETRY__RETRIES", "many")], "retry.retries"),
        (vec![("A__RETRY__RETRYS", "3")], "retry.retrys"),
        (vec![("A__RETRY_RETRIES", "3")], "retry_retries"),
        (vec![("A__", "3")], ""),
        (vec![("A__RETRY__", "3")], "retry"),
        (vec![("A__RETRY", "never"), ("A__RETRY__RETRIES", "3")], "retry.retries"),
        (vec![("A__RETRY__RETRIES", "3"), ("A__RETRY", "never")], "retry"),
        (vec![("A__DEADLINE", "1s"), ("a__deadline", "2s")], "deadline"),
        (vec![("A__A__A__A__A__A__A__A__A__A__A", "1s")], "a.a.a"),
    ];
    for (vars, key) in table {
        let owned = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let error = StandardSettings::from_vars("A", owned).expect_err(key);
        assert!(error.key().starts_with(key), "{vars:?}: {error}");
    }
}

/// What crates for the environment hand to serde: nothing but texts.
#[test]
fn a_map_of_texts_is_read() {
    let vars = HashMap::from([("retries", "3"), ("statuses", "503"), ("last_response_as_error", "true")]);
    let map = MapDeserializer::<_, Error>::new(vars.into_iter());
    let settings = RetrySettings::deserialize(map).unwrap();
    assert_eq!(settings.retries, Some(OrOff::On(3)));
    assert_eq!(settings.last_response_as_error, Some(true));
    settings.policy().unwrap();

    let map = MapDeserializer::<_, Error>::new([("retries", "3s")].into_iter());
    let error = RetrySettings::deserialize(map).unwrap_err();
    assert!(error.to_string().starts_with("retries: expected a whole number"), "{error}");
    let never = RetrySettings::deserialize(IntoDeserializer::<Error>::into_deserializer("never")).unwrap();
    assert_eq!(never, toml::from_str("preset = 'never'").unwrap());
}

#[test]
fn a_table_within_settings_of_ones_own() {
    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default, deny_unknown_fields)]
    struct Own {
        name: String,
        http: StandardSettings,
        upload: Option<RetrySettings>,
    }
    let own: Own = toml::from_str("name = 'x'\n[http]\ndeadline = '1s'\n[upload]\nretries = 0").unwrap();
    assert_eq!(own.http.deadline().unwrap(), Some(Duration::from_secs(1)));
    assert!(own.upload.is_some());
    assert_eq!(toml::from_str::<Own>("").unwrap(), Own::default());
    let error = toml::from_str::<Own>("name = 'x'\n[http.retry]\nretries = -1").unwrap_err();
    assert!(error.message().starts_with("retry.retries: "), "{error}");
    // the format adds where it stands
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn null_is_absent() {
    let json = r#"{"deadline": null, "retry": null, "hedge": {"after": null}, "attempt": {"head": null}}"#;
    assert_eq!(serde_json::from_str::<StandardSettings>(json).unwrap(), StandardSettings::default());
}

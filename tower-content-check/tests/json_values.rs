//! JSON that becomes a value: closures over it, and types.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]
#![cfg(feature = "json")]

mod support;

use http::Response;
use serde_json::Value;
use std::error::Error;
use support::{Script, call, data, error, response};
use tower_content_check::{
    ContentCheckLayer, Rejection, Verdict,
    check::{BoxCheck, Json, JsonInto, Parsed, check_json},
    json::JsonFault,
};

#[tokio::test]
async fn an_error_under_a_200_is_told_by_a_closure() {
    let no_error = check_json(|value: &Value| match &value["error"] {
        Value::Null => Ok(()),
        error if error["code"] == "overloaded" => Err(Rejection::transient("overloaded")),
        error => Err(Rejection::permanent(format!("the answer is an error: {error}"))),
    });
    let layer = ContentCheckLayer::new((Json::new(), no_error));
    // frames; the reason of the rejection, and whether it is permanent
    type Case = (&'static [&'static str], Option<(&'static str, bool)>);
    let cases: &[Case] = &[
        (&["{\"items\": []}"], None),
        (&["[]"], None),
        (&["{\"error\":", "null}"], None),
        (&["{\"error\":", "{\"code\":\"overloaded\"}}"], Some(("overloaded", false))),
        (&["{\"error\":\"no such table\"}"], Some(("the answer is an error: \"no such table\"", true))),
        (&["{\"error\":"], Some(("content is not JSON", false))),
        // JSON to the letter, which a value holds as well as it can
        (&["\"\\ud800\""], None),
        (&["{\"n\": 1e999, \"error\": \"\\udc00\"}"], Some(("the answer is an error: \"\u{fffd}\"", true))),
    ];
    for (frames, expected) in cases {
        let body = Script::new(frames.iter().map(|frame| data(frame)));
        match (call(layer.clone(), response(200, &[], body)).await, expected) {
            (Ok(_), None) => {}
            (outcome, Some((reason, permanent))) => {
                let error = error(outcome);
                assert_eq!((error.reason(), error.is_permanent()), (Some(*reason), *permanent), "{frames:?}");
            }
            (Err(error), None) => panic!("{frames:?}: {error}"),
        }
    }
}

#[tokio::test]
async fn json_is_parsed_once_into_its_type() {
    let layer = ContentCheckLayer::new(JsonInto::<Vec<u8>>::new());
    let body = || Script::new([data("[1, "), data("2]")]);

    let response_of = |status| call(layer.clone(), response(status, &[("x-kept", "yes")], body()));
    let parsed: Response<Vec<u8>> = Parsed::take(response_of(200).await.unwrap()).unwrap();
    assert_eq!(parsed.headers()["x-kept"], "yes");
    assert_eq!(parsed.into_body(), [1, 2]);

    let not_judged = Parsed::<Vec<u8>>::take(response_of(404).await.unwrap()).unwrap_err();
    assert_eq!(not_judged.status(), 404);
    assert_eq!(not_judged.into_body().into_text().await.unwrap(), "[1, 2]");

    let response = response_of(200).await.unwrap();
    let copy = response.extensions().get::<Parsed<Vec<u8>>>().unwrap().clone();
    let response = Parsed::<Vec<u8>>::take(response).unwrap_err();
    assert_eq!(**response.extensions().get::<Parsed<Vec<u8>>>().unwrap(), *copy);
    drop(copy);
    assert!(Parsed::<Vec<u8>>::take(response).is_ok());
}

#[tokio::test]
async fn json_of_another_shape_is_rejected_with_the_place() {
    let layer = |verdict| ContentCheckLayer::new(JsonInto::<Vec<u8>>::new().verdict(verdict));
    for (content, place) in [("[1,\n 300]", (2, 4)), ("{}", (1, 0)), ("[1, 2", (1, 5)), ("", (1, 0))] {
        for verdict in [Verdict::Transient, Verdict::Permanent] {
            let error = error(call(layer(verdict), response(200, &[], Script::of(content))).await);
            assert!(error.reason().unwrap().contains("Vec<u8>"), "{error}");
            assert_eq!(error.is_permanent(), verdict == Verdict::Permanent);
            let source = error.source().unwrap().downcast_ref::<serde_json::Error>().unwrap();
            assert_eq!((source.line(), source.column()), place, "{content}: {source}");
        }
    }
}

#[tokio::test]
async fn the_json_check_names_the_place_and_ends_the_download() {
    let body = Script::new([data("{\"a\":"), data(" oops"), data("}")]);
    let watch = body.watch.clone();
    let error = error(call(ContentCheckLayer::new(Json::new()), response(200, &[], body)).await);
    let fault = error.source().unwrap().downcast_ref::<JsonFault>().unwrap();
    assert_eq!((fault.offset(), fault.line(), fault.column()), (6, 1, 7));
    assert_eq!(watch.polls(), 2);

    let deep = |limit| {
        call(ContentCheckLayer::new(Json::new().max_depth(limit)), response(200, &[], Script::of("[[[]]]")))
    };
    assert!(deep(3).await.is_ok());
    assert!(deep(2).await.is_err());
}

#[tokio::test]
async fn a_body_can_be_read_as_a_value() {
    let body = || call(ContentCheckLayer::json(), response(200, &[], Script::new([data("[1,"), data("2]")])));
    let value: Vec<u8> = body().await.unwrap().into_body().into_json().await.unwrap();
    assert_eq!(value, [1, 2]);
    let wrong = body().await.unwrap().into_body().into_json::<String>().await.unwrap_err();
    assert!(wrong.is::<serde_json::Error>());
}

#[tokio::test]
async fn the_checks_agree_on_what_is_json() {
    // content; JSON; and whether a value of serde_json can hold it
    let cases = [
        ("1e999", true, false),
        ("[-1E400]", true, false),
        ("1e-999", true, true),
        ("\"\\ud800\"", true, false),
        ("\"\\udc00\\ud800\"", true, false),
        ("{\"\\ud83d\": 1}", true, false),
        ("\"\\ud83d\\ude00\"", true, true),
        ("123456789012345678901234567890", true, true),
        ("1e", false, false),
        ("\"\\ud8\"", false, false),
        ("NaN", false, false),
        ("[1] 2", false, false),
    ];
    for (content, json, held) in cases {
        let of =
            |check: BoxCheck| call(ContentCheckLayer::new(check), response(200, &[], Script::of(content)));
        assert_eq!(of(BoxCheck::new(Json::new())).await.is_ok(), json, "{content}");
        assert_eq!(of(BoxCheck::new(check_json(|_| Ok(())))).await.is_ok(), json, "{content}");
        assert_eq!(of(BoxCheck::new(JsonInto::<Value>::new())).await.is_ok(), held, "{content}");
        if json {
            let body = of(BoxCheck::new(check_json(|_| Ok(())))).await.unwrap().into_body();
            assert_eq!(body.into_text().await.unwrap(), content, "handed on as it came");
        }
    }
}

//! Every setting is set, shown and refused as its help says.

use super::*;
use proptest::prelude::*;

#[test]
fn every_setting_is_set_and_read_back() {
    for (name, text, shown) in [
        ("loss", "10,50", "10,50,100,0"),
        ("p", "7", "7"),
        ("r", "12.5%", "12.5"),
        ("1-h", "90", "90"),
        ("1-k", "0.1", "0.1"),
        ("preset", "no-probe", "no-probe"),
        ("probe", "500", "500"),
        ("probe", "off", "off"),
        ("delay", "20ms", "20ms"),
        ("size", "100000", "100000"),
        ("lies", "0", "0"),
        ("attempts", "4", "4"),
        ("head", "2s", "2s"),
        ("idle", "off", "off"),
        ("total", "1m", "60s"),
        ("deadline", "2.5s", "2.5s"),
        ("backoff", "urllib3", "urllib3"),
        ("first", "25s", "25s"),
        ("factor", "3", "3"),
        ("cap", "off", "off"),
        ("jitter", "20%", "20%"),
        ("jitter", "1s", "1s"),
        ("jitter", "decorrelated", "decorrelated"),
        ("check", "length", "length"),
        ("hedge", "1.72s", "1.72s"),
        ("at-once", "3", "3"),
        ("budget", "on", "on"),
        ("budget", " 15%", "15%"),
        ("requests", "10", "10"),
        ("workers", "2", "2"),
        ("seed", "18446744073709551615", "18446744073709551615"),
        ("seeds", "3", "3"),
    ] {
        let setting = Setting::named(name).unwrap();
        let mut settings = Settings::default();
        setting.set(&mut settings, text).unwrap();
        assert_eq!(setting.get(&settings), shown, "{name}");
        assert_ne!(settings, Settings::default(), "{name} changes something");
    }
}

#[test]
fn what_a_setting_shows_can_be_set_and_changes_nothing() {
    let mut settings = Settings::default();
    for setting in Setting::all() {
        let shown = setting.get(&settings);
        setting.set(&mut settings, &shown).unwrap();
        assert_eq!(setting.get(&settings), shown, "{}", setting.name);
    }
    assert_eq!(settings, Settings::default());
}

#[test]
fn a_preset_brings_its_probe_and_the_loss_its_parts() {
    let mut settings = Settings::default();
    Setting::named("preset").unwrap().set(&mut settings, "no-probe").unwrap();
    assert_eq!(settings.network.probe, None);
    Setting::named("loss").unwrap().set(&mut settings, "10,30,90,1").unwrap();
    Setting::named("p").unwrap().set(&mut settings, "20").unwrap();
    assert_eq!(settings.network.loss.to_string(), "20,30,90,1");
}

#[test]
fn what_cannot_be_set_is_told_what_would_be_right() {
    for (name, text, wanted) in [
        ("loss", "120,20", "outside 0..100"),
        ("p", "101", "a percentage, 0..100"),
        ("r", "NaN", "a percentage, 0..100"),
        ("preset", "home", "the presets are talk, no-probe"),
        ("probe", "0", "1..1000000 packets a second, or off"),
        ("delay", "20", "with its unit, such as 5s"),
        ("delay", "1.5ms", "whole milliseconds"),
        ("delay", "2m", "at most 60s"),
        ("size", "1", "2..10000000 bytes"),
        ("size", "7kB", "2..10000000 bytes"),
        ("lies", "-1", "a percentage, 0..100"),
        ("attempts", "0", "1..1000 attempts, the first included"),
        ("head", "0s", "a positive duration, or off"),
        ("idle", "60", "such as 5s, 200ms or 1.5s, or off"),
        ("backoff", "exp", "none, constant, linear, exponential, urllib3"),
        ("factor", "1.5", "1..1000"),
        ("jitter", "half", "a percentage such as 20%"),
        ("jitter", "0%", "a percentage such as 20%"),
        ("check", "yes", "off, length, json"),
        ("hedge", "0s", "a positive duration, or off"),
        ("hedge", "p95", "such as 5s, 200ms or 1.5s, or off"),
        ("at-once", "1", "2..100 attempts, the first included"),
        ("budget", "0%", "a percentage of the requests such as 20%"),
        ("budget", "20", "a percentage of the requests such as 20%"),
        ("requests", "0", "1..1000000 calls"),
        ("seed", "-1", "0..18446744073709551615"),
        ("seeds", "", "1..1000000 seeds"),
    ] {
        let said = Setting::named(name).unwrap().check(text).unwrap_err();
        assert!(said.contains(wanted), "{name} {text}: {said}");
    }
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_set_is_shown_as_it_can_be_set(
        setting in prop::sample::select(Setting::all().collect::<Vec<_>>()),
        text in "[ -~]{0,12}|[0-9]{1,3}(,[0-9]{1,3}){0,3}|[0-9]{1,9}(\\.[0-9]{1,9})?(ns|us|ms|s|m|h|d|%)?",
    ) {
        let mut settings = Settings::default();
        if setting.set(&mut settings, &text).is_ok() {
            let shown = setting.get(&settings);
            let mut again = Settings::default();
            prop_assert_eq!(setting.set(&mut again, &shown), Ok(()));
            prop_assert_eq!(setting.get(&again), shown);
        } else {
            prop_assert_eq!(settings, Settings::default(), "what is refused changes nothing");
        }
    }
}

#[test]
fn an_unknown_name_is_told_the_nearest_one() {
    for (name, told) in [
        ("hed", "did you mean `head`?"),
        ("atempts", "did you mean `attempts`?"),
        ("Deadline", "did you mean `deadline`?"),
        ("x", "the settings are loss, p, r, 1-h"),
        ("timeout", "the settings are loss"),
        ("", "the settings are loss"),
    ] {
        let said = Setting::named(name).unwrap_err();
        assert!(said.contains(told), "{name}: {said}");
    }
}

//! A POST on a live connection whose route goes away is processed once; see `route_death/main.rs`.

use std::process::Command;

#[test]
fn a_post_whose_route_goes_away_is_processed_once() {
    let output = Command::new(env!("CARGO_BIN_EXE_route-death")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    println!("{said}{complained}");
    assert!(output.status.success(), "{complained}");
    let cases = said.lines().filter(|line| line.ends_with("processed 1 time(s)")).count();
    assert!(cases == 6 || said.starts_with("skipped: "), "{said}");
}

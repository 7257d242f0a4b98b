//! Replays the seeds of the fuzz target `browser`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

#[path = "../../../fuzz/checks/browser.rs"]
mod browser;

#[test]
fn the_browser_side_withstands_its_fuzz_seeds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus-seeds/browser");
    let mut seeds = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        browser::check(&std::fs::read(path).unwrap());
        seeds += 1;
    }
    assert!(seeds > 0, "{folder} is empty");
}

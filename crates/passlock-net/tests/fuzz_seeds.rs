//! Replays the seeds of the fuzz target `no_proxy`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

#[path = "../../../fuzz/checks/no_proxy.rs"]
mod no_proxy;

#[test]
fn exceptions_withstand_their_fuzz_seeds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus-seeds/no_proxy");
    let mut seeds = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        no_proxy::check(&std::fs::read(path).unwrap());
        seeds += 1;
    }
    assert!(seeds > 0, "{folder} is empty");
}

//! Replays the seeds of the fuzz target `vectors`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

#[path = "../../../fuzz/checks/vectors.rs"]
mod vectors;

#[test]
fn what_reads_vectors_withstands_its_fuzz_seeds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus-seeds/vectors");
    let mut seeds = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        vectors::check(&std::fs::read(path).unwrap());
        seeds += 1;
    }
    assert!(seeds > 0, "{folder} is empty");
}

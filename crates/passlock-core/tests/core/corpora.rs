//! Replays the fuzz targets' seeds.

use std::path::Path;

#[path = "../../../../fuzz/checks/mod.rs"]
pub(crate) mod checks;

/// Runs a check over every seed of a target, and names the seed that fails.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus-seeds").join(target);
    let mut seeds = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let seed = std::fs::read(&path).unwrap();
        if std::panic::catch_unwind(|| check(&seed)).is_err() {
            panic!("the check fails with {}", path.display());
        }
        seeds += 1;
    }
    assert!(seeds > 0, "{} is empty", folder.display());
}

#[test]
fn decode() {
    replay("decode", checks::decode::check);
}

#[test]
fn retry_after() {
    replay("retry_after", checks::retry_after::check);
}

#[test]
fn path() {
    replay("path", checks::path::check);
}

#[test]
fn settings() {
    replay("settings", checks::settings::check);
}

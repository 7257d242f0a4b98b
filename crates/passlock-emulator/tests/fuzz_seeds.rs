//! Replays the seeds of the fuzz target `emulator_head`.

#[path = "../../../fuzz/checks/emulator_head.rs"]
mod emulator_head;

#[test]
fn the_request_parser_withstands_its_fuzz_seeds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus-seeds/emulator_head");
    let mut seeds = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        emulator_head::check(&std::fs::read(path).unwrap());
        seeds += 1;
    }
    assert!(seeds > 0, "{folder} is empty");
}

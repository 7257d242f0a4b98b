# The recipes of this project: the same commands for the README, CI and people.
# No `just` installed? `npx --yes rust-just RECIPE` does the same.

set positional-arguments
set windows-shell := ["bash", "-cu"]

# What `test` runs, in this order. To add a suite, add one line here, in the change that adds its folder.
suites := "
    check
    rust
    vectors
    release
    python
    node
    swift
    kotlin
    soak
    login
    examples
"

_list:
    @{{ quote(just_executable()) }} --list --unsorted

# Run the operations against the embedded emulator
demo *args:
    @scripts/doctor rust
    cargo run --quiet --package passlock-cli -- demo "$@"

# Everything: name missing toolchains, then run every suite and say what was left out
test:
    @JUST={{ quote(just_executable()) }} scripts/run-suites {{ replace(suites, "\n", " ") }}

# Format, lints, docs, spelling, workflows, dependency rules (deny.toml), manifest and surface rules, and that every promise has its test
check:
    @scripts/doctor rust
    scripts/check-manifests
    scripts/check-surface
    scripts/check-promises
    cargo fmt --all --check
    cargo fmt --manifest-path examples/Cargo.toml --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy --manifest-path examples/Cargo.toml --target-dir target -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
    scripts/check-words
    scripts/tool typos
    scripts/tool zizmor --offline --quiet .github
    scripts/tool cargo-deny check --hide-inclusion-graph bans licenses sources
    scripts/tool cargo-deny --manifest-path examples/Cargo.toml check --hide-inclusion-graph bans licenses sources

# The contract as data (tests/vectors): checks that it is consistent, and runs every vector against Rust
vectors *args:
    @scripts/suite "rust" tests/vectors/run-tests "$@"

# Random vectors through every client that has been built: `differential --seed 7 --count 10000`; clients and a model must agree
differential *args:
    @scripts/suite "rust" crates/passlock-differential/run "$@"

# Each client, 64 calls at once, through a relay that misbehaves in every way a network can: `soak --seconds 1800 --only node`
soak *args:
    @scripts/suite "rust" crates/passlock-soak/run "$@"

# All Rust tests, documentation examples included, and those of the workspaces in tests/; arguments go to the first cargo test,
# and leave the others out
rust *args:
    @scripts/doctor rust
    cargo test --workspace "$@"
    @[ $# -gt 0 ] || for workspace in unified-features passkeys telemetry; do cargo test --manifest-path tests/$workspace/Cargo.toml || exit; done

# The Python package: built, installed as a user would, tested
python *args:
    @scripts/suite "rust python" python/run-tests "$@"

# The Node package: built, packed, installed as a user would, tested
node *args:
    @scripts/suite "rust node" node/run-tests "$@"

# The Swift package; on Linux without Swift, `PASSLOCK_SDK_SWIFT=install just swift` sets Swift up first
swift *args:
    @scripts/suite "rust swift" swift/run-tests "$@"

# The Kotlin package: built by Maven, installed as a user would, tested
kotlin *args:
    @scripts/suite "rust kotlin" kotlin/run-tests "$@"

# A whole login in a real browser: sign-up, emailed code, login and what can go wrong, in headless Chromium with a virtual
# authenticator; without Chromium, `PASSLOCK_SDK_BROWSER=install just login` installs it first
login *args:
    @scripts/suite "rust python browser" tests/browser/run-tests demo "$@"

# Every application in examples/: installed, started, and driven through the same login in the same browser; `--only NAME`
examples *args:
    @scripts/suite "rust python browser" tests/browser/run-tests examples "$@"

# Build all release packages into dist/, for this machine's platform or the named ones: `dist [--target RUST ...] [--only PART ...]`
dist *args:
    @scripts/doctor rust python node kotlin
    release/run dist "$@"

# Install only from dist/, into empty folders and without cargo, and run each README's program: `install-check [--only PART ...]`;
# with `--target RUST`, run what is there for another Linux in a minimal Debian system set up for it (root, Debian-like Linux)
install-check *args:
    @scripts/doctor rust python node kotlin release
    release/run install_check "$@"

# All release packages, built for this machine's platform and installed from dist/ alone
release:
    @scripts/suite "rust python node kotlin swift release" release/run-tests

# The crates with the oldest Rust that they support, in a minimal Debian system set up for it (root, Debian-like Linux)
oldest-rust *args:
    @scripts/doctor rust
    scripts/oldest-rust "$@"

# This SDK against the usual alternatives: `bench [full|quick|soak|render|latency] [--only WORD] [--long]`
bench *args:
    @scripts/suite "rust python" benchmarks/run "$@"

# Feed the parsers and the request builder arbitrary input for a bounded time
fuzz *args:
    @scripts/suite "rust" fuzz/run "$@"

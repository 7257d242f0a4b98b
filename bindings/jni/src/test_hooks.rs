//! How tests make the library panic.

/// Panics if this is the text that asks for it.
#[cfg(feature = "test-hooks")]
pub(crate) fn maybe_panic(text: &str) {
    assert!(text != "passlock-test-hooks:panic", "asked for by a test");
}

/// Nothing: a released library has no such text.
#[cfg(not(feature = "test-hooks"))]
pub(crate) fn maybe_panic(_text: &str) {}

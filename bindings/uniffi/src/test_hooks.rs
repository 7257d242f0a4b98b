//! How tests of a language make the library panic. The interface is the same with and without, so that one generated API
//! runs on both libraries.

/// Panics if this is the text that asks for it.
#[cfg(feature = "test-hooks")]
pub(crate) fn maybe_panic(text: &str) {
    // With the text, as a bug would that shows what it was working on: a token, say.
    assert!(text != "passlock-test-hooks:panic", "asked for by {text}");
}

/// Nothing: a released library has no such text.
#[cfg(not(feature = "test-hooks"))]
pub(crate) fn maybe_panic(_text: &str) {}

//! Failures that no caller can bring about. They are never in a wheel that is released.

/// It panics in the call, or when the call ends, by the token.
pub(crate) fn maybe_panic(token: &str) -> Option<PanicOnDrop> {
    assert_ne!(token, "passlock-test-hook-panic");
    // Made only then: one that was made for nothing would panic here, when it is dropped.
    (token == "passlock-test-hook-panic-on-drop").then(|| PanicOnDrop)
}

pub(crate) struct PanicOnDrop;

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        panic!("passlock-test-hook-panic-on-drop");
    }
}

//! Secrets that are easy to recognise wherever they turn up.

/// Legal as a bearer token, and different when it is percent-encoded.
pub(crate) const API_KEY: &str = "k3y-canary+0f/the=server";
/// An opaque token would do; this one is different when it is percent-encoded, and tries to reach another route.
pub(crate) const TOKEN: &str = "../t0ken/c\u{e4}nary of a=visitor";

/// As core encodes a path segment.
pub(crate) fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Whether `text` holds the key or the token in any form: as it is, as a Rust `Debug` prints it, or percent-encoded in
/// capital or small letters. Half a secret counts.
pub(crate) fn holds_a_secret(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["k3y-canary", "the=server", "the%3dserver", "t0ken/c", "t0ken%2fc", "nary of a=", "nary%20of%20a"]
        .iter()
        .any(|part| lower.contains(part))
}

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

const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// In the standard alphabet, padded.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, i| bits << 8 | u32::from(*three.get(i).unwrap_or(&0)));
        for i in 0..4 {
            let six = (bits >> (18 - 6 * i) & 63) as usize;
            text.push_str(if i <= three.len() { &BASE64[six..=six] } else { "=" });
        }
    }
    text
}

/// All that the Base64 in a text, of either alphabet, could stand for.
fn base64_decoded(text: &str) -> Vec<String> {
    let six_bits = |byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let values: Vec<Option<u8>> = text.bytes().map(six_bits).collect();
    let runs = values.split(Option::is_none).filter(|run| run.len() > 8);
    let decoded = |run: &[Option<u8>]| {
        let bytes = run.chunks_exact(4).flat_map(|four| {
            let bits = four.iter().flatten().fold(0, |bits, six| bits << 6 | u32::from(*six));
            bits.to_be_bytes().into_iter().skip(1)
        });
        String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
    };
    runs.flat_map(|run| (0..4).map(move |offset| decoded(&run[offset..]))).collect()
}

/// Whether `text` holds the key or the token in any form: as it is, as a Rust `Debug` prints it, in Base64, or
/// percent-encoded in capital or small letters. Half a secret counts.
pub(crate) fn holds_a_secret(text: &str) -> bool {
    let plain = text.replace("%2B", "+").replace("%2b", "+").replace("%2F", "/").replace("%2f", "/");
    holds_a_part(text) || base64_decoded(&plain).iter().any(|text| holds_a_part(text))
}

fn holds_a_part(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["k3y-canary", "the=server", "the%3dserver", "t0ken/c", "t0ken%2fc", "nary of a=", "nary%20of%20a"]
        .iter()
        .any(|part| lower.contains(part))
}

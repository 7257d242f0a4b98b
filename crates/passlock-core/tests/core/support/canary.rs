//! Secrets that are easy to recognize wherever they turn up.

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

/// What every `mark` and the hexadecimal number after it stand for in a text, as characters.
fn unescaped(text: &str, mark: &str, radix: u32) -> String {
    let mut parts = text.split(mark);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits: String = part.chars().take_while(|c| c.is_digit(radix)).take(4).collect();
        let escaped = u32::from_str_radix(&digits, radix).ok().and_then(char::from_u32);
        plain.extend(escaped);
        plain.push_str(part[digits.len()..].trim_start_matches(';'));
    }
    plain
}

/// Every run of hexadecimal digits as the text that it is, from each of its digits on.
fn hex_decoded(text: &str) -> Vec<String> {
    let runs = text.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() > 8);
    let decoded = |run: &str| {
        let bytes = run
            .as_bytes()
            .chunks_exact(2)
            .filter_map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
    };
    runs.flat_map(|run| [decoded(run), decoded(&run[1..])]).collect()
}

/// Whether `text` contains the key or the token in any form: as it is, as a Rust `Debug` prints it, in Base64 or hexadecimal,
/// percent-encoded, or escaped as in HTML or JSON, each in capital or small letters. Half a secret counts.
pub(crate) fn holds_a_secret(text: &str) -> bool {
    let plain = text.replace("%2B", "+").replace("%2b", "+").replace("%2F", "/").replace("%2f", "/");
    // As a `Debug` prints it, a backslash is two.
    let lower = text.to_lowercase().replace("\\\\", "\\");
    let decoded = [
        unescaped(&lower, "\\u", 16),
        unescaped(&lower, "&#x", 16),
        unescaped(&lower, "&#", 10),
        lower.replace("\\/", "/"),
        lower.replace('+', " "),
    ];
    holds_a_part(text)
        || [base64_decoded(&plain), hex_decoded(text), decoded.to_vec()]
            .concat()
            .iter()
            .any(|text| holds_a_part(text))
}

fn holds_a_part(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["k3y-canary", "the=server", "the%3dserver", "t0ken/c", "t0ken%2fc", "nary of a=", "nary%20of%20a"]
        .iter()
        .any(|part| lower.contains(part))
}

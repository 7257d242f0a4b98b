//! Base64 as others may have written it: with anything around the secret.

/// The two characters in which the alphabets differ.
pub(super) type Alphabet = [u8; 2];

/// RFC 4648, 4.
pub(super) const STANDARD: Alphabet = *b"+/";
/// RFC 4648, 5.
pub(super) const URL_SAFE: Alphabet = *b"-_";

/// What is always there of `bytes` in the Base64 of a text that holds them, when `offset` bytes more than a multiple of
/// three stand before them: the characters that hold bits of `bytes` alone.
pub(super) fn core_of(bytes: &[u8], offset: usize, alphabet: Alphabet) -> String {
    let mut core = String::with_capacity(bytes.len() * 4 / 3 + 1);
    // The last `width` bits of `bits` were read and not written yet.
    let (mut bits, mut width) = (0u32, 0);
    // A character that begins before `bytes` has its first bits from elsewhere, and is left out.
    let mut foreign = (6 - offset * 8 % 6) % 6;
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        width += 8 - foreign;
        foreign = 0;
        while width >= 6 {
            width -= 6;
            core.push(character(bits >> width & 63, alphabet));
        }
    }
    core
}

/// Whether a byte is a character of either alphabet.
pub(super) fn is_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || STANDARD.contains(&byte) || URL_SAFE.contains(&byte)
}

fn character(six_bits: u32, [plus, slash]: Alphabet) -> char {
    const LETTERS_AND_DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let byte = match six_bits {
        62 => plus,
        63 => slash,
        _ => LETTERS_AND_DIGITS[six_bits as usize],
    };
    char::from(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base64 as it is defined: all bits in a row, six at a time.
    fn encoded(bytes: &[u8], alphabet: Alphabet) -> String {
        let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1)).collect();
        let six = |six: &[u8]| (0..6).fold(0, |bits, i| bits << 1 | u32::from(*six.get(i).unwrap_or(&0)));
        bits.chunks(6).map(|bits| character(six(bits), alphabet)).collect()
    }

    #[test]
    fn the_alphabets_are_those_of_the_rfc() {
        let bytes: Vec<u8> = (0..64u8).collect::<Vec<_>>().chunks(4).fold(Vec::new(), |mut bytes, four| {
            bytes.extend([four[0] << 2 | four[1] >> 4, four[1] << 4 | four[2] >> 2, four[2] << 6 | four[3]]);
            bytes
        });
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        assert_eq!(encoded(&bytes, STANDARD), format!("{letters}+/"));
        assert_eq!(encoded(&bytes, URL_SAFE), format!("{letters}-_"));
        assert_eq!(core_of(&bytes, 0, STANDARD), format!("{letters}+/"));
    }

    #[test]
    fn the_core_is_there_whatever_stands_around() {
        for length in 8..20u8 {
            let secret: Vec<u8> = (0..length).map(|i| i.wrapping_mul(89).wrapping_add(length)).collect();
            for (before, after) in (0..7).flat_map(|before| (0..4).map(move |after| (before, after))) {
                let text = [vec![0xa5; before], secret.clone(), vec![0x5a; after]].concat();
                for alphabet in [STANDARD, URL_SAFE] {
                    let core = core_of(&secret, before % 3, alphabet);
                    assert!(encoded(&text, alphabet).contains(&core), "{before} {after} {core}");
                    // All but the bits that share a character with something else.
                    assert!(core.len() * 6 + 10 > secret.len() * 8, "{before} {core}");
                    assert!(core.len() > secret.len(), "{before} {core}");
                }
            }
        }
    }
}

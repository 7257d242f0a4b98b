//! The emulator's request parser. Input: bytes as a client may send them.

use passlock_emulator::parse_head;

pub(crate) fn check(input: &[u8]) {
    let Ok(Some(head)) = parse_head(input) else { return };
    assert!(head.length <= input.len(), "a head ends where the input has ended at the latest");
    // What a client asks of a proxy names a host and no path.
    let asks_for_tunnel = head.method.as_str() == "CONNECT" && head.uri.path().is_empty();
    assert!(head.uri.path().starts_with('/') || asks_for_tunnel);
    assert!(head.headers.iter().all(|(name, _)| !name.bytes().any(|byte| byte.is_ascii_uppercase())));
    let target = head.target.as_bytes();
    assert!(
        input.windows(target.len()).any(|window| window == target),
        "the target is as it was on the wire"
    );

    // What follows the head does not change it, and no part of it is a head.
    let whole = &input[..head.length];
    assert_eq!(parse_head(whole).as_ref(), Ok(&Some(head.clone())));
    for length in [0, 1, head.length / 2, head.length - 1] {
        assert!(!matches!(parse_head(&whole[..length]), Ok(Some(_))), "{length} of {} bytes", head.length);
    }
}

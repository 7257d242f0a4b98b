//! Endpoints: https, or http to this machine, in canonical form.

/// Where a client's requests go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Emulator,
    /// A port of this machine on which nothing listens.
    Refused,
    /// A port of this machine on which nothing responds.
    Silent,
    /// Anywhere else: no request may go there.
    Elsewhere,
}

/// The target and the path's prefix, or nothing for an endpoint that is refused.
pub(super) fn parse(url: &str, allow_http: bool) -> Option<(Target, String)> {
    let own = |placeholder: &str, target| Some((target, url.strip_prefix(placeholder)?));
    let known = own("${endpoint}", Target::Emulator)
        .or_else(|| own("http://127.0.0.1:1", Target::Refused))
        .or_else(|| own("http://127.0.0.1:${silent}", Target::Silent));
    let (target, path) = match known {
        Some(known) => known,
        None => (Target::Elsewhere, elsewhere(url, allow_http)?),
    };
    let prefix = path.strip_suffix('/').unwrap_or(path);
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:".contains(&b);
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain);
    let is_path = match prefix.strip_prefix('/') {
        Some(segments) => segments.split('/').all(is_segment),
        None => prefix.is_empty(),
    };
    is_path.then(|| (target, prefix.to_owned()))
}

/// The path of an endpoint on any other machine.
fn elsewhere(url: &str, allow_http: bool) -> Option<&str> {
    let (rest, is_https) = match url.strip_prefix("https://") {
        Some(rest) => (rest, true),
        None => (url.strip_prefix("http://")?, false),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.strip_prefix('[') {
        Some(_) => authority.split_at(authority.find(']')? + 1),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    if !port.is_empty() {
        let digits = port.strip_prefix(':')?;
        let number: u32 = digits.parse().ok()?;
        let is_default = number == if is_https { 443 } else { 80 };
        if is_default || number > 65_535 || digits != number.to_string() {
            return None;
        }
    }
    let is_local = if host == "[::1]" {
        true
    } else if host.split('.').next_back()?.bytes().all(|b| b.is_ascii_digit()) {
        // Whatever ends in a number is an IPv4 address, and must be written as one.
        let address: std::net::Ipv4Addr = host.parse().ok()?;
        address.is_loopback()
    } else {
        let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(is_letter);
        if host.len() > 253 || !host.split('.').all(is_label) {
            return None;
        }
        host == "localhost" || host.ends_with(".localhost")
    };
    (is_https || is_local || allow_http).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_endpoints_alone_are_taken() {
        for url in [
            "https://api.passlock.dev",
            "https://gw.example.com:8443/a/b/",
            "http://localhost:1",
            "https://[::1]",
            "${endpoint}/prefix/",
            "http://127.9.9.9",
        ] {
            assert!(parse(url, false).is_some(), "{url}");
        }
        for url in [
            "",
            "http://example.com",
            "https://A.example",
            "https://h:443",
            "https://h:0443",
            "https://1.2.3",
            "https://h//",
            "https://h/../x",
            "https://h/?q",
            "https://u@h",
            "ftp://h",
            "https://h.",
            "https://",
        ] {
            assert!(parse(url, false).is_none(), "{url}");
        }
        assert!(parse("http://example.com", true).is_some());
    }
}

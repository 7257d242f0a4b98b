//! `NO_PROXY`, as the choice of a proxy reads it. Input: an endpoint's host, a line break, the exceptions.

use passlock_core::Config;

const PROXY: &str = "http://proxy.example:3128";

pub(crate) fn check(input: &[u8]) {
    let Some((host, exceptions)) = std::str::from_utf8(input).ok().and_then(|text| text.split_once('\n'))
    else {
        return;
    };
    // A host that is none of an endpoint's, or this machine's, which no proxy is asked for anyway.
    let Some(none) = is_excepted(host, "") else { return };
    assert!(!none, "without exceptions none is made");

    let excepted = is_excepted(host, exceptions).expect("the host was fine before");
    // A list says what its entries say, whatever stands between them.
    let entries = exceptions.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
    let any = entries.clone().any(|entry| is_excepted(host, entry) == Some(true));
    assert_eq!(excepted, any, "{exceptions:?}");
    let again = entries.collect::<Vec<_>>().join(" ,\t");
    assert_eq!(is_excepted(host, &again), Some(excepted), "{again:?}");
    // Names have no case, and neither have addresses.
    assert_eq!(is_excepted(host, &exceptions.to_ascii_uppercase()), Some(excepted), "{exceptions:?}");
    for all in ["*".to_owned(), host.to_owned(), format!("{host}:443"), format!("{exceptions} {host}")] {
        assert_eq!(is_excepted(host, &all), Some(true), "{all:?}");
    }
    assert_eq!(is_excepted(host, &format!("{host}:444")), Some(false), "another port");
}

/// Whether the host is reached without a proxy; nothing if it is none.
fn is_excepted(host: &str, exceptions: &str) -> Option<bool> {
    let environment = |name: &str| match name {
        "HTTPS_PROXY" => Some(PROXY.to_owned()),
        "NO_PROXY" => Some(exceptions.to_owned()),
        _ => None,
    };
    let builder = Config::builder().tenancy_id("t").api_key("any-api-key").environment(environment);
    let config = builder.endpoint(format!("https://{host}")).build().ok()?;
    // With a path, a port or in another form it is more than a host.
    let is_host = config.endpoint().origin().authority().is_some_and(|authority| authority == host);
    if !is_host || host.ends_with(':') || config.endpoint().is_loopback() || has_port(host) {
        return None;
    }
    Some(passlock_net::proxy_for(&config).expect("this proxy is fine").is_none())
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(rest, _)| !rest.contains(':') || rest.ends_with(']'))
}

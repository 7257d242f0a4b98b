//! `NO_PROXY`: which endpoints are reached without a proxy.
//!
//! Nothing specifies it, and libraries differ. This understands what any of them does: `*`, hosts, domains with and without a
//! dot or `*.` before them, addresses, networks, separated by commas or blanks. A port may follow each but `*` and a network
//! of version 6.

use std::net::IpAddr;

use http::Uri;
use ipnet::IpNet;

/// Whether one of the exceptions names the host of `origin`, an endpoint's root.
pub(crate) fn excepts(exceptions: &str, origin: &Uri) -> bool {
    let host = origin.host().unwrap_or_default();
    let host = Host::new(bare(host).unwrap_or(host));
    let default_port = if origin.scheme_str() == Some("https") { 443 } else { 80 };
    let port = origin.port_u16().unwrap_or(default_port);
    let mut entries =
        exceptions.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
    entries.any(|entry| {
        entry == "*" || host.is_in(entry) || without_port(entry, port).is_some_and(|entry| host.is_in(entry))
    })
}

enum Host<'a> {
    Address(IpAddr),
    Name(&'a str),
}

impl<'a> Host<'a> {
    /// An endpoint's, which is in canonical form: lower-case letters, no trailing dot.
    fn new(host: &'a str) -> Self {
        host.parse().map_or(Self::Name(host), |address: IpAddr| Self::Address(address.to_canonical()))
    }

    /// Whether this is the host, or among the hosts, that an entry without a port names.
    fn is_in(&self, entry: &str) -> bool {
        match self {
            Self::Address(own) => match entry.rsplit_once('/') {
                Some((address, size)) => network(address, size).is_some_and(|network| network.contains(own)),
                None => address(entry) == Some(*own),
            },
            Self::Name(own) => {
                let entry = entry.strip_suffix('.').unwrap_or(entry).to_ascii_lowercase();
                // `*.domain` is all below it; `.domain`, like `domain`, is the domain itself too.
                let below = |domain: &str| {
                    own.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
                };
                match (entry.strip_prefix("*."), entry.strip_prefix('.').unwrap_or(&entry)) {
                    (Some(domain), _) => !domain.is_empty() && below(domain),
                    (None, domain) => !domain.is_empty() && (*own == domain || below(domain)),
                }
            }
        }
    }
}

/// An entry's host, if the entry has this port.
fn without_port(entry: &str, port: u16) -> Option<&str> {
    let (host, own) = entry.rsplit_once(':')?;
    // The last colon of an address of version 6 is none before a port.
    let is_v6 = host.contains(':') && bare(host).is_none();
    (!is_v6 && own.parse() == Ok(port)).then_some(host)
}

fn address(text: &str) -> Option<IpAddr> {
    bare(text).unwrap_or(text).parse().ok().map(|address: IpAddr| address.to_canonical())
}

fn network(address: &str, size: &str) -> Option<IpNet> {
    IpNet::new(bare(address).unwrap_or(address).parse().ok()?, size.parse().ok()?).ok()
}

/// What stands in brackets.
fn bare(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}

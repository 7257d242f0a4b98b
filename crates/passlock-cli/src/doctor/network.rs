//! The way to the endpoint: proxy, DNS and TCP.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, SyncSender};
use std::time::{Duration, Instant};

use passlock_core::Config;
use passlock_net::{Proxy, ProxyRule, Resolver, TunnelReply, Waiter, failure_to_report, tunnel_request};
use serde_json::json;

use super::check::{Check, Report};

/// A connection, all of whose reads and writes share one time limit: each of them has what is left of it.
pub(crate) struct Connection {
    tcp: TcpStream,
    deadline: Instant,
}

impl Connection {
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(late()) } else { Ok(left) }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(self.left()?))?;
        self.tcp.read(buffer).map_err(in_words)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(self.left()?))?;
        self.tcp.write(bytes).map_err(in_words)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// A connection to the endpoint, or to a tunnel that leads there.
pub(crate) fn connect(config: &Config, report: &mut Report) -> Option<Connection> {
    let limit = config.limits().connect();
    match passlock_net::proxy_for(config) {
        Err(error) => {
            let advice = "correct the variable, or unset it";
            report.push(Check::failed("proxy", error.message(), advice));
            None
        }
        Ok(Some(proxy)) => through(config, &proxy, limit, report),
        Ok(None) => {
            report.push(Check::ok("proxy", why_none(ProxyRule::of(config))));
            direct(config, limit, report)
        }
    }
}

fn why_none(rule: ProxyRule) -> String {
    match rule {
        ProxyRule::Loopback => "none: the endpoint is on this machine".to_owned(),
        ProxyRule::Excepted(variable) => format!("none: NO_PROXY exempts the endpoint from {variable}"),
        _ => "none: no variable names one".to_owned(),
    }
}

fn direct(config: &Config, limit: Duration, report: &mut Report) -> Option<Connection> {
    let (host, port) = (config.endpoint().host(), config.endpoint().port());
    let addresses = match resolve(host, port, limit) {
        Ok(addresses) => addresses,
        Err(error) => {
            let advice = "check the endpoint's host (PASSLOCK_ENDPOINT), and this machine's name resolution";
            report.push(Check::failed("dns", format!("{host} has no address: {error}"), advice));
            return None;
        }
    };
    let found: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
    report.push(
        Check::ok("dns", format!("{host} resolves to {}", found.join(", "))).fact("addresses", json!(found)),
    );
    let started = Instant::now();
    match connect_any(&addresses, limit) {
        Ok((stream, address)) => {
            let took = started.elapsed().as_millis();
            report.push(Check::ok("tcp", format!("connected to {address} in {took} ms")));
            Some(stream)
        }
        Err(error) => {
            let advice = "check the endpoint's host and port, and whether a firewall allows outgoing connections to it";
            report.push(Check::failed("tcp", format!("port {port} of {host}: {error}"), advice));
            None
        }
    }
}

/// A proxy resolves the endpoint's name and connects to it: what fails on the way is reported for the proxy.
fn through(config: &Config, proxy: &Proxy, limit: Duration, report: &mut Report) -> Option<Connection> {
    let origin = config.endpoint().origin();
    let target = format!("{}:{}", origin.host().unwrap_or_default(), config.endpoint().port());
    let variable = match ProxyRule::of(config) {
        ProxyRule::Variable(variable) => variable,
        _ => "the proxy setting",
    };
    let shown = format!("{} (from {variable})", proxy.authority());
    match open_tunnel(proxy, &target, limit) {
        Ok(stream) => {
            report.push(Check::ok("proxy", format!("{shown} opened a tunnel to {target}")));
            for name in ["dns", "tcp"] {
                report.push(Check::skipped(name, "done by the proxy"));
            }
            Some(stream)
        }
        Err(error) => {
            let advice = format!(
                "correct {variable}, have the proxy allow {target}, or add the host to NO_PROXY if it can be reached directly"
            );
            report.push(Check::failed("proxy", format!("{shown}: {error}"), advice));
            None
        }
    }
}

fn open_tunnel(proxy: &Proxy, target: &str, limit: Duration) -> io::Result<Connection> {
    let no_port = || io::Error::other("it has no port");
    let (host, port) = proxy.authority().rsplit_once(':').ok_or_else(no_port)?;
    let addresses = resolve(host, port.parse().map_err(|_| no_port())?, limit)?;
    let (mut stream, _) = connect_any(&addresses, limit)?;
    stream.write_all(&tunnel_request(target, proxy))?;
    let (mut reply, mut buffer) = (TunnelReply::default(), [0; 1024]);
    loop {
        let count = stream.read(&mut buffer)?;
        if reply.push(&buffer[..count]).map_err(io::Error::other)? {
            return Ok(stream);
        }
    }
}

/// The first connection that opens. What is done with it has the same time limit, from then on.
fn connect_any(addresses: &[SocketAddr], limit: Duration) -> io::Result<(Connection, SocketAddr)> {
    let deadline = Instant::now() + limit;
    let mut failure = None;
    for (address, untried) in addresses.iter().zip((1..=addresses.len() as u32).rev()) {
        // Its share of the time: the next one may work, as it does for the clients, which try several at once.
        let left = deadline.saturating_duration_since(Instant::now()) / untried;
        let left = left.max(Duration::from_millis(1));
        match TcpStream::connect_timeout(address, left) {
            Ok(tcp) => return Ok((Connection { tcp, deadline: Instant::now() + limit }, *address)),
            Err(error) => failure = Some(failure_to_report(failure, in_words(error))),
        }
    }
    Err(failure.unwrap_or_else(|| io::Error::other("there is no address")))
}

/// A socket's own time limit is reported as if there was nothing to read.
fn in_words(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => late(),
        _ => error,
    }
}

fn late() -> io::Error {
    io::Error::other("timed out")
}

/// Asks as the clients do, by their own resolver, which a name server that does not answer can't hold up.
fn resolve(host: &str, port: u16, limit: Duration) -> io::Result<Vec<SocketAddr>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    Resolver::system().resolve(host, port, Box::new(Waiting(sender)));
    receiver.recv_timeout(limit).unwrap_or_else(|_| Err(late()))
}

struct Waiting(SyncSender<io::Result<Vec<SocketAddr>>>);

impl Waiter for Waiting {
    fn is_waiting(&self) -> bool {
        true
    }

    fn found(self: Box<Self>, addresses: io::Result<Vec<SocketAddr>>) {
        // Whoever asked may have gone.
        let _ = self.0.send(addresses);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn having_no_way_to_one_address_does_not_hide_why_another_failed() {
        // No connection leads to a group of hosts.
        let (refused, no_way) = (([127, 0, 0, 1], 1).into(), ([224, 0, 0, 1], 1).into());
        let error = connect_any(&[refused, no_way], Duration::from_secs(10)).err();
        assert_eq!(error.map(|error| error.kind()), Some(io::ErrorKind::ConnectionRefused));
    }
}

//! Proxies: which endpoint goes through which, and what the proxy is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use passlock::ErrorKind;
use passlock_core::ConfigBuilder;
use passlock_net::Resolver;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::support::{
    Authority, Client, Failure, Flavour, Leaf, Server, World, all, failed, in_child, run_alone, tls_front,
    watch,
};

/// `user:proxy-canary-password` in Base64.
pub(crate) const BASIC: &str = "Basic dXNlcjpwcm94eS1jYW5hcnktcGFzc3dvcmQ=";
pub(crate) const PASSWORD: &str = "proxy-canary-password";

/// An http proxy that tunnels, and answers by itself what is not to be tunnelled.
pub(crate) struct Proxy {
    server: Server,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// With credentials, it asks for them.
    pub(crate) fn start(credentials: Option<&'static str>) -> Self {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let server = Server::start({
            let heads = Arc::clone(&heads);
            move |stream| serve(stream, Arc::clone(&heads), credentials)
        });
        Self { server, heads }
    }

    /// A proxy that answers everything with these bytes, and closes.
    pub(crate) fn answering(bytes: &'static [u8]) -> Self {
        let server = Server::start(move |mut stream| async move {
            if read_head(&mut stream).await.is_some() {
                let _ = stream.write_all(bytes).await;
            }
        });
        Self { server, heads: Arc::default() }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub(crate) fn with_credentials(&self) -> String {
        format!("http://user:{PASSWORD}@{}", self.server.address)
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

pub(crate) async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

async fn serve(mut near: TcpStream, heads: Arc<Mutex<Vec<String>>>, credentials: Option<&str>) {
    while let Some(head) = read_head(&mut near).await {
        heads.lock().unwrap().push(head.clone());
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        if credentials.is_some() && header("proxy-authorization:").as_deref() != credentials {
            let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\
                           Content-Length: 0\r\n\r\n";
            let _ = near.write_all(refusal.as_bytes()).await;
        } else if let Some(target) = head.strip_prefix("CONNECT ") {
            let target = target.split(' ').next().unwrap_or_default().to_owned();
            let Ok(mut far) = TcpStream::connect(target).await else { return };
            let _ = near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
            let _ = copy_bidirectional(&mut near, &mut far).await;
            return;
        } else {
            let length = header("content-length:").and_then(|length| length.parse().ok()).unwrap_or(0);
            let mut body = vec![0; length];
            if near.read_exact(&mut body).await.is_err() {
                return;
            }
            let user = r#"{"user":{"sub":"u","email":"by@proxy"}}"#;
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{user}", user.len());
            let _ = near.write_all(answer.as_bytes()).await;
        }
    }
}

#[test]
fn a_tunnel_is_asked_for_once_a_connection_and_told_nothing_else() {
    let authority = Authority::new();
    for credentials in [None, Some(BASIC)] {
        all(|flavour| {
            let (world, proxy) = (World::new(), Proxy::start(credentials));
            let front = tls_front(authority.issue(Leaf::LOCALHOST).1, world.address());
            let target = format!("localhost:{}", front.address.port());
            let url = if credentials.is_some() { proxy.with_credentials() } else { proxy.url() };
            let settings = world
                .settings_for(&format!("https://{target}"))
                .ca_certificates(authority.pem.as_str())
                .proxy(url);
            let client = Client::open(flavour, settings).unwrap();
            for _ in 0..10 {
                client.get(&world.sub).unwrap();
            }
            client.update(&world.sub).unwrap();
            let heads = proxy.heads();
            flavour.assert_connections_of_calls_in_turn(heads.len());
            assert_eq!(world.journal().len(), 11);
            let mut lines: Vec<_> = heads[0].trim_end().lines().collect();
            assert_eq!(lines.remove(0), format!("CONNECT {target} HTTP/1.1"));
            let mut lines: Vec<_> = lines
                .iter()
                .map(|line| line.split_once(": ").unwrap())
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            lines.sort();
            let mut expected = vec![("host".to_owned(), target)];
            expected.extend(credentials.map(|basic| ("proxy-authorization".to_owned(), basic.to_owned())));
            assert_eq!(lines, expected);
            // The server behind it is told nothing of the proxy.
            assert!(world.journal().iter().all(|entry| !entry.headers.contains_key("proxy-authorization")));
        });
    }
}

#[test]
fn plain_http_is_handed_to_the_proxy_whole() {
    let request_lines = all(|flavour| {
        let (world, proxy) = (World::new(), Proxy::start(Some(BASIC)));
        let settings = world
            .settings_for("http://api.test:8080/prefix")
            .tenancy_id("t")
            .allow_http(true)
            .proxy(proxy.with_credentials());
        let client = Client::open(flavour, settings).unwrap();
        assert_eq!(client.get("u").unwrap().email, "by@proxy");
        assert_eq!(client.update("u").unwrap().email, "by@proxy");
        assert_eq!(client.get("u/1").unwrap().email, "by@proxy");
        flavour.assert_connections_of_calls_in_turn(proxy.server.accepted());
        let heads = proxy.heads();
        heads
            .iter()
            .map(|head| {
                let (line, rest) = head.split_once("\r\n").unwrap();
                let mut names: Vec<_> = rest
                    .trim_end()
                    .lines()
                    .map(|line| line.split_once(':').unwrap().0.to_ascii_lowercase())
                    .collect();
                names.sort();
                (line.to_owned(), names)
            })
            .collect::<Vec<_>>()
    });
    let lines: Vec<_> = request_lines.iter().map(|(line, _)| line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "GET http://api.test:8080/prefix/t/user/u HTTP/1.1",
            "PATCH http://api.test:8080/prefix/t/user/u HTTP/1.1",
            "GET http://api.test:8080/prefix/t/user/u%2F1 HTTP/1.1",
        ]
    );
    for (line, names) in &request_lines {
        for name in ["authorization", "host", "proxy-authorization"] {
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{line} {names:?}");
        }
    }
}

#[test]
fn a_proxy_that_is_not_there() {
    all(|flavour| {
        let world = World::new();
        let gone = SocketAddr::from(([127, 0, 0, 1], 1));
        let settings = world.settings_for("https://api.test").proxy(format!("http://{gone}")).max_retries(1);
        let client = Client::open(flavour, settings).unwrap();
        assert_eq!(failed(client.get("u")), Failure::of(ErrorKind::Connection).retryable().attempts(2));
    });
}

#[test]
fn a_name_behind_a_proxy_is_the_proxys_to_look_up() {
    all(|flavour| {
        let (world, proxy) = (World::new(), Proxy::start(None));
        let resolver = Resolver::new(Box::new(|name, _| panic!("{name} was looked up")));
        let settings = world.settings_for("http://api.test").allow_http(true).proxy(proxy.url());
        Client::with_resolver(flavour, settings, resolver).get("u").unwrap();
    });
}

/// A client whose environment is this, and where every name is the emulator's.
fn in_environment(
    flavour: Flavour,
    world: &World,
    settings: ConfigBuilder,
    environment: &[(&str, &str)],
) -> Client {
    let settings = settings.environment(|name| {
        environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    });
    let address = world.address();
    Client::with_resolver(flavour, settings, Resolver::new(Box::new(move |_, _| Ok(vec![address]))))
}

#[test]
fn the_environment_names_a_proxy_and_the_hosts_to_reach_without() {
    all(|flavour| {
        let (world, proxy) = (World::new(), Proxy::start(None));
        let url = proxy.url();
        let endpoint = format!("http://api.test:{}", world.address().port());
        for (no_proxy, proxied) in
            [("", true), ("other.test", true), ("api.test", false), (".test", false), ("*", false)]
        {
            let settings = world.settings_for(&endpoint).allow_http(true);
            let environment = [("HTTP_PROXY", url.as_str()), ("NO_PROXY", no_proxy)];
            let client = in_environment(flavour, &world, settings, &environment);
            let user = client.get(&world.sub).unwrap();
            assert_eq!(user.email == "by@proxy", proxied, "{no_proxy}");
        }
    });
}

#[test]
fn this_machine_is_proxied_by_setting_alone() {
    all(|flavour| {
        let (world, proxy) = (World::new(), Proxy::start(None));
        let url = proxy.url();
        let environment = [("HTTP_PROXY", url.as_str()), ("ALL_PROXY", url.as_str())];
        let client = in_environment(flavour, &world, world.settings(), &environment);
        assert_eq!(client.get(&world.sub).unwrap().email, "ada@example.com");
        let settings = world.settings().proxy(url);
        // What the environment excepts, it excepts from its own proxy.
        let client = in_environment(flavour, &world, settings, &[("NO_PROXY", "*")]);
        assert_eq!(client.get(&world.sub).unwrap().email, "by@proxy");
    });
}

#[test]
fn a_proxy_of_another_kind_is_refused() {
    watch(PASSWORD);
    all(|flavour| {
        let world = World::new();
        for scheme in ["socks5", "socks5h", "socks4", "https"] {
            let url = format!("{scheme}://user:{PASSWORD}@127.0.0.1:1");
            let error = Client::open(flavour, world.settings().proxy(&url)).unwrap_err();
            assert_eq!(failed(Err::<(), _>(error)), Failure::of(ErrorKind::Config).attempts(0));
            let settings = world
                .settings_for("https://api.test")
                .environment(|name| if name == "HTTPS_PROXY" { Some(url.clone()) } else { None });
            let error = Client::open(flavour, settings).unwrap_err();
            assert!(error.message().contains("HTTPS_PROXY"), "{error}");
            assert_eq!(failed(Err::<(), _>(error)), Failure::of(ErrorKind::Config).attempts(0));
        }
    });
}

/// The libraries below read the environment too when they are let.
#[test]
fn the_process_environment_is_read_by_us_alone() {
    const NAME: &str = "proxy::the_process_environment_is_read_by_us_alone";
    if !in_child(NAME) {
        let proxy = Proxy::start(None);
        let url = proxy.url();
        let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let mut environment: Vec<_> = names.iter().map(|name| (*name, Some(url.as_str()))).collect();
        environment.extend([("NO_PROXY", None), ("no_proxy", None), ("REQUEST_METHOD", None)]);
        run_alone(NAME, &environment);
        // What the client of the child sent to another host than this machine.
        assert_eq!(proxy.heads().len(), 2, "{:?}", proxy.heads());
        return;
    }
    let world = World::new();
    let (tenancy, key) = (world.emulator.tenancy_id(), world.emulator.api_key());
    let of = |endpoint: &str| {
        let client = passlock::Client::builder().tenancy_id(tenancy).api_key(key).endpoint(endpoint);
        let blocking =
            passlock_blocking::Client::builder().tenancy_id(tenancy).api_key(key).endpoint(endpoint);
        let client = client.allow_http(true).build().unwrap();
        let blocking = blocking.allow_http(true).build().unwrap();
        let get = client.get_user(&world.sub);
        [crate::support::runtime().block_on(get).unwrap(), blocking.get_user(&world.sub).unwrap()]
    };
    assert!(of(world.emulator.endpoint()).iter().all(|user| user.email == "ada@example.com"));
    assert!(of("http://api.test").iter().all(|user| user.email == "by@proxy"));
}

"""What is measured against what, as data. A client is one small program; a group is compared within itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Client:
    kit: str  # who builds and runs it: a name in kits.py
    program: str
    label: str
    ours: bool = False
    extra: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return " ".join((self.program, *self.extra))


@dataclass(frozen=True)
class Group:
    name: str
    title: str
    clients: tuple[Client, ...]
    at_once: int
    calls: dict[str, int]  # by size of the run
    warm_up: dict[str, int]
    latency: int = 0  # milliseconds that the server waits with its answer
    tls: bool = False
    one_cpu: bool = False  # shared by the client and the server

    @property
    def ours(self) -> Client:
        return next(client for client in self.clients if client.ours)


def ours(kit: str, program: str, label: str) -> Client:
    return Client(kit, program, label, ours=True)


RUST_ASYNC = (
    ours("rust", "ours-hyper", "passlock-hyper"),
    ours("rust", "ours-reqwest", "passlock, on reqwest"),
    Client("rust", "reqwest", "reqwest, as its docs use it"),
    Client("rust", "reqwest", "reqwest, with a time limit", extra=("--limit",)),
    Client("rust", "hyper-util", "hyper-util's pooled client"),
    Client("rust", "hyper-by-hand", "hyper by hand"),
)
RUST_BLOCKING = (
    ours("rust", "ours-blocking", "passlock-blocking, with its time limits"),
    Client("rust", "ureq", "ureq, without any time limit"),
    Client("rust", "ureq", "ureq, without any time limit, by IP address", extra=("--by-address",)),
    Client("rust", "ureq", "ureq, with a time limit", extra=("--limit",)),
    Client("rust", "floor", "the floor: one TcpStream, httparse, serde_json"),
)
PYTHON_SYNC = (
    ours("python", "passlock_sync", "passlock"),
    Client("python", "pyreqwest_sync", "pyreqwest"),
    Client("python", "primp_sync", "primp"),
    Client("python", "http_client_sync", "http.client"),
    Client("python", "urllib3_sync", "urllib3"),
    Client("python", "requests_sync", "requests"),
    Client("python", "httpx_sync", "httpx"),
    Client("niquests", "niquests_sync", "niquests"),
)
PYTHON_ASYNC = (
    ours("python", "passlock_async", "passlock"),
    Client("python", "pyreqwest_async", "pyreqwest"),
    Client("python", "primp_async", "primp"),
    Client("python", "aiohttp_async", "aiohttp"),
    Client("python", "httpx_async", "httpx"),
    Client("niquests", "niquests_async", "niquests"),
)
NODE = (
    ours("node", "passlock", "passlock"),
    Client("node", "undici-pool", "undici, Pool"),
    Client("node", "undici-request", "undici, request"),
    Client("node", "node-http", "node:http, keep-alive agent"),
    Client("node", "fetch", "fetch"),
    Client("node", "axios", "axios"),
    Client("node", "got", "got"),
)
JVM_ASYNC = (
    ours("jvm", "PasslockSuspend", "passlock, suspend functions"),
    Client("jvm", "PasslockFutures", "passlock, futures"),
    Client("jvm-uniffi", "PasslockSuspend", "passlock-android, suspend functions", extra=("--bridge", "uniffi")),
    Client("jvm", "JavaNetHttpFutures", "java.net.http, sendAsync"),
    Client("jvm", "Ktor", "Ktor client on CIO"),
)
JVM_BLOCKING = (
    ours("jvm", "PasslockBlocking", "passlock"),
    Client("jvm", "PasslockFuturesWaitedFor", "passlock, futures waited for"),
    Client("jvm-uniffi", "PasslockBlocking", "passlock-android", extra=("--bridge", "uniffi")),
    Client("jvm", "JavaNetHttpThreads", "java.net.http, send"),
    Client("jvm", "OkHttp", "OkHttp"),
)
SWIFT = (
    ours("swift", "passlock", "passlock"),
    Client("swift", "urlsession", "URLSession"),
    Client("swift-by-url", "async-http-client", "AsyncHTTPClient"),
)

# Calls a run, and calls before it that are not counted: what is compiled while it runs needs many.
RUST_CALLS = {"quick": 2000, "full": 10000}, {"quick": 200, "full": 500}
PYTHON_CALLS = {"quick": 512, "full": 2048}, {"quick": 128, "full": 512}
NODE_CALLS = {"quick": 1024, "full": 3200}, {"quick": 3200, "full": 3200}
JVM_CALLS = {"quick": 2048, "full": 8192}, {"quick": 20_000, "full": 20_000}
SLOW_CALLS = {"quick": 640, "full": 2560}, {"quick": 640, "full": 1280}


def _groups() -> list[Group]:
    kinds = [
        ("rust-async", "Rust, async", RUST_ASYNC, RUST_CALLS),
        ("rust-blocking", "Rust, blocking", RUST_BLOCKING, RUST_CALLS),
        ("python-sync", "Python, sync", PYTHON_SYNC, PYTHON_CALLS),
        ("python-async", "Python, async", PYTHON_ASYNC, PYTHON_CALLS),
        ("node", "Node", NODE, NODE_CALLS),
        ("jvm-async", "JVM, async", JVM_ASYNC, JVM_CALLS),
        ("jvm-blocking", "JVM, blocking", JVM_BLOCKING, JVM_CALLS),
        ("swift", "Swift", SWIFT, RUST_CALLS),
    ]
    groups = [
        Group(f"{name}-{at_once}", f"{title}, {at_once} at once", clients, at_once, *calls)
        for name, title, clients, calls in kinds
        for at_once in (1, 64)
    ]
    # What the targets compare: the client's own work, without what it costs the machine to wake another CPU.
    own_work = [
        ("rust-async", "Rust, async", RUST_ASYNC, RUST_CALLS, (1, 64)),
        ("rust-blocking", "Rust, blocking", RUST_BLOCKING, RUST_CALLS, (1,)),
        ("python-sync", "Python, sync", PYTHON_SYNC[:-1], PYTHON_CALLS, (1,)),
        ("python-async", "Python, async", PYTHON_ASYNC[:4], PYTHON_CALLS, (1, 64)),
        ("node", "Node", NODE[:5], NODE_CALLS, (1, 64)),
    ]
    groups += [
        Group(
            f"one-cpu-{name}-{at_once}",
            f"{title}, {at_once} at once, on one CPU",
            clients,
            at_once,
            *calls,
            one_cpu=True,
        )
        for name, title, clients, calls, counts in own_work
        for at_once in counts
    ]
    # Against the main peers alone: what is asked is whether the picture changes.
    main = [
        ("rust-async", "Rust, async", RUST_ASYNC[:3], RUST_CALLS),
        ("rust-blocking", "Rust, blocking", RUST_BLOCKING[:2], RUST_CALLS),
        ("python-sync", "Python, sync", PYTHON_SYNC[:3], PYTHON_CALLS),
        ("python-async", "Python, async", (*PYTHON_ASYNC[:2], PYTHON_ASYNC[3]), PYTHON_CALLS),
        ("node", "Node", NODE[:2], NODE_CALLS),
    ]
    groups += [
        Group(f"tls-{name}-1", f"{title}, 1 at once, over TLS", clients, 1, *calls, tls=True)
        for name, title, clients, calls in main
    ]
    groups += [
        Group(f"latency-{name}-64", f"{title}, 64 at once, 5 ms latency", clients, 64, *SLOW_CALLS, latency=5)
        for name, title, clients, _ in main
    ]
    return groups


GROUPS = _groups()

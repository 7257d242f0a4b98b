"""What a login takes where the network takes time: round trips, for each client in each situation. Writes LATENCY.md."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import HERE, kits, poisson, records
from .clients import Client, ours
from .server import Server

# Milliseconds in each direction.
DELAYS = (10, 50, 150)
# The one with which a short run is content.
IDLE_DELAY = 50
SAMPLES = {False: 5, True: 10}
# Seconds of idle time in the long form, in which all clients are idle together.
LONG_IDLE = (60, 200)
# Logins in the situations that need many: one in 20 is reset.
CALLS = {False: 40, True: 60}
RESET_EVERY = 20
# Nothing takes longer, unless it hangs: a client of ours may take 30 s.
PATIENCE = 120

CLIENTS = (
    ours("rust", "ours-hyper", "Rust: passlock-hyper"),
    ours("rust", "ours-reqwest", "Rust: passlock, on reqwest"),
    Client("rust", "reqwest", "Rust: reqwest, with a time limit", extra=("--limit",)),
    ours("rust", "ours-blocking", "Rust: passlock-blocking"),
    Client("rust", "ureq", "Rust: ureq, with a time limit", extra=("--limit",)),
    ours("python", "passlock_sync", "Python: passlock"),
    ours("python", "passlock_async", "Python: passlock, asyncio"),
    Client("python", "httpx_sync", "Python: httpx"),
    Client("python", "aiohttp_async", "Python: aiohttp"),
    ours("node", "passlock", "Node: passlock"),
    Client("node", "undici-pool", "Node: undici, Pool"),
    Client("node", "fetch", "Node: fetch"),
    ours("jvm", "PasslockBlocking", "JVM: passlock"),
    Client("jvm", "OkHttp", "JVM: OkHttp"),
    ours("swift", "passlock", "Swift: passlock"),
)

HEAD = """# Latency

Written by `just bench latency` on {machine}, {day}; [README.md](README.md#latency) says what is measured and how. Each cell
shows the median and, after a slash, the worst of up to {samples} logins in round trips, and in parentheses the median in
milliseconds. All of them are over TLS 1.3, without DNS.
"""


class Program:
    """A process that does what each line says, and answers with one."""

    def __init__(self, command: list[str], name: str, environment: dict[str, str] | None = None) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        self.process = subprocess.Popen(command, bufsize=1, env=environment, **pipes)
        self.name = name

    def line(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise kits.NotHere(f"{self.name} has ended")
        return line.strip()

    def ask(self, what: str) -> str:
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return self.line()

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


@dataclass
class Way:
    """A client, and the relay on its way to the server."""

    client: Program
    relay: Program

    def call(self) -> float | None:
        """How long a login took, in milliseconds; none if it failed."""
        return _milliseconds(self.client.ask("call"))

    def has_warm_up(self) -> bool:
        return self.client.ask("warm-up") != "none"


def _milliseconds(answer: str) -> float | None:
    return None if answer == "failed" else int(answer) / 1000


def _cold(way: Way) -> list[float | None]:
    return [way.call()]


def _after_warm_up(way: Way) -> list[float | None]:
    if not way.has_warm_up():
        return []
    return [way.call()]


def _after_idle(seconds: float) -> Callable[[Way], list[float | None]]:
    def situation(way: Way) -> list[float | None]:
        way.call()
        time.sleep(seconds)
        return [way.call()]

    return situation


def _after_drop(way: Way) -> list[float | None]:
    way.call()
    way.relay.ask("drop")
    return [way.call()]


def _warm(way: Way) -> list[float | None]:
    way.call()
    return [way.call() for _ in range(4)]


def _with_resets(calls: int) -> Callable[[Way], list[float | None]]:
    def situation(way: Way) -> list[float | None]:
        took = []
        way.call()
        for number in range(calls):
            if number % RESET_EVERY == RESET_EVERY // 2:
                way.relay.ask("reset")
            took.append(way.call())
        return took

    return situation


def measure(only: list[str], long: bool) -> None:
    """Each client in each situation, a process of its own for each sample."""
    wanted = [
        client for client in CLIENTS if not only or any(word in client.name or word == client.kit for word in only)
    ]
    delays = DELAYS if long else (IDLE_DELAY,)
    programs = {client.program for client in wanted if client.kit == "rust"}
    kits.build_rust("server", "relay", *sorted(programs))
    for kit in {client.kit for client in wanted} - {"rust"}:
        kits.prepare(kit)
    situations: dict[str, tuple[Callable[[Way], list[float | None]], int]] = {
        "first, cold": (_cold, SAMPLES[long]),
        "first, after `warm_up`": (_after_warm_up, SAMPLES[long]),
        "next": (_warm, 2),
        "after 1 s": (_after_idle(1), SAMPLES[long]),
        "connection dropped silently": (_after_drop, 2),
        "1 in 20 reset": (_with_resets(CALLS[long]), 1),
    }
    with Server(tls=True) as server:
        idle = _idle_together(wanted, server) if long else {}
        for delay in delays:
            for client in wanted:
                kept = {name: _samples(client, server, delay, *how) for name, how in situations.items()}
                if delay == IDLE_DELAY:
                    kept |= idle.get(client.label, {})
                print(f"{client.label}, {delay} ms: {kept}", file=sys.stderr)
                key = f"latency-{delay}-{client.kit}-{client.name}".replace(" ", "")
                records.keep(key, delay=delay, label=client.label, situations=kept)
    (HERE / "LATENCY.md").write_text(render())


def _samples(
    client: Client, server: Server, delay: int, situation: Callable[[Way], list[float | None]], count: int
) -> dict[str, list]:
    took: list[float | None] = []
    counted = []
    for _ in range(count):
        with _way(client, server, delay) as way:
            took += situation(way)
            counted.append([int(count) for count in way.relay.ask("count").split()])
    return {"ms": took, "connections": [one for one, _ in counted], "flights": [flights for _, flights in counted]}


@contextlib.contextmanager
def _way(client: Client, server: Server, delay: int) -> Iterator[Way]:
    port = server.endpoint.rsplit(":", 1)[1]
    relay_command = [*kits.command("rust", "relay"), "--to", port, "--delay", str(delay)]
    with Program(relay_command, "the relay") as relay:
        endpoint = f"https://localhost:{relay.line()}"
        command = [*kits.command(client.kit, client.program), "--endpoint", endpoint, "--ca", str(server.ca)]
        with Program([*command, "--calls", "0", *client.extra], client.label, _environment(server)) as program:
            yield Way(program, relay)


def _idle_together(clients: list[Client], server: Server) -> dict[str, dict]:
    """What a login takes after a long idle time, of all clients: they wait at the same time."""
    took: dict[str, dict] = {client.label: {} for client in clients}
    with contextlib.ExitStack() as stack:
        ways = {client.label: stack.enter_context(_way(client, server, IDLE_DELAY)) for client in clients}
        for way in ways.values():
            way.call()
        for seconds in LONG_IDLE:
            time.sleep(seconds)
            for label, way in ways.items():
                way.relay.ask("count")
                ms = way.call()
                connections, flights = (int(count) for count in way.relay.ask("count").split())
                took[label][f"after {seconds} s"] = {"ms": [ms], "connections": [connections], "flights": [flights]}
    return took


def _environment(server: Server) -> dict[str, str]:
    # The one way to tell Node's fetch whom to trust.
    return {**os.environ, "NODE_EXTRA_CA_CERTS": str(server.ca)}


def render() -> str:
    kept = [
        figures
        for name, figures in records.all_kept().items()
        if name.startswith("latency-") and "situations" in figures
    ]
    order = [client.label for client in CLIENTS]
    parts = []
    for delay in DELAYS:
        rows = sorted((one for one in kept if one["delay"] == delay), key=lambda one: order.index(one["label"]))
        if not rows:
            continue
        if not parts:
            samples = len(rows[0]["situations"]["first, cold"]["ms"])
            parts.append(HEAD.format(machine=rows[0]["machine"], day=rows[0]["day"], samples=samples))
        names = list(dict.fromkeys(name for row in rows for name in row["situations"]))
        parts.append(f"## {2 * delay} ms a round trip\n")
        parts.append(
            _table(
                ["client", *names],
                [[row["label"], *(_cell(row["situations"].get(name), 2 * delay) for name in names)] for row in rows],
            )
        )
    parts.append(_day())
    return "\n".join(parts)


def _cell(samples: dict | None, rtt: int) -> str:
    if not samples or not samples["ms"]:
        return "none"
    done = sorted(ms for ms in samples["ms"] if ms is not None)
    failed = len(samples["ms"]) - len(done)
    middle = done[(len(done) - 1) // 2] if done else 0
    text = f"{middle / rtt:.1f} / {done[-1] / rtt:.1f} ({middle:.0f} ms)" if done else ""
    return f"{text} **{failed} failed**".strip() if failed else text


def _day() -> str:
    rows = [
        [f"{name}: {idle} s", *(f"{100 * poisson.share_of_warm_logins(rate, idle):.1f} %" for rate in poisson.RATES)]
        for name, idle in poisson.IDLE.items()
    ]
    head = ["how long a connection is kept", *(f"{rate:g} login{'s' * (rate != 1)} a minute" for rate in poisson.RATES)]
    return (
        "## A day of logins\n\nThe share of a day's logins that find an open connection, if they arrive at random (Poisson, simulated "
        "clock) and the server keeps connections at least as long as the client.\n\n" + _table(head, rows)
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

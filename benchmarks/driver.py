"""Runs the clients round by round against one steady server, and writes what they cost into RESULTS.md."""

import json
import os
import pathlib
import platform
import secrets
import shutil
import statistics
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).parent
BINARIES = HERE / "rust" / "target" / "release"

# Name, what it is, and which of ours it is measured against. The first of each group is ours.
GROUPS = {
    "Rust, async": [
        ("ours-async", "passlock"),
        ("reqwest", "reqwest, as its docs use it"),
        ("hyper-util", "hyper-util's pooled client"),
    ],
    "Rust, blocking": [
        ("ours-blocking", "passlock-blocking, with its time limits"),
        ("ureq", "ureq, without any time limit"),
        ("floor", "the floor: one TcpStream, httparse, serde_json"),
    ],
}
NOT_MEASURED = "Python, Node, Swift and Kotlin clients; TLS; added latency; start-up; more than 64 calls at once."
FIGURES = ("cpu_us", "wall_us", "p50_us", "p99_us", "rss_kib")


def main(size: str) -> None:
    rounds, calls = {"quick": (3, 2000), "full": (9, 10000)}[size]
    with Server() as endpoint:
        tables = []
        for at_once in (1, 64):
            for group, clients in GROUPS.items():
                print(f"{group}, {at_once} at once", file=sys.stderr)
                tables.append((group, at_once, measure(endpoint, clients, rounds, calls, at_once)))
    (HERE / "RESULTS.md").write_text(render(tables, rounds, calls, core()))


class Server:
    """The benchmarks' own server. It is asked who it is, so that nobody else is measured by mistake."""

    def __enter__(self) -> str:
        identity = secrets.token_hex(8)
        command = [BINARIES / "server", "--identity", identity]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        endpoint = json.loads(self.process.stdout.readline())["endpoint"]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{endpoint}/identity", timeout=5) as answer:
            if json.load(answer)["identity"] != identity:
                raise SystemExit("another server answers where the benchmarks' own should be")
        return endpoint

    def __exit__(self, *_) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=10)


def measure(endpoint, clients, rounds, calls, at_once):
    """Every client once a round, in an order that moves, so that noise hits all alike."""
    samples = {name: [] for name, _ in clients}
    for number in range(rounds):
        turn = number % len(clients)
        for name, _ in clients[turn:] + clients[:turn]:
            arguments = ["--endpoint", endpoint, "--calls", str(calls), "--at-once", str(at_once)]
            output = subprocess.run([BINARIES / name, *arguments], check=True, capture_output=True, text=True)
            samples[name].append(json.loads(output.stdout))
    return [(label, samples[name]) for name, label in clients]


def core():
    """Instructions and allocations of one exchange in core alone. Without valgrind there are no instructions."""
    binary = BINARIES / "core"
    allocations = subprocess.run([binary, "allocations"], check=True, capture_output=True, text=True).stdout.strip()
    if not shutil.which("valgrind"):
        return allocations, None
    counts = []
    for exchanges in (1000, 2000):
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary, str(exchanges)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stderr
        [line] = [line for line in output.splitlines() if "Collected" in line]
        counts.append(int(line.split()[-1]))
    return allocations, (counts[1] - counts[0]) // 1000


def render(tables, rounds, calls, core_figures):
    allocations, instructions = core_figures
    lines = [
        "# Results",
        "",
        f"Written by `just bench` on {platform.machine()} with {os.cpu_count()} cores: medians of {rounds} rounds of "
        f"{calls} calls, each client a process of its own, interleaved. Compare ratios: absolute figures belong to the "
        "machine.",
        "",
        f"Core alone, one exchange built, decoded and checked: {instructions or 'not counted'} instructions, "
        f"{allocations} allocations.",
    ]
    for group, at_once, results in tables:
        lines += ["", f"## {group}, {at_once} at once", ""]
        lines += ["| client | CPU µs a call | spread | ratio to ours | wall µs a call | p50 µs | p99 µs | peak KiB |"]
        lines += ["|---|---|---|---|---|---|---|---|"]
        ours = statistics.median(sample["cpu_us"] for sample in results[0][1])
        for label, samples in results:
            median = {figure: statistics.median(sample[figure] for sample in samples) for figure in FIGURES}
            cpu = sorted(sample["cpu_us"] for sample in samples)
            lines.append(
                f"| {label} | {median['cpu_us']:.1f} | {cpu[0]:.1f}–{cpu[-1]:.1f} | {median['cpu_us'] / ours:.2f} "
                f"| {median['wall_us']:.1f} | {median['p50_us']:.0f} | {median['p99_us']:.0f} | {median['rss_kib']} |"
            )
    lines += ["", f"Not measured yet: {NOT_MEASURED}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1])

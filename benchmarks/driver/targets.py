"""What this SDK sets out to reach, as data: each is looked up in the records, by medians of the same run."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

Records = dict[str, dict]


@dataclass(frozen=True)
class Target:
    text: str
    at_most: float
    found: Callable[[Records], float]
    on_all_cpus: Callable[[Records], float] | None = None


def median(samples: list[dict], figure: str) -> float:
    return statistics.median(sample[figure] for sample in samples)


def ratio(group: str, ours: str, *peers: str, figure: str = "cpu_us") -> Callable[[Records], float]:
    """Ours by the cheapest of these peers."""

    def found(records: Records) -> float:
        samples = records[group]["samples"]
        return median(samples[ours], figure) / min(median(samples[peer], figure) for peer in peers)

    return found


def own_work(text: str, at_most: float, group: str, ours: str, *peers: str) -> Target:
    """Of CPU time: what the clients themselves do, and beside it what their processes cost on all CPUs."""
    return Target(text, at_most, ratio(f"one-cpu-{group}", ours, *peers), ratio(group, ours, *peers))


def quickest(group: str, ours: str) -> Callable[[Records], float]:
    """The time to the first response, relative to the quickest peer's."""

    def found(records: Records) -> float:
        samples = records[group]["samples"]
        peers = [name for name in samples if not name.lower().startswith(("passlock", "ours-")) and name != "floor"]
        return ratio(group, ours, *peers, figure="ready_us")(records)

    return found


def count(client: str, key: str) -> Callable[[Records], float]:
    return lambda records: records["counts"]["clients"][client][key]


def imports(program: str) -> Callable[[Records], float]:
    return lambda records: records["imports"]["ms"][program]


def memory_at(at_once: str) -> Callable[[Records], float]:
    def found(records: Records) -> float:
        step = records["scale"]["steps"][at_once]
        return median(step["ours-hyper"], "rss_kib") / median(step["reqwest"], "rss_kib")

    return found


def late_fast_calls(records: Records) -> float:
    """How many slow calls had ended before the last fast one: in the right order none has."""
    figures = records["slow-beside-fast"]["clients"]["passlock"]
    return figures["slow"] - figures["slow_still_waiting"]


def growth(figure: str) -> Callable[[Records], float]:
    """The most of the last fifth of a soak, by the most of its second tenth: pools are full by then."""

    def found(records: Records) -> float:
        samples = records["soak"]["samples"]
        tenth = max(1, len(samples) // 10)
        early, late = samples[tenth : 2 * tenth], samples[-2 * tenth :]
        return max(sample[figure] for sample in late) / max(sample[figure] for sample in early)

    return found


TARGETS = (
    Target("Core, one exchange: instructions", 12_000, lambda records: records["core"]["instructions"]),
    Target("Core, one exchange: allocations", 25, lambda records: records["core"]["allocations"]),
    own_work(
        "Rust on reqwest: CPU relative to reqwest's with a time limit",
        1.1,
        "rust-async-1",
        "ours-reqwest",
        "reqwest --limit",
    ),
    own_work("the same, 64 at once", 1.1, "rust-async-64", "ours-reqwest", "reqwest --limit"),
    own_work(
        "Rust on hyper: CPU relative to reqwest's with a time limit",
        0.75,
        "rust-async-1",
        "ours-hyper",
        "reqwest --limit",
    ),
    own_work("the same, 64 at once", 0.75, "rust-async-64", "ours-hyper", "reqwest --limit"),
    Target("Rust on hyper: instructions a call", 80_000, count("ours-hyper", "instructions")),
    Target("Rust on hyper: system calls a call", 3, count("ours-hyper", "system_calls")),
    own_work(
        "Rust blocking: CPU relative to ureq's without limits",
        1.0,
        "rust-blocking-1",
        "ours-blocking",
        "ureq",
        "ureq --by-address",
    ),
    # Threads are for having more than one CPU.
    Target(
        "the same, 64 threads, on all CPUs",
        1.0,
        ratio("rust-blocking-64", "ours-blocking", "ureq", "ureq --by-address"),
    ),
    own_work(
        "Python sync: CPU relative to the cheaper of primp and pyreqwest",
        0.8,
        "python-sync-1",
        "passlock_sync",
        "primp_sync",
        "pyreqwest_sync",
    ),
    Target(
        "the same, 64 threads, on all CPUs",
        0.8,
        ratio("python-sync-64", "passlock_sync", "primp_sync", "pyreqwest_sync"),
    ),
    own_work("Python sync: CPU relative to requests'", 0.1, "python-sync-1", "passlock_sync", "requests_sync"),
    own_work("Python sync: CPU relative to httpx's", 0.1, "python-sync-1", "passlock_sync", "httpx_sync"),
    own_work("Python async: CPU relative to pyreqwest's", 0.85, "python-async-1", "passlock_async", "pyreqwest_async"),
    own_work("Python async: CPU relative to aiohttp's", 0.7, "python-async-1", "passlock_async", "aiohttp_async"),
    own_work(
        "Python async, 64 at once: CPU relative to pyreqwest's",
        0.65,
        "python-async-64",
        "passlock_async",
        "pyreqwest_async",
    ),
    own_work("Node: CPU relative to undici's Pool", 1.0, "node-1", "passlock", "undici-pool"),
    own_work("Node, 64 at once: CPU relative to undici's Pool", 0.7, "node-64", "passlock", "undici-pool"),
    own_work("Node: CPU relative to fetch's", 0.25, "node-1", "passlock", "fetch"),
    own_work("Node, 64 at once: CPU relative to fetch's", 0.25, "node-64", "passlock", "fetch"),
    Target(
        "JVM blocking: CPU relative to OkHttp's, on all CPUs",
        0.5,
        ratio("jvm-blocking-1", "PasslockBlocking", "OkHttp"),
    ),
    Target("the same, 64 threads", 0.5, ratio("jvm-blocking-64", "PasslockBlocking", "OkHttp")),
    Target(
        "JVM async: CPU relative to java.net.http's, on all CPUs",
        1.0,
        ratio("jvm-async-1", "PasslockSuspend", "JavaNetHttpFutures"),
    ),
    Target("the same, 64 at once", 1.0, ratio("jvm-async-64", "PasslockSuspend", "JavaNetHttpFutures")),
    Target("Swift: CPU relative to URLSession's, on all CPUs", 1.0, ratio("swift-1", "passlock", "urlsession")),
    Target("the same, 64 at once", 1.0, ratio("swift-64", "passlock", "urlsession")),
    Target("Start-up, Rust on reqwest: relative to the quickest peer's", 1.0, quickest("rust-async-1", "ours-reqwest")),
    Target("Start-up, Rust on hyper: relative to the quickest peer's", 1.0, quickest("rust-async-1", "ours-hyper")),
    Target(
        "Start-up, Rust blocking: relative to the quickest peer's", 1.0, quickest("rust-blocking-1", "ours-blocking")
    ),
    Target("Start-up, Python sync: relative to the quickest peer's", 1.0, quickest("python-sync-1", "passlock_sync")),
    Target(
        "Start-up, Python async: relative to the quickest peer's", 1.0, quickest("python-async-1", "passlock_async")
    ),
    Target("Start-up, Node: relative to the quickest peer's", 1.0, quickest("node-1", "passlock")),
    Target("Start-up, JVM async: relative to the quickest peer's", 1.0, quickest("jvm-async-1", "PasslockSuspend")),
    Target(
        "Start-up, JVM blocking: relative to the quickest peer's", 1.0, quickest("jvm-blocking-1", "PasslockBlocking")
    ),
    Target("Start-up, Swift: relative to the quickest peer's", 1.0, quickest("swift-1", "passlock")),
    Target("Python: import, ms more than a bare interpreter", 15, imports("Python: import passlock")),
    Target("Node: require, ms more than a bare process", 10, imports('Node: require("passlock")')),
    Target("Python: wheel, MB", 2.5, lambda records: records["sizes"]["figures"]["wheel_bytes"] / 1e6),
    Target("Node: unpacked, MB", 4.0, lambda records: records["sizes"]["figures"]["node_unpacked_bytes"] / 1e6),
    Target("Rust async, 4,096 at once: peak memory relative to reqwest's", 1.1, memory_at("4096")),
    Target("Slow responses before the last fast one", 0, late_fast_calls),
    Target("Soak: growth of memory", 1.05, growth("rss_kib")),
    Target("Soak: growth of open files", 1.0, growth("open_files")),
    Target("Soak: growth of threads", 1.0, growth("threads")),
)

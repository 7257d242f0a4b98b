"""What every Python client of the benchmarks prints about itself. Imported first: the clock of the import starts here.

It imports little, so that no library finds its own imports already done.
"""

import sys
import time

TENANCY = "tenancy-1"
KEY = "a-key-of-the-usual-length-0123456789"
TOKEN = "EpVzO2wfpqEDcs3ChKWJ1m9rDc8OtCE6"
HEADERS = {"Authorization": f"Bearer {KEY}", "Accept": "application/json"}
# As much as ours has by default.
TIMEOUT = 30.0
CONNECT_TIMEOUT = 5.0
POOL = 64


class Arguments:
    """How every client is started, in every language."""

    def __init__(self) -> None:
        given = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
        self.endpoint = given.pop("--endpoint")
        self.warm_up = int(given.pop("--warm-up", 200))
        self.calls = int(given.pop("--calls", 2000))
        self.at_once = int(given.pop("--at-once", 1))
        self.ca = given.pop("--ca", None)
        started = given.pop("--started", None)
        self.started = None if started is None else int(started)
        if given:
            raise SystemExit(f"unknown: {given}")
        self.url = f"{self.endpoint}/{TENANCY}/token/{TOKEN}"


class Clock:
    """When things happened, in nanoseconds of the machine's monotonic clock."""

    def __init__(self) -> None:
        self.began = time.monotonic_ns()
        self.was_imported = self.answered = self.began

    def imported(self) -> None:
        """To be called when the library is imported."""
        self.was_imported = time.monotonic_ns()


def run_threads(arguments: Arguments, call, warm_up=None) -> None:
    """Makes calls one after another, or on that many threads; with none to make, one for each line that asks for it."""

    def work(count: int) -> list[int]:
        latencies = []
        for _ in range(count):
            started = time.perf_counter_ns()
            call()
            latencies.append(time.perf_counter_ns() - started)
        return latencies

    def calls(count: int) -> list[int]:
        if arguments.at_once == 1:
            return work(count)
        from threading import Thread

        results: list[list[int]] = []
        threads = [
            Thread(target=lambda: results.append(work(count // arguments.at_once))) for _ in range(arguments.at_once)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(results) != len(threads):
            raise SystemExit("a thread failed")
        return [latency for result in results for latency in result]

    if not arguments.calls:
        for line in sys.stdin:
            _answer(line, call, warm_up)
        return
    call()
    clock.answered = time.monotonic_ns()
    calls(arguments.warm_up)
    start = _used()
    _report(arguments, start, calls(arguments.calls))


def run_tasks(arguments: Arguments, connected, warm_up=None) -> None:
    """Makes calls one after another, or in that many tasks. `connected()` is an async context with one call."""
    import asyncio

    async def work(call, count: int) -> list[int]:
        latencies = []
        for _ in range(count):
            started = time.perf_counter_ns()
            await call()
            latencies.append(time.perf_counter_ns() - started)
        return latencies

    async def calls(call, count: int) -> list[int]:
        if arguments.at_once == 1:
            return await work(call, count)
        results = await asyncio.gather(*(work(call, count // arguments.at_once) for _ in range(arguments.at_once)))
        return [latency for result in results for latency in result]

    async def on_demand(call) -> None:
        started = time.perf_counter_ns()
        try:
            await call()
        except Exception:
            print("failed", flush=True)
        else:
            print((time.perf_counter_ns() - started) // 1000, flush=True)

    async def main() -> None:
        async with connected() as call:
            if not arguments.calls:
                # The loop goes on between two calls.
                while line := await asyncio.to_thread(sys.stdin.readline):
                    if line.strip() == "call":
                        await on_demand(call)
                    elif warm_up is not None:
                        await on_demand(warm_up)
                    else:
                        print("none", flush=True)
                return
            await call()
            clock.answered = time.monotonic_ns()
            await calls(call, arguments.warm_up)
            start = _used()
            _report(arguments, start, await calls(call, arguments.calls))

    asyncio.run(main())


def _answer(line: str, call, warm_up) -> None:
    """One call, or what opens a connection ahead: how long it took, in microseconds."""
    does = call if line.strip() == "call" else warm_up
    if does is None:
        print("none", flush=True)
        return
    started = time.perf_counter_ns()
    try:
        does()
    except Exception:
        print("failed", flush=True)
    else:
        print((time.perf_counter_ns() - started) // 1000, flush=True)


def _used() -> tuple[float, int]:
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, time.perf_counter_ns()


def _report(arguments: Arguments, start: tuple[float, int], latencies: list[int]) -> None:
    end = _used()
    # Not before: most clients have it already, and others would pay for it.
    import json

    count = len(latencies)
    latencies.sort()
    figures = {
        "calls": count,
        "cpu_us": (end[0] - start[0]) * 1e6 / count,
        "wall_us": (end[1] - start[1]) / 1e3 / count,
        "p50_us": latencies[int((count - 1) * 0.50)] / 1e3,
        "p99_us": latencies[int((count - 1) * 0.99)] / 1e3,
        "rss_kib": _peak_kib(),
        "import_us": (clock.was_imported - clock.began) / 1e3,
        "ready_us": (clock.answered - clock.began) / 1e3,
        "start_us": None if arguments.started is None else (clock.answered - arguments.started) / 1e3,
    }
    print(json.dumps(figures))


def _peak_kib() -> int:
    """Not ru_maxrss: that one begins with what the process that started this one had used."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


clock = Clock()

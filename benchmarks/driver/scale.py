"""Many calls at once, slow ones alongside fast ones, and very many calls."""

import json
import os
import pathlib
import resource
import subprocess
import sys
import time

from . import kits, records
from .clients import RUST_ASYNC
from .rounds import run
from .server import Server

AT_ONCE = {"quick": (1, 256, 4096), "full": (1, 4, 16, 64, 256, 1024, 4096)}
ROUNDS = {"quick": 1, "full": 5}
# Calls for each of those at once.
DEPTH = {"quick": 8, "full": 24}
LATENCY = 20
OURS_AND_REQWEST = RUST_ASYNC[:2]


def scale(size: str) -> None:
    """1 to 4,096 calls at once against an answer that takes 20 ms."""
    kits.prepare("rust")
    open_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    steps: dict[str, dict] = {}
    not_measured = {}
    with Server(latency=LATENCY) as server:
        for at_once in AT_ONCE[size]:
            if open_files < at_once + 100:
                not_measured[f"{at_once} at once"] = f"no more than {open_files} files may be open"
                continue
            print(f"scale: {at_once} at once", file=sys.stderr)
            calls = max(at_once * DEPTH[size], 50)
            counts = ["--at-once", str(at_once), "--calls", str(calls), "--warm-up", str(at_once * 2)]
            step = steps[str(at_once)] = {client.name: [] for client in OURS_AND_REQWEST}
            for number in range(ROUNDS[size]):
                turn = number % 2
                for client in OURS_AND_REQWEST[turn:] + OURS_AND_REQWEST[:turn]:
                    step[client.name].append(run(client, [*server.arguments, *counts]))
    records.keep("scale", latency=LATENCY, rounds=ROUNDS[size], steps=steps, not_measured=not_measured)


def slow_beside_fast() -> None:
    """The order of events is asserted: all slow calls still wait when the last fast one has ended."""
    kits.prepare("rust")
    figures = {}
    with Server(slow=8000) as server:
        for client, label in (("passlock", "passlock"), ("reqwest", "reqwest, as its docs use it")):
            print(f"slow beside fast: {label}", file=sys.stderr)
            command = [*kits.command("rust", "slow-and-fast"), *server.arguments, "--client", client]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=120).stdout
            figures[client] = {"label": label, **json.loads(output)}
    records.keep("slow-beside-fast", clients=figures)


def soak(calls: int = 1_000_000, at_once: int = 64) -> None:
    """Memory, open files and threads over very many calls, read from /proc while they are made."""
    kits.prepare("rust")
    samples = []
    with Server() as server:
        counts = ["--calls", str(calls), "--at-once", str(at_once)]
        began = time.monotonic()
        command = [*kits.command("rust", "soak"), *server.arguments, *counts]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        while process.poll() is None:
            time.sleep(0.25)
            try:
                samples.append({"at_s": round(time.monotonic() - began, 2), **_of_process(process.pid)})
            except (OSError, KeyError):
                break  # it has just ended
            if len(samples) % 20 == 0:
                print(f"soak: {samples[-1]}", file=sys.stderr)
        made = json.loads(process.communicate(timeout=60)[0])["calls"]
    if process.returncode or made != calls:
        raise SystemExit(f"the soak made {made} of {calls} calls")
    records.keep("soak", calls=calls, at_once=at_once, seconds=round(time.monotonic() - began, 1), samples=samples)


def _of_process(process: int) -> dict[str, int]:
    folder = pathlib.Path("/proc") / str(process)
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    return {
        "rss_kib": int(status["VmRSS"].split()[0]),
        "open_files": len(os.listdir(folder / "fd")),
        "threads": int(status["Threads"]),
    }

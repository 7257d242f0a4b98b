"""What does not depend on the machine's mood: instructions, allocations and system calls."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable

from . import kits, records
from .clients import RUST_ASYNC, RUST_BLOCKING, Client
from .server import Server

COUNTED = (*RUST_ASYNC, *RUST_BLOCKING)


def core() -> None:
    """One exchange in core alone, for the record."""
    print("core", file=sys.stderr)
    kits.prepare("rust")
    figures = core_figures()
    not_measured = {} if figures["instructions"] else {"instructions": "valgrind is not installed"}
    records.keep("core", **figures, not_measured=not_measured)


def core_figures() -> dict[str, int | None]:
    binary = kits.command("rust", "core")
    allocations = int(subprocess.run([*binary, "allocations"], check=True, capture_output=True, text=True).stdout)
    instructions = None
    if shutil.which("valgrind"):
        instructions = round(_a_call(lambda exchanges: _callgrind([*binary, str(exchanges)]), 1000))
    return {"instructions": instructions, "allocations": allocations}


def a_call() -> None:
    """Instructions and system calls of one call, one after another."""
    kits.prepare("rust")
    not_measured = {}
    figures: dict[str, dict] = {client.name: {"label": client.label} for client in COUNTED}
    with Server() as server:
        for tool, key, counter, calls in (
            ("valgrind", "instructions", _callgrind, 500),
            ("strace", "system_calls", _strace, 500),
        ):
            if not shutil.which(tool):
                not_measured[key] = f"{tool} is not installed"
                continue
            for client in COUNTED:
                print(f"{key}: {client.label}", file=sys.stderr)
                figures[client.name][key] = round(_a_call(_run_of(client, server, counter), calls), 1)
    records.keep("counts", clients=figures, not_measured=not_measured)


def _run_of(client: Client, server: Server, counter: Callable[[list[str]], int]) -> Callable[[int], int]:
    return lambda calls: counter(_command(client, server, calls))


def _command(client: Client, server: Server, calls: int) -> list[str]:
    counts = ["--warm-up", "0", "--calls", str(calls)]
    return [*kits.command(client.kit, client.program), *server.arguments, *counts, *client.extra]


def _a_call(count: Callable[[int], int], calls: int) -> float:
    """The difference of two runs: what start and end take is in both."""
    return (count(2 * calls) - count(calls)) / calls


def _callgrind(command: list[str]) -> int:
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    output = subprocess.run([*tool, *command], check=True, capture_output=True, text=True).stderr
    [collected] = re.findall(r"Collected : (\d+)", output)
    return int(collected)


def _strace(command: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        summary = pathlib.Path(folder) / "summary"
        subprocess.run(["strace", "-f", "-c", "-o", summary, *command], check=True, capture_output=True)
        [total] = re.findall(r"^100\.00 +\S+ +(?:\S+ +)?(\d+) .*total$", summary.read_text(), re.MULTILINE)
    return int(total)

"""What it costs a process to load ours: from its start to its end, compared with one that loads nothing."""

import statistics
import subprocess
import time
from typing import NamedTuple

from . import HERE, kits, records

RUNS = {"quick": 7, "full": 21}


class Program(NamedTuple):
    kit: str
    nothing: list[str]
    loads: list[str]


ESM = ["--input-type=module", "-e"]
PROGRAMS = {
    "Python: import passlock": Program("python", ["-c", "pass"], ["-c", "import passlock"]),
    'Node: require("passlock")': Program("node", ["-e", "0"], ["-e", 'require("passlock")']),
    'Node: import "passlock"': Program("node", [*ESM, "0"], [*ESM, 'import "passlock"']),
}


def measure(size: str) -> None:
    figures = {}
    not_measured = {}
    for name, program in PROGRAMS.items():
        try:
            kits.prepare(program.kit)
            interpreter = kits.command(program.kit, "")[0]
            _once([interpreter, *program.loads])  # Python compiles what it loads for the first time.
            bare, loaded = [], []
            for _ in range(RUNS[size]):
                bare.append(_once([interpreter, *program.nothing]))
                loaded.append(_once([interpreter, *program.loads]))
            figures[name] = statistics.median(loaded) - statistics.median(bare)
        except kits.NotHere as reason:
            not_measured[name] = str(reason)
    records.keep("imports", ms=figures, runs=RUNS[size], not_measured=not_measured)


def _once(command: list[str]) -> float:
    start = time.perf_counter()
    # Where Node finds its modules.
    subprocess.run(command, check=True, cwd=HERE / "node", stdin=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1e3

"""What it costs a process to load ours: from its start to its end, compared with one that loads nothing."""

import statistics
import subprocess
import time

from . import HERE, kits, records

RUNS = {"quick": 7, "full": 21}
# How a program is given on the command line, one that does nothing, and one that loads.
PROGRAMS = {"python": ("-c", "pass", "import passlock"), "node": ("-e", "0", 'require("passlock")')}


def measure(size: str) -> None:
    figures = {}
    not_measured = {}
    for kit, (option, nothing, load) in PROGRAMS.items():
        try:
            kits.prepare(kit)
            interpreter = [kits.command(kit, "")[0], option]
            _once([*interpreter, load])  # Python compiles what it loads for the first time.
            bare, loaded = [], []
            for _ in range(RUNS[size]):
                bare.append(_once([*interpreter, nothing]))
                loaded.append(_once([*interpreter, load]))
            figures[kit] = statistics.median(loaded) - statistics.median(bare)
        except kits.NotHere as reason:
            not_measured[kit] = str(reason)
    records.keep("imports", ms=figures, runs=RUNS[size], not_measured=not_measured)


def _once(command: list[str]) -> float:
    start = time.perf_counter()
    # Where Node finds its modules.
    subprocess.run(command, check=True, cwd=HERE / "node", stdin=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1e3

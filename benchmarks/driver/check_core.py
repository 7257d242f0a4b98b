"""python3 -m driver.check_core [--record]: does an exchange in core cost more than what is recorded?"""

import json
import os
import shutil
import subprocess
import sys

from . import HERE, counts, kits

RECORD = HERE / "core-cost.json"
MOST = 1.03


def main() -> None:
    kits.build_core()
    found = {**counts.core_figures(), "rustc": _rustc("release"), "host": _rustc("host")}
    if sys.argv[1:] == ["--record"]:
        RECORD.write_text(json.dumps(found, indent=2) + "\n")
        return
    recorded = json.loads(RECORD.read_text())
    _compare("allocations", found, recorded)
    reason = _incomparable(found, recorded)
    if reason is None:
        _compare("instructions", found, recorded)
    elif os.environ.get("GITHUB_ACTIONS") == "true":
        raise SystemExit(f"core's instructions must be compared here: {reason}")
    else:
        print(f"core's instructions are not compared: {reason}")


def _incomparable(found: dict, recorded: dict) -> str | None:
    if not shutil.which("valgrind"):
        return "valgrind is missing; apt-get install valgrind, or your system's equivalent"
    for what in ("rustc", "host"):
        if found[what] != recorded[what]:
            return f"they are recorded with {what} {recorded[what]}, and this is {found[what]}"
    return None


def _compare(what: str, found: dict, recorded: dict) -> None:
    growth = found[what] / recorded[what]
    print(f"core, one exchange: {found[what]:,} {what}, {growth - 1:+.1%} of what is recorded")
    if growth > MOST:
        raise SystemExit(
            f"that is more than {MOST - 1:.0%}: find out why, or `benchmarks/check-core --record` and say why"
        )


def _rustc(what: str) -> str:
    lines = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout.splitlines()
    return next(line.removeprefix(f"{what}: ") for line in lines if line.startswith(f"{what}: "))


main()

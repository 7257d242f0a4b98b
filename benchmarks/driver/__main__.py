"""python3 -m driver [full|quick|soak|render|latency] [--only WORD ...] [--long]"""

import argparse
import sys
import time

from . import HERE, counts, imports, kits, latency, report, rounds, scale, sizes
from .clients import GROUPS

# What is no group of clients, in the order in which it is measured.
SPECIALS = {
    "core": lambda size: counts.core(),
    "counts": lambda size: counts.a_call(),
    "sizes": lambda size: sizes.measure(),
    "imports": imports.measure,
    "scale": scale.scale,
    "slow-beside-fast": lambda size: scale.slow_beside_fast(),
    "soak": lambda size: scale.soak(),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="just bench", description="Measures, and writes benchmarks/RESULTS.md.")
    parser.add_argument("size", nargs="?", default="full", choices=("full", "quick", "soak", "render", "latency"))
    help_only = "a name or a part of one (node, tls, 64, python-sync, core, scale ...); may be repeated"
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help=help_only)
    parser.add_argument("--long", action="store_true", help="latency: with 60 and 200 s of idle time, and more samples")
    given = parser.parse_args()
    if given.size == "latency":
        latency.measure(given.only, given.long)
        return
    if given.size == "soak":
        scale.soak()
    elif given.size != "render":
        _measure(given.size, given.only)
    (HERE / "RESULTS.md").write_text(report.render())


def _measure(size: str, only: list[str]) -> None:
    groups = [group for group in GROUPS if _wanted(group.name, only)]
    specials = [name for name in SPECIALS if _wanted(name, only)]
    if size == "quick" and not only:
        # A minute of its own.
        specials.remove("soak")
    if not groups and not specials:
        raise SystemExit(f"nothing has {' or '.join(only)} in its name")
    kits.prepare_all(client.kit for group in groups for client in group.clients)
    began = time.monotonic()
    for name in specials:
        SPECIALS[name](size)
    if groups:
        rounds.measure(groups, size, time.monotonic() - began)
    print(f"measured in {time.monotonic() - began:.0f} s", file=sys.stderr)


def _wanted(name: str, only: list[str]) -> bool:
    return not only or any(f"-{word}-" in f"-{name}-" for word in only)


main()

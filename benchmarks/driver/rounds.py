"""Every client once a round, in an order that moves, so that noise hits all alike."""

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

from . import kits, records
from .clients import Client, Group
from .one_cpu import affinity
from .server import Server

ROUNDS = {"quick": 3, "full": 7}
# A quick run is to end within three minutes: after the first round, no group is begun that would end later.
SECONDS = {"quick": 170.0, "full": float("inf")}
LIMIT_OF_A_RUN = 300


@dataclass
class Progress:
    group: Group
    samples: dict[str, list[dict]]
    not_measured: dict[str, str]
    rounds: int = 0
    seconds: float = 0.0  # of its last round


def measure(groups: list[Group], size: str, already: float) -> None:
    """Measures, and keeps the records, after so many seconds. What can't be measured here is kept with its reason."""
    progress = [_begin(group) for group in groups]
    load = os.getloadavg()[0]
    until = time.monotonic() - already + SECONDS[size]
    with contextlib.ExitStack() as stack:
        servers = {}
        for group in groups:
            if _kind(group) not in servers:
                server = Server(latency=group.latency, tls=group.tls, one_cpu=group.one_cpu)
                servers[_kind(group)] = stack.enter_context(server)
        for number in range(ROUNDS[size]):
            for each in filter(_has_clients, progress):
                began = time.monotonic()
                if number and began + each.seconds > until:
                    continue
                print(f"round {number + 1}: {each.group.title}", file=sys.stderr)
                server = servers[_kind(each.group)]
                _round(each, server.arguments, size, number)
                each.rounds += 1
                each.seconds = time.monotonic() - began
    for each in progress:
        figures = {"rounds": each.rounds, "calls": each.group.calls[size], "load": load}
        if any(each.samples.values()):
            figures["runtime"] = kits.runtime(each.group.ours.kit)
        records.keep(each.group.name, samples=each.samples, not_measured=each.not_measured, **figures)


def _kind(group: Group) -> tuple:
    """Groups of one kind share a server."""
    return group.latency, group.tls, group.one_cpu


def _begin(group: Group) -> Progress:
    progress = Progress(group, {client.name: [] for client in group.clients}, {})
    for client in group.clients:
        try:
            kits.prepare(client.kit)
        except kits.NotHere as reason:
            _drop(progress, client, str(reason))
    return progress


def _has_clients(progress: Progress) -> bool:
    return bool(progress.samples)


def _round(progress: Progress, arguments: list[str], size: str, number: int) -> None:
    group = progress.group
    turn = number % len(group.clients)
    for client in group.clients[turn:] + group.clients[:turn]:
        if client.name in progress.not_measured:
            continue
        counts = ["--calls", str(group.calls[size]), "--warm-up", str(group.warm_up[size])]
        counts += ["--at-once", str(group.at_once)]
        try:
            progress.samples[client.name].append(_sample(client, [*arguments, *counts], group.one_cpu))
        except kits.NotHere as reason:
            if client.ours:
                raise SystemExit(f"{client.label} fails: {reason}") from reason
            _drop(progress, client, str(reason))


class Hangs(kits.NotHere):
    """It did not end."""


def _sample(client: Client, arguments: list[str], one_cpu: bool) -> dict:
    """One run. A peer that fails now and then is given two more; ours is not, nor one that hangs."""
    for _ in range(0 if client.ours else 2):
        try:
            return run(client, arguments, one_cpu)
        except Hangs:
            raise
        except kits.NotHere as reason:
            print(f"once more, since it failed: {client.label}: {reason}", file=sys.stderr)
    return run(client, arguments, one_cpu)


def _drop(progress: Progress, client: Client, reason: str) -> None:
    del progress.samples[client.name]
    progress.not_measured[client.name] = reason


def run(client: Client, arguments: list[str], one_cpu: bool = False) -> dict:
    """One client as a process of its own. One that can't work here has a word of why on its last line."""
    command = [*kits.command(client.kit, client.program), *arguments, *client.extra]
    command += ["--started", str(time.monotonic_ns())]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_OF_A_RUN, **affinity(one_cpu))
    except subprocess.TimeoutExpired as late:
        raise Hangs(f"it had not ended after {LIMIT_OF_A_RUN} s") from late
    if result.returncode:
        lines = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
        raise kits.NotHere(f"it exited with status {result.returncode}: {lines[-1] if lines else 'no reason given'}")
    return json.loads(result.stdout.splitlines()[-1])

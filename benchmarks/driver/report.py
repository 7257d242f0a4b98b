"""RESULTS.md, from all that was measured last."""

import os
import platform

from . import records
from .clients import GROUPS, Group
from .targets import TARGETS, Target, median

HEAD = """# Results

Written by `just bench` on {machine} with {cores} cores; [README.md](README.md) says what is measured and how.
Compare ratios: absolute figures depend on the machine.
"""


ON_ALL_CPUS = """CPU times are compared while client and server share one CPU, so that they show the clients' own work. Where the last column has
a value, it is the ratio on all CPUs, which includes the cost of waking another CPU, on both sides; **above** marks those that
exceed the limit there.
"""


def render() -> str:
    kept = records.all_kept()
    parts = [HEAD.format(machine=platform.machine(), cores=os.cpu_count()), _targets(kept)]
    for name, section in (("core", _core), ("counts", _counts), ("imports", _loading)):
        if name in kept:
            parts.append(section(kept[name]))
    parts += [_group(group, kept[group.name]) for group in GROUPS if _has_samples(kept.get(group.name))]
    for name, section in (("scale", _scale), ("slow-beside-fast", _slow_beside_fast), ("soak", _soak)):
        if name in kept:
            parts.append(section(kept[name]))
    return "\n".join([*parts, _not_measured(kept)])


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _targets(kept: dict[str, dict]) -> str:
    rows = []
    for target in TARGETS:
        try:
            found = target.found(kept)
            verdict = "yes" if found <= target.at_most else "**no**"
            row = [target.text, _short(target.at_most), _short(found), verdict]
        except (KeyError, TypeError, ValueError):
            row = [target.text, _short(target.at_most), "not measured", ""]
        try:
            row.append(_on_all_cpus(target, kept) if target.on_all_cpus else "")
        except (KeyError, TypeError, ValueError):
            row.append("not measured")
        rows.append(row)
    return f"## Targets\n\n{ON_ALL_CPUS}\n" + _table(["target", "at most", "measured", "met", "on all CPUs"], rows)


def _on_all_cpus(target: Target, kept: dict[str, dict]) -> str:
    found = target.on_all_cpus(kept)
    return _short(found) if found <= target.at_most else f"{_short(found)} **above**"


def _loading(figures: dict) -> str:
    rows = [[name, f"{ms:.1f}"] for name, ms in figures["ms"].items()]
    return "## Loading\n\n" + _table(["program", "ms more than one that does nothing"], rows)


def _core(figures: dict) -> str:
    instructions = figures["instructions"]
    return (
        "## Core alone\n\nOne exchange built, decoded and checked, without a network: "
        f"{'uncounted' if instructions is None else f'{instructions:,}'} instructions, {figures['allocations']} "
        "allocations.\n"
    )


def _counts(figures: dict) -> str:
    def cell(value: float | None) -> str:
        return "not counted" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"

    rows = [
        [client["label"], cell(client.get("instructions")), cell(client.get("system_calls"))]
        for client in figures["clients"].values()
    ]
    return "## One call, in instructions and system calls\n\n" + _table(
        ["client", "instructions", "system calls"], rows
    )


def _has_samples(record: dict | None) -> bool:
    return record is not None and any(record["samples"].values())


def _group(group: Group, record: dict) -> str:
    samples = {name: each for name, each in record["samples"].items() if each}
    own = samples.get(group.ours.name)
    starts = group.at_once == 1
    head = [
        "client",
        "CPU µs a call",
        "spread",
        "ratio to ours",
        "wall µs a call",
        "spread",
        "p50 µs",
        "p99 µs",
        "peak MiB",
    ]
    head += ["import ms", "to first response ms", "from process start ms"] if starts else []
    rows = []
    for client in group.clients:
        if client.name not in samples:
            continue
        each = samples[client.name]
        cpu = median(each, "cpu_us")
        row = [
            client.label,
            f"{cpu:.1f}",
            _spread(each, "cpu_us"),
            f"{cpu / median(own, 'cpu_us'):.2f}" if own else "",
            f"{median(each, 'wall_us'):.1f}",
            _spread(each, "wall_us"),
            f"{median(each, 'p50_us'):.0f}",
            f"{median(each, 'p99_us'):.0f}",
            f"{median(each, 'rss_kib') / 1024:.1f}",
        ]
        if starts:
            row += [f"{median(each, figure) / 1e3:.1f}" for figure in ("import_us", "ready_us", "start_us")]
        rows.append(row)
    how = f"{record['day']}, {record['runtime']}: {_rounds(record)} of {record['calls']:,} calls"
    how += f"; load {record['load']:.1f} before."
    return f"## {group.title}\n\n{how}\n\n" + _table(head, rows)


def _rounds(record: dict) -> str:
    return "one round" if record["rounds"] == 1 else f"medians of {record['rounds']} rounds"


def _spread(samples: list[dict], figure: str) -> str:
    values = [sample[figure] for sample in samples]
    return f"{min(values):.1f}–{max(values):.1f}"


def _scale(record: dict) -> str:
    rows = []
    alone = record["steps"].get("1")
    for at_once, step in record["steps"].items():
        row = [f"{int(at_once):,}"]
        for name, samples in step.items():
            peak = median(samples, "rss_kib")
            each = (
                "" if at_once == "1" or not alone else f"{(peak - median(alone[name], 'rss_kib')) / int(at_once):.1f}"
            )
            row += [f"{1e6 / median(samples, 'wall_us'):,.0f}", f"{median(samples, 'p99_us') / 1e3:.1f}"]
            row += [f"{peak / 1024:.1f}", each]
        rows.append(row)
    columns = ["calls a second", "p99 ms", "peak MiB", "KiB a call"]
    head = ["at once", *(f"{who}: {column}" for who in ("passlock", "reqwest") for column in columns)]
    title = f"## Scale: Rust async, responses after {record['latency']} ms\n\n{_rounds(record).capitalize()}.\n\n"
    return title + _table(head, rows)


def _slow_beside_fast(record: dict) -> str:
    rows = [
        [client["label"], str(client["slow"]), str(client["slow_still_waiting"])]
        + [f"{client[figure]:.0f}" for figure in ("alone_p50_us", "beside_p50_us", "alone_p99_us", "beside_p99_us")]
        for client in record["clients"].values()
    ]
    head = ["client", "slow calls", "still waiting after the last fast one"]
    head += ["p50 µs alone", "p50 µs alongside them", "p99 µs alone", "p99 µs alongside them"]
    return "## Fast calls alongside slow ones, on one client\n\n" + _table(head, rows)


def _soak(record: dict) -> str:
    samples = record["samples"]
    picked = [samples[(len(samples) - 1) * part // 10] for part in range(11)]
    rows = [
        [f"{each['at_s']:.0f}", f"{each['rss_kib'] / 1024:.1f}", str(each["open_files"]), str(each["threads"])]
        for each in picked
    ]
    title = (
        f"## Soak: Rust async, {record['calls']:,} calls, {record['at_once']} at once, in {record['seconds']:.0f} s\n\n"
    )
    return title + _table(["after s", "memory MiB", "open files", "threads"], rows)


def _not_measured(kept: dict[str, dict]) -> str:
    reasons: dict[str, list[str]] = {}
    for group in GROUPS:
        record = kept.get(group.name)
        if record is None:
            reasons.setdefault("not run yet", []).append(group.title)
            continue
        missing = record["not_measured"]
        if len(missing) == len(group.clients) and len(set(missing.values())) == 1:
            reasons.setdefault(next(iter(missing.values())), []).append(f"{group.title}, all")
            continue
        for client in group.clients:
            if client.name in missing:
                reasons.setdefault(missing[client.name], []).append(f"{group.title}, {client.label}")
    for name in ("core", "counts", "sizes", "imports", "scale", "slow-beside-fast", "soak"):
        if name not in kept:
            reasons.setdefault("not run yet", []).append(name)
        for what, reason in kept.get(name, {}).get("not_measured", {}).items():
            reasons.setdefault(reason, []).append(f"{name}: {what}")
    lines = [f"- {'; '.join(what)}: {reason}\n" for reason, what in reasons.items()]
    return "## Not measured\n\n" + ("".join(lines) or "Nothing is left out.\n")


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value == int(value) and value >= 10 else f"{value:.2f}"

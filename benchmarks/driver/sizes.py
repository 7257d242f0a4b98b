"""What a user downloads and keeps of ours."""

import pathlib

from . import ROOT, WORK, kits, records


def measure() -> None:
    figures = {}
    not_measured = {}
    for kit, key, size in (("python", "wheel_bytes", _wheel), ("node", "node_unpacked_bytes", _node)):
        try:
            kits.prepare(kit)
            figures[key] = size()
        except kits.NotHere as reason:
            not_measured[key] = str(reason)
    records.keep("sizes", figures=figures, not_measured=not_measured)


def _wheel() -> int:
    [wheel] = (WORK.parent / "python" / "wheels" / "release").glob("*.whl")
    return wheel.stat().st_size


def _node() -> int:
    modules = ROOT / "benchmarks" / "node" / "node_modules"
    return sum(_files(folder) for folder in modules.glob("passlock*"))


def _files(folder: pathlib.Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

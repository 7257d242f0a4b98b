"""What was measured last, a file for each group: a run of some groups leaves those of the others as they are."""

import json
import platform
import time

from . import WORK

FOLDER = WORK / "results"


def keep(name: str, **figures: object) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    machine = {"machine": platform.machine(), "day": time.strftime("%Y-%m-%d")}
    (FOLDER / f"{name}.json").write_text(json.dumps({**machine, **figures}, indent=1) + "\n")


def all_kept() -> dict[str, dict]:
    return {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}

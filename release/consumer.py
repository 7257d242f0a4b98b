"""A user's machine: without cargo, and with what the READMEs say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from table import ROOT


def bare() -> dict[str, str]:
    """An environment in which no cargo is found, nor anything of this project."""
    folders = [folder for folder in os.environ["PATH"].split(os.pathsep) if not shutil.which("cargo", path=folder)]
    # Those of release/run; a system's own Python is where its other programs are.
    tools = Path(sys.executable).parent if sys.prefix != sys.base_prefix else None
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PASSLOCK", "PYTHON", "VIRTUAL_ENV", "CARGO"))
    }
    return {**kept, "PATH": os.pathsep.join(folder for folder in folders if tools is None or Path(folder) != tools)}


def run(*command: object, cwd: Path, env: dict[str, str] | None = None, limit: float = 600) -> str:
    env = env or bare()
    # Windows finds npm.cmd by its whole name only.
    program = shutil.which(str(command[0]), path=env["PATH"]) or str(command[0])
    done = subprocess.run(
        [program, *(str(word) for word in command[1:])],
        cwd=cwd,
        env=env,
        check=True,
        capture_output=True,
        text=True,
        timeout=limit,
    )
    return done.stdout


def readme(name: str, language: str, words: str) -> str:
    """The block of a README in this language with these words in it: the first."""
    text = (ROOT / name).read_text()
    for found_, block in re.findall(r"^```(\w+)[^\n]*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        if found_ == language and words in block:
            return block
    raise AssertionError(f"{name} has no {language} block with {words!r}")

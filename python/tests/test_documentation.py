"""What the README, the docstrings and the examples show is run."""

from __future__ import annotations

import asyncio
import doctest
import inspect
import os
import re
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import passlock
import passlock.testing

if TYPE_CHECKING:
    from passlock.testing import Emulator

HERE = Path(__file__).parents[1]


def test_the_first_script_of_the_readme_runs_in_an_empty_environment(tmp_path: Path) -> None:
    [script] = re.findall(r"<!-- try\.py.*?-->\n```python\n(.*?)```", (HERE / "README.md").read_text(), re.DOTALL)
    assert len(script.splitlines()) == 8
    venv.create(tmp_path, symlinks=True)
    # The package itself, and nothing else that is installed here.
    site = next(tmp_path.glob("lib/python*/site-packages"))
    (site / "passlock").symlink_to(Path(passlock.__file__).parent)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [tmp_path / "bin" / "python", "-c", script], capture_output=True, text=True, check=False, env=kept
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"[A-Za-z0-9_-]+\n", done.stdout)


def test_the_settings_of_the_readme_are_all_there_are() -> None:
    """The SDK's README has the one table, and the docstring the one list."""
    readme = (HERE.parent / "README.md").read_text()
    table = readme[readme.index("## Settings") : readme.index("## Errors")]
    rows = [line.split("|")[1:] for line in table.splitlines() if line.startswith("| `")]
    named = re.findall(r"`(\w+)`", " ".join(name for name, _, notes, _ in rows if not notes.startswith(" Rust only")))
    for cls in (passlock.Passlock, passlock.AsyncPasslock):
        settings = [name for name in inspect.signature(cls).parameters if not name.startswith("_")]
        items = [
            line.split(":")[0] for line in (inspect.getdoc(cls.__init__) or "").splitlines() if line.startswith("* ")
        ]
        assert named == re.findall(r"``(\w+)``", " ".join(items)) == settings


def test_the_examples_of_docstrings_run(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user("ada@example.com", sub="user-1", given_name="Ada")
    loop = asyncio.new_event_loop()
    documented: list[Any] = [passlock, passlock.testing, passlock.PasslockError]
    for cls in (passlock.Passlock, passlock.AsyncPasslock):
        documented += [cls, cls.exchange_token, cls.get_user, cls.update_user]
    for one in documented:
        client = passlock.AsyncPasslock() if "Async" in getattr(one, "__qualname__", "") else passlock.Passlock()
        names = {
            **vars(passlock),
            "client": client,
            "token": passlock_emulator.issue_token(user.sub),
            "run": loop.run_until_complete,
        }
        # A docstring can't be awaited: what is after `await` is run.
        text = re.sub(r"await (client\.\w+\([^)]*\))", r"run(\1)", inspect.getdoc(one) or "")
        test = doctest.DocTestParser().get_doctest(text, names, getattr(one, "__qualname__", one.__name__), None, 0)
        assert test.examples
        assert doctest.DocTestRunner().run(test).failed == 0
    loop.close()

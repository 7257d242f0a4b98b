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
from typing import TYPE_CHECKING, Any, get_args

from conftest import run_script

import passlock
import passlock.testing
from passlock import _aliases

if TYPE_CHECKING:
    import pytest

    from passlock.testing import Emulator

HERE = Path(__file__).parents[1]


def snippet(name: str) -> str:
    """What the README shows under a name."""
    pattern = rf"<!-- {re.escape(name)}:.*?-->\n```python\n(.*?)```"
    [script] = re.findall(pattern, (HERE / "README.md").read_text(), re.DOTALL)
    return script


def test_the_first_script_of_the_readme_runs_in_an_empty_environment(tmp_path: Path) -> None:
    script = snippet("try.py")
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


def test_the_application_of_the_readme_opens_a_connection_at_its_start(
    passlock_emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    script = """
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import logging
from fastapi import FastAPI
from passlock import AsyncPasslock, PasslockError
"""
    names: dict[str, Any] = {}
    exec(script + snippet("lifespan.py"), names)
    app = names["app"]

    async def start() -> None:
        async with app.router.lifespan_context(app):
            pass

    for warnings in (0, 1):
        asyncio.run(start())
        assert (
            len([record for record in caplog.records if "Passlock can't be reached" in record.getMessage()]) == warnings
        )
        passlock_emulator.fault("reset", times=3)
    assert [request["path"].split("/")[-1] for request in passlock_emulator.journal()] == ["pre-connect"] * 4


def test_the_spans_of_the_readme_are_collected(passlock_emulator: Emulator) -> None:
    script = """
import sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from passlock import Passlock
token = sys.argv[1]
"""
    script += snippet("spans.py") + "token = sys.argv[2]\n" + snippet("info.py")
    user = passlock_emulator.add_user()
    tokens = [passlock_emulator.issue_token(user.sub) for _ in range(2)]
    done = run_script(script, *tokens)
    assert (done.returncode, done.stderr) == (0, "")
    info, *spans = re.findall(
        r'^\d attempts in \d\.\d{3} s, request id \S+$|^    "name": ".+"', done.stdout, re.MULTILINE
    )
    assert info.startswith("1 attempts in ")
    call = ['    "name": "GET /{tenancyId}/token/{token}"', '    "name": "exchange_token"']
    assert spans == [*call, '    "name": "login"', *call]


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
    loop = asyncio.new_event_loop()
    operations = get_args(_aliases.Operation)
    methods = [*operations, *(f"{name}_with_info" for name in operations), "warm_up"]
    documented: list[Any] = [passlock, passlock.testing, passlock.PasslockError]
    for cls in (passlock.Passlock, passlock.AsyncPasslock):
        documented += [cls, *(getattr(cls, name) for name in methods)]
    for one in documented:
        passlock_emulator.reset()
        user = passlock_emulator.add_user("ada@example.com", sub="user-1", given_name="Ada")
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

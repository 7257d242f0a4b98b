"""What the tests share. The fixture `passlock_emulator` is the package's own."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

import passlock

if TYPE_CHECKING:
    from passlock.testing import Emulator

Connect = Callable[..., "Either"]


class Either:
    """A client of either class, whose calls are made alike."""

    def __init__(self, cls: type, settings: dict[str, Any]) -> None:
        self.client: Any = cls(**settings)
        self.loop = asyncio.new_event_loop() if cls is passlock.AsyncPasslock else None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self.client, name)

        def call(*arguments: object, **keywords: object) -> Any:
            result = operation(*arguments, **keywords)
            if inspect.iscoroutine(result):
                assert self.loop is not None
                return self.loop.run_until_complete(result)
            return result

        return call

    def end(self) -> None:
        if self.client is not None:
            self.client.close()
        if self.loop is not None:
            self.loop.close()


@pytest.fixture(params=[passlock.Passlock, passlock.AsyncPasslock], ids=["sync", "async"])
def connect(request: pytest.FixtureRequest, passlock_emulator: Emulator) -> Iterator[Connect]:
    """Makes a client of either class, which uses the emulator unless told otherwise."""
    made = []

    def connect(**settings: Any) -> Either:
        made.append(Either(request.param, {**passlock_emulator.settings, **settings}))
        return made[-1]

    yield connect
    for client in made:
        client.end()


@pytest.fixture
def either(connect: Connect) -> Either:
    return connect()


def run_script(
    script: str, *arguments: str, timeout: float = 60, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own."""
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, check=False, env={**os.environ, **environment}
    )


def until(condition: Callable[[], Any], patience: float = 10) -> Any:
    """Wait until something is so, and give it."""
    end = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)
    return found

"""The fixture ``passlock_emulator``, which pytest finds automatically."""

from __future__ import annotations

import pytest

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from passlock.testing import Emulator


@pytest.fixture(scope="session")
def _passlock_emulator_process() -> _types.Iterator[Emulator]:
    """One emulator for each process that runs tests."""
    from passlock.testing import Emulator  # noqa: PLC0415 - tests without it pay nothing

    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def passlock_emulator(_passlock_emulator_process: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """A running, empty emulator of the Passlock API, which the ``PASSLOCK_*`` environment variables point to."""
    emulator = _passlock_emulator_process
    emulator.reset()
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    return emulator

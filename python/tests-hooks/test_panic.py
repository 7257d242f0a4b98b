"""A panic of the native part is an exception of the call it happened in, and nothing else tells of it.

Needs the build with `test-hooks`.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any

import pytest

import passlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passlock.testing import Emulator

# The token, and the text of the panic too.
HOOK = "passlock-test-hook-panic"
HOOK_ON_DROP = "passlock-test-hook-panic-on-drop"


@pytest.fixture(autouse=True)
def silent(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing is written to stdout or stderr, by whatever is written: a panic's text may hold a secret."""
    yield
    assert capfd.readouterr() == ("", "")


def check(error: passlock.InternalError) -> None:
    assert (error.kind, error.attempts, error.retryable) == ("internal", 0, False)
    assert error.message == "internal error in the Passlock SDK; please report this bug"
    assert HOOK not in repr(vars(error))
    # Where it was, for the report.
    assert "test_hooks.rs" in str(error.cause)


def test_sync(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    with passlock.Passlock() as client:
        for _ in range(3):
            with pytest.raises(passlock.InternalError) as caught:
                client.exchange_token(HOOK)
            check(caught.value)
            assert client.get_user(user.sub) == user


def test_async(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()

    async def main() -> None:
        async with passlock.AsyncPasslock() as client:
            for _ in range(3):
                with pytest.raises(passlock.InternalError) as caught:
                    await client.exchange_token(HOOK)
                check(caught.value)
                assert await client.get_user(user.sub) == user

    asyncio.run(main())


def test_a_panic_when_a_cancelled_call_ends_is_told_to_nobody(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()

    async def main() -> None:
        async with passlock.AsyncPasslock() as client:
            passlock_emulator.fault("hang")
            task = asyncio.ensure_future(client.exchange_token(HOOK_ON_DROP))
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await client.get_user(user.sub) == user

    asyncio.run(main())


def test_a_panic_when_an_interrupted_call_ends_is_told_to_nobody(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()

    class InterruptError(Exception):
        pass

    def interrupt(*_: Any) -> None:
        raise InterruptError

    passlock_emulator.fault("hang")
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with passlock.Passlock() as client:
            with pytest.raises(InterruptError):
                client.exchange_token(HOOK_ON_DROP)
            assert client.get_user(user.sub) == user
    finally:
        signal.signal(signal.SIGALRM, before)

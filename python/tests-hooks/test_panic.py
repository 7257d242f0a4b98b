"""A panic of the native part is an exception of the call it happened in. Needs the build with `test-hooks`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

import passlock

if TYPE_CHECKING:
    from passlock.testing import Emulator

HOOK = "passlock-test-hook-panic"


def check(error: passlock.InternalError) -> None:
    assert (error.kind, error.attempts) == ("internal", 0)
    assert "bug" in error.message
    assert HOOK not in repr(vars(error))


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

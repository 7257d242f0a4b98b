"""The interpreter's end is clean at any moment: the same status and output as with a sleep in place of the call."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from passlock.testing import Emulator

EXITS = 200

# `call` blocks for long, `quick` does not, `acall` is awaited for long; {make} and {amake} make them.
SCRIPTS = {
    "clients open": """
{make}
quick()
""",
    "in flight from daemon threads": """
import threading, time
{make}
for _ in range(4):
    threading.Thread(target=call, daemon=True).start()
time.sleep({moment})
""",
    "ended in the middle of quick calls of daemon threads": """
import threading, time
{make}
def many():
    while True: quick()
for _ in range(4):
    threading.Thread(target=many, daemon=True).start()
time.sleep({moment})
""",
    "cancelled by asyncio.run": """
import asyncio
{amake}
async def main():
    tasks = [asyncio.ensure_future(acall()) for _ in range(4)]
    await asyncio.sleep({moment})
    raise SystemExit(3)
asyncio.run(main())
""",
    "a loop that is just left": """
import asyncio
{amake}
loop = asyncio.new_event_loop()
async def main():
    global tasks
    tasks = [asyncio.ensure_future(acall()) for _ in range(4)]
    await asyncio.sleep({moment})
loop.run_until_complete(main())
import logging
logging.disable()  # asyncio tells of the tasks, by their names
""",
    "a loop in a daemon thread": """
import asyncio, threading, time
{amake}
async def main():
    await asyncio.gather(*(acall() for _ in range(4)))
threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
time.sleep({moment})
""",
    "an error ends the program": """
import threading, time
{make}
threading.Thread(target=call, daemon=True).start()
time.sleep({moment})
raise ValueError("on purpose")
""",
    "sys.exit while others call": """
import sys, threading, time
{make}
threading.Thread(target=call, daemon=True).start()
time.sleep({moment})
sys.exit(5)
""",
}

OURS = {
    "make": """import passlock
client = passlock.Passlock(timeout=600, attempt_timeout=600)
call = lambda: client.exchange_token("t")
quick = lambda: client.get_user("quick")""",
    "amake": """import passlock
client = passlock.AsyncPasslock(timeout=600, attempt_timeout=600)
acall = lambda: client.exchange_token("t")""",
}
SLEEP = {
    "make": """import time
call = lambda: time.sleep(600)
quick = lambda: time.sleep(0.001)""",
    "amake": """import asyncio
acall = lambda: asyncio.sleep(600)""",
}


def end_of(script: str) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    # Line numbers differ with the number of lines of what makes the client.
    lines = [line for line in done.stderr.splitlines() if not line.startswith("  File ")]
    return done.returncode, done.stdout, "\n".join(lines)


@pytest.mark.parametrize("name", SCRIPTS)
def test_exits_are_as_clean_as_with_a_sleep(name: str, passlock_emulator: Emulator) -> None:
    passlock_emulator.add_user("quick@example.com", sub="quick")
    passlock_emulator.fault("hang", times=1_000_000, operation="exchange_token")
    script = SCRIPTS[name]
    expected = end_of(script.format(**SLEEP, moment=0.05))

    def one(number: int) -> tuple[int, str, str]:
        return end_of(script.format(**OURS, moment=0.02 + 0.01 * (number % 10)))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, got in enumerate(pool.map(one, range(EXITS // len(SCRIPTS)))):
            assert got == expected, f"exit {number}"

"""A client for `just soak`: makes calls when it is told to, and reports the outcome of each.

`crates/passlock-soak/README.md` says what it reads and writes. It judges nothing.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import os
import random
import sys
import threading
import time
import warnings
from typing import Any

import passlock

# Newer Pythons warn of forks.
warnings.simplefilter("ignore")

SET_UP = json.loads(sys.stdin.readline())
LIMITS = ("timeout", "attempt_timeout", "connect_timeout")
NUMBERS = itertools.count()
GOES = threading.Event()
# The children are one caller more.
OWN = len(SET_UP["users"]) // (SET_UP["at_once"] + 1)


def options() -> dict[str, Any]:
    names = ("ca_certificates", "tenancy_id", "api_key", *LIMITS)
    return {"endpoint": random.choice(SET_UP["endpoints"]), **{name: SET_UP[name] for name in names}}


def task(caller: int) -> dict[str, Any]:
    """The next call of a caller. The process is in its marks: a forked one counts on by itself."""
    user, chance = SET_UP["users"][caller * OWN + random.randrange(OWN)], random.random()
    mark = f"{os.getpid()}-{next(NUMBERS)}"
    if chance < 0.4:
        return {"operation": "exchange_token", "argument": user["token"]}
    if chance < 0.6:
        return {"operation": "get_user", "argument": user["sub"]}
    if chance < 0.9:
        return {"operation": "update_user", "argument": user["sub"], "name": f"name-{mark}"}
    return {"operation": "get_user", "argument": f"missing-{mark}"}


def call(client: Any, task: dict[str, Any]) -> Any:
    """A result, or what is to be awaited for it."""
    names = {"given_name": task["name"]} if "name" in task else {}
    return getattr(client, task["operation"])(task["argument"], **names)


def told(task: dict[str, Any], result: Any, seconds: float) -> None:
    match result:
        case passlock.Principal():
            ended = {"ended": "ok", "sub": result.sub, "token": result.token}
        case passlock.User():
            ended = {"ended": "ok", "sub": result.sub, "given_name": result.given_name}
        case passlock.ConfigError() if "closed" in str(result):
            ended = {"ended": "closed"}
        case passlock.PasslockError():
            ended = {"ended": result.kind, "attempts": result.attempts}
        case asyncio.CancelledError() | asyncio.TimeoutError() | TimeoutError():
            ended = {"ended": "cancelled"}
        case _:
            ended = {"ended": repr(result)}
    say(task | ended | {"seconds": seconds})


def say(what: dict[str, Any]) -> None:
    # One write a line, past all buffers: forked processes and threads write here too.
    os.write(1, f"{json.dumps(what)}\n".encode())


def fork(client: passlock.Passlock | passlock.AsyncPasslock) -> None:
    """A child that uses the parent's client, and says so itself."""
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        if status:
            say({"operation": "fork", "argument": "", "ended": f"status {status}", "seconds": 0})
        return
    try:
        for _ in range(2):
            # With users of its own: the parent's callers go on changing theirs.
            own = task(SET_UP["at_once"])
            if isinstance(client, passlock.AsyncPasslock):
                asyncio.run(awaited(client, own))
            else:
                blocking(client, own)
        os._exit(0)
    finally:
        os._exit(1)


def blocking(client: Any, task: dict[str, Any]) -> None:
    began = time.monotonic()
    try:
        result = call(client, task)
    except Exception as error:
        result = error
    told(task, result, time.monotonic() - began)


async def awaited(client: Any, task: dict[str, Any]) -> None:
    began = time.monotonic()
    try:
        if random.random() < 0.1:
            after = random.random() * 0.15
            began += after
            result = await asyncio.wait_for(call(client, task), after)
        else:
            result = await call(client, task)
    except Exception as error:
        result = error
    told(task, result, time.monotonic() - began)


class Clients:
    """The client that all callers share. Now and then it is another one, while calls of the last are in flight."""

    def __init__(self, cls: type) -> None:
        self.cls, self.current = cls, cls(**options())

    def get(self) -> Any:
        if random.random() < 1 / 300:
            last, self.current = self.current, self.cls(**options())
            # Some are closed, and some are forgotten.
            if random.random() < 0.5:
                last.close()
        return self.current


def work_in_threads() -> None:
    clients = Clients(passlock.Passlock)

    def calls(caller: int) -> None:
        while GOES.is_set():
            blocking(clients.get(), task(caller))

    threads = [threading.Thread(target=calls, args=(caller,)) for caller in range(SET_UP["at_once"])]
    for thread in threads:
        thread.start()
    while GOES.wait(0) and any(thread.is_alive() for thread in threads):
        time.sleep(2)
        fork(clients.get())
    for thread in threads:
        thread.join()
    clients.current.close()


async def work_on_a_loop() -> None:
    clients = Clients(passlock.AsyncPasslock)

    async def calls(caller: int) -> None:
        while GOES.is_set():
            await awaited(clients.get(), task(caller))

    async def forks() -> None:
        while GOES.is_set():
            await asyncio.sleep(2)
            # On a thread of its own: a loop that stands still ends no call in time.
            await asyncio.to_thread(fork, clients.get())

    await asyncio.gather(forks(), *(calls(caller) for caller in range(SET_UP["at_once"])))
    clients.current.close()


def main(name: str) -> None:
    worker = None
    for line in sys.stdin:
        if line.strip() == "go":
            GOES.set()
            run = work_in_threads if name == "Passlock" else lambda: asyncio.run(work_on_a_loop())
            worker = threading.Thread(target=run)
            worker.start()
        else:
            GOES.clear()
            if worker:
                worker.join()
            gc.collect()
            say({"resting": True})


main(*sys.argv[1:])

"""How calls run on an event loop: each loop has a queue of the native part, with its calls in flight."""

from __future__ import annotations

import asyncio
import itertools
import threading
import weakref

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations
from passlock._passlock import Queue

_running_loop = asyncio.get_running_loop
# Both ends are weak: the loop itself keeps its bridge alive, and takes it along.
_bridges: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.ref[Bridge]] = weakref.WeakKeyDictionary()


async def run(
    begin: _types.Callable[..., _types.Finished | None], observer: _types.Observer | None, *arguments: object
) -> _types.Any:
    """Begin a call and wait for its result. Cancelling the waiting task ends the call at once."""
    try:
        loop = _running_loop()
        found = _bridges.get(loop)
        bridge = None if found is None else found()
        # A loop that lives on in a forked child shares its pipe with the parent's: it gets another one.
        if bridge is None or bridge.queue.inherited():
            bridge = Bridge(loop)
            _bridges[loop] = weakref.ref(bridge)
        key = next(bridge.keys)
        future: asyncio.Future[_types.Finished] | None = None
        finished = begin(bridge.queue, key, None if observer is None else observer.wants_attempts, *arguments)
        if finished is None:
            future = bridge.waiting[key] = loop.create_future()
            try:
                finished = await future
            finally:
                # Still there when the task was cancelled.
                if bridge.waiting.pop(key, None) is not None:
                    bridge.queue.cancel(key)
    except BaseException as error:
        if observer is not None:
            observer.dropped(error)
        raise
    finally:
        del arguments
    succeeded, value, report = finished
    # Not where the results are delivered: that happens in the context of the loop's first call.
    if observer is not None:
        observer.ended(None if succeeded else value, report)
    if succeeded:
        return value
    try:
        raise value
    finally:
        # Its traceback refers to this frame.
        del finished, future, value


class Bridge:
    """One event loop's queue, and who waits for its calls."""

    __slots__ = ("__weakref__", "keys", "queue", "waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.queue = Queue()
        self.keys = itertools.count()
        self.waiting: dict[int, asyncio.Future[_types.Finished]] = {}
        try:
            loop.add_reader(self.queue.fileno(), self.deliver)
        except (AttributeError, NotImplementedError):
            # Windows' Proactor loop watches no pipes: a thread does.
            _Watch(loop, self)

    def deliver(self) -> None:
        """Hand all results that have come to those who wait for them."""
        for key, finished in self.queue.take():
            future = self.waiting.pop(key, None)
            # It may have been cancelled in this very turn of the loop.
            if future is not None and not future.done():
                future.set_result(finished)


class _Watch:
    """A thread that wakes a loop which can't watch a pipe itself. It ends with the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, bridge: Bridge) -> None:
        self._queue = bridge.queue
        self._loop = weakref.ref(loop, self._gone)
        # The loop has no reader that would keep its bridge alive.
        self._bridge: Bridge | None = bridge
        # At the interpreter's end it is not waited for: it may be waiting itself.
        threading.Thread(target=self._run, name="passlock-watch", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._queue.wait()
            bridge, loop = self._bridge, self._loop()
            if bridge is None or loop is None:
                return
            try:
                loop.call_soon_threadsafe(bridge.deliver)
            except RuntimeError:  # the loop is closed
                self._bridge = None
                return
            del bridge, loop

    def _gone(self, _: object) -> None:
        self._bridge = None
        self._queue.wake()

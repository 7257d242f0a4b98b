"""The Passlock emulator for tests: the API in a box, in a process of its own, on this machine.

>>> from passlock import Passlock
>>> from passlock.testing import Emulator
>>> with Emulator() as emulator:
...     user = emulator.add_user("ada@example.com", given_name="Ada")
...     token = emulator.issue_token(user.sub)
...     with Passlock(**emulator.settings) as client:
...         assert client.exchange_token(token).sub == user.sub

pytest users have the fixture ``passlock_emulator`` as soon as this package is installed. It sets the environment's
``PASSLOCK_*`` variables too, so that the application under test meets the emulator.

The emulator is the program ``passlock-cli``, which ``pip install passlock[testing]`` brings. Without that package it is
the one that the environment's ``PASSLOCK_CLI`` names, or the one on the ``PATH``.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.metadata
import json
import os
import queue
import shutil
import signal
import subprocess
import threading
from typing import IO, Any, TypedDict
from urllib.parse import urlsplit

from passlock import _types  # noqa: TC001 - whoever evaluates the annotations needs it
from passlock._passlock import User


class Settings(TypedDict):
    """What a client needs to meet the emulator."""

    endpoint: str
    tenancy_id: str
    api_key: str


__all__ = ["Emulator", "EmulatorError"]

_HOW_TO_GET_IT = (
    "install it with `pip install passlock[testing]`, or build it with `cargo install --path crates/passlock-cli` in a "
    "checkout of the Passlock SDK, and put it on the PATH, or name it in the environment's PASSLOCK_CLI"
)
# How long a program has to say that it is ready, in seconds.
_START_LIMIT = 10
# Its first line is much shorter.
_LONGEST_LINE = 64 * 1024


class EmulatorError(Exception):
    """The emulator could not be started, or refused what was asked of it."""


class Emulator:
    """An emulator of the Passlock API. As a context manager it starts and stops.

    ``options`` are further arguments of ``passlock-cli emulate``, such as ``"--random-seed", "1"``.
    """

    endpoint: str
    """Where the API is."""
    tenancy_id: str
    """The only tenancy."""
    api_key: str
    """The only key that is accepted."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def start(self) -> _types.Self:
        """Start it, and wait until it is ready, for 10 seconds at most."""
        if self._process is not None:
            raise EmulatorError("the emulator has been started already")
        program = _packaged() or os.environ.get("PASSLOCK_CLI") or shutil.which("passlock-cli")
        if not program:
            raise EmulatorError(f"the program `passlock-cli` was not found: {_HOW_TO_GET_IT}")
        command = [program, "emulate", "--json", "--exit-with-stdin", *self._options]
        try:
            # It ends when its standard input closes, so also when this process dies. A session of its own: whatever the
            # program starts ends with it.
            self._process = subprocess.Popen(  # noqa: S603 - that program is what is asked for
                command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        except OSError as error:
            raise EmulatorError(f"{program}: {error.strerror}") from error
        self._owner = os.getpid()
        try:
            self._meet(program, self._process)
        except BaseException:
            self._kill()
            raise
        return self

    def _meet(self, program: str, process: subprocess.Popen[bytes]) -> None:
        """Wait for the first line, and make sure that it is the emulator's."""
        assert process.stdout is not None  # noqa: S101 - it is a pipe, as asked for
        line = _first_line(process.stdout)
        if line is None:
            raise EmulatorError(f"`{program} emulate` was not ready within {_START_LIMIT} seconds")
        try:
            ready = json.loads(line)
            values = [ready[name] for name in ("endpoint", "tenancyId", "apiKey")]
            self.endpoint, self.tenancy_id, self.api_key = values
            known = all(isinstance(value, str) for value in values) and "protocol" in self.control("health")
        except (ValueError, TypeError, KeyError, EmulatorError, OSError, http.client.HTTPException):
            known = False
        if not known:
            ended = "" if line else ", and ended before it was ready"
            raise EmulatorError(f"{program} is not the Passlock SDK's program{ended}: {_HOW_TO_GET_IT}")

    def stop(self) -> None:
        """Stop it. Stopping again does nothing."""
        process, self._process = self._process, None
        # A forked child must not end its parent's.
        if process is None or self._owner != os.getpid():
            return
        _close(process)
        # Not by its standard input alone: a forked child may hold that open for longer.
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _kill(self) -> None:
        """End a program that is not what it should be, and all that it has started."""
        process, self._process = self._process, None
        assert process is not None  # noqa: S101 - it was started just now
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        _close(process)

    def __enter__(self) -> _types.Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: object,
    ) -> None:
        self.stop()

    @property
    def settings(self) -> Settings:
        """What a client needs, as in ``Passlock(**emulator.settings)``."""
        return {"endpoint": self.endpoint, "tenancy_id": self.tenancy_id, "api_key": self.api_key}

    @property
    def environment(self) -> dict[str, str]:
        """The same as variables of the environment."""
        return {
            "PASSLOCK_ENDPOINT": self.endpoint,
            "PASSLOCK_TENANCY_ID": self.tenancy_id,
            "PASSLOCK_API_KEY": self.api_key,
        }

    def reset(self) -> None:
        """Forget all users, tokens, faults and requests."""
        self._post("reset", {})

    def add_user(
        self,
        email: str = "ada@example.com",
        *,
        sub: str | None = None,
        given_name: str | None = None,
        family_name: str | None = None,
        email_verified: bool | None = None,
    ) -> User:
        """Add a user. Without a ``sub`` one is generated."""
        new = {
            "email": email,
            "sub": sub,
            "givenName": given_name,
            "familyName": family_name,
            "emailVerified": email_verified,
        }
        user = self._post("users", new)["user"]
        return User(
            sub=user["sub"],
            email=user["email"],
            given_name=user.get("givenName"),
            family_name=user.get("familyName"),
            email_verified=user.get("emailVerified", False),
        )

    def issue_token(self, sub: str, **fields: Any) -> str:
        """Issue a token for a user, as a browser would send it. ``fields`` are the control API's: ``ttlSeconds=1``."""
        token = self._post("tokens", {"sub": sub, **fields})["token"]
        assert isinstance(token, str)  # noqa: S101 - the control API's own promise
        return token

    def fault(
        self,
        kind: str,
        *,
        times: int | None = None,
        operation: str | None = None,
        method: str | None = None,
        apply: bool | None = None,
        **fields: Any,
    ) -> None:
        """Answer badly, once or ``times`` times: ``fault("status", status=503)``, ``fault("delay", millis=500)``.

        ``fields`` are the fault's own, in the control API's camelCase. ``apply``: carry the operation out before.
        """
        rule = {"times": times, "operation": operation, "method": method, "apply": apply}
        self._post("faults", {**rule, "fault": {"kind": kind, **fields}})

    def configure(self, **behaviour: Any) -> None:
        """Set how it behaves where Passlock's documentation leaves it open: ``configure(patchAnswer="empty")``."""
        self._post("behaviour", behaviour)

    def advance(self, seconds: float) -> None:
        """Age the tokens that exist."""
        self._post("clock", {"advanceSeconds": seconds})

    def journal(self) -> list[dict[str, Any]]:
        """Give the requests that came, the oldest first, as the control API shows them."""
        requests: list[dict[str, Any]] = self.control("journal")["requests"]
        return requests

    def _post(self, what: str, body: dict[str, Any]) -> Any:
        return self.control(what, {name: value for name, value in body.items() if value is not None})

    def control(self, what: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the control API for anything: POST with a body, GET without one."""
        method = "GET" if body is None else "POST"
        where = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, f"/_emulator/{what}", sent, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise EmulatorError(answer.get("message", f"the emulator answered {response.status}"))
        return answer


def _packaged() -> str | None:
    """Find the program of the package ``passlock-cli``, wherever that is installed."""
    try:
        files = importlib.metadata.files("passlock-cli")
    except importlib.metadata.PackageNotFoundError:
        return None
    programs = (file.locate() for file in files or () if file.name in {"passlock-cli", "passlock-cli.exe"})
    return next((str(program) for program in programs if os.access(str(program), os.X_OK)), None)


def _close(process: subprocess.Popen[bytes]) -> None:
    # Unbuffered, so that nothing is locked while a thread reads.
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def _first_line(stream: IO[bytes]) -> bytes | None:
    """Read a line in the time that there is for it. A thread does, since a pipe has no time limit on every system."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        try:
            lines.put(stream.readline(_LONGEST_LINE))
        except (OSError, ValueError):  # nobody waits any longer, and it was closed
            return

    threading.Thread(target=read, name="passlock-emulator", daemon=True).start()
    try:
        return lines.get(timeout=_START_LIMIT)
    except queue.Empty:
        return None

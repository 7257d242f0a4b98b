"""The Passlock emulator for tests: the API, in a separate process on this machine.

>>> from passlock import Passlock
>>> from passlock.testing import Emulator
>>> with Emulator() as emulator:
...     user = emulator.add_user("ada@example.com", given_name="Ada")
...     token = emulator.issue_token(user.sub)
...     with Passlock(**emulator.settings) as client:
...         assert client.exchange_token(token).sub == user.sub

pytest users have the fixture ``passlock_emulator`` as soon as this package is installed. It also sets the
``PASSLOCK_*`` environment variables, so that the application under test uses the emulator.

The emulator is the program ``passlock-cli``, which ``pip install "passlock[testing]"`` installs. Without that package
it is the one that the ``PASSLOCK_CLI`` environment variable names, or the one on the ``PATH``.
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

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations
from passlock._passlock import User


class Settings(TypedDict):
    """What a client needs to reach the emulator."""

    endpoint: str
    tenancy_id: str
    api_key: str


__all__ = ["Emulator", "EmulatorError"]

_HOW_TO_GET_IT = (
    'install it with `pip install "passlock[testing]"`, or build it with `cargo install --path crates/passlock-cli` in '
    "a checkout of the Passlock SDK, and put it on the PATH, or set PASSLOCK_CLI to its path"
)
_NOT_RUNNING = "the emulator is not running: call `start()`, or use it in a `with` statement"
# How long a program has to report that it is ready, in seconds.
_START_LIMIT = 10
# The version of the control API that this class speaks.
_PROTOCOL = 1
# Its first line is much shorter.
_LONGEST_LINE = 64 * 1024


class EmulatorError(Exception):
    """The emulator could not be started, is not running, or refused a command."""


class Emulator:
    """An emulator of the Passlock API. As a context manager, it starts on entry and stops on exit.

    Without ``tenancy_id`` and ``api_key`` it generates them. ``options`` are additional arguments for
    ``passlock-cli emulate``, such as ``"--random-seed", "1"``.
    """

    def __init__(self, *options: str, tenancy_id: str | None = None, api_key: str | None = None) -> None:
        given = {"--tenancy-id": tenancy_id, "--api-key": api_key}
        self._options = [*options, *(f"{name}={value}" for name, value in given.items() if value is not None)]
        self._process: subprocess.Popen[bytes] | None = None
        self._settings: Settings | None = None
        self._owner = 0

    def start(self) -> _types.Self:
        """Start it, and wait until it is ready, for 10 seconds at most."""
        if self._process is not None:
            raise EmulatorError("the emulator has already been started")
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
            self._settings = None
            self._kill()
            raise
        return self

    def _meet(self, program: str, process: subprocess.Popen[bytes]) -> None:
        """Wait for the first line, and make sure that it is the emulator's."""
        assert process.stdout is not None  # noqa: S101 - it is a pipe, as asked for
        line = _first_line(process.stdout)
        if line is None:
            raise EmulatorError(f"`{program} emulate` was not ready within {_START_LIMIT} seconds")
        health: Any = {}
        try:
            ready = json.loads(line)
            endpoint, tenancy_id, api_key = values = [ready[name] for name in ("endpoint", "tenancyId", "apiKey")]
            if all(isinstance(value, str) for value in values):
                self._settings = {"endpoint": endpoint, "tenancy_id": tenancy_id, "api_key": api_key}
                health = self.control("health")
            known = {"protocol", "version"} <= health.keys()
        except (ValueError, TypeError, KeyError, AttributeError, EmulatorError):
            known = False
        if not known:
            if not line:
                raise EmulatorError(
                    f"{program} ended before it was ready: its standard error says why. If it is not the Passlock "
                    f"SDK's program, {_HOW_TO_GET_IT}"
                )
            raise EmulatorError(f"{program} is not the Passlock SDK's program: {_HOW_TO_GET_IT}")
        if health["protocol"] != _PROTOCOL:
            version = health["version"]
            raise EmulatorError(
                f"{program} has a different version ({version}): install the version that matches this package"
            )

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
        """Kill a program that is not the emulator, and all that it has started."""
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
    def endpoint(self) -> str:
        """Where the API is."""
        return self.settings["endpoint"]

    @property
    def tenancy_id(self) -> str:
        """The only tenancy."""
        return self.settings["tenancy_id"]

    @property
    def api_key(self) -> str:
        """The only key that is accepted."""
        return self.settings["api_key"]

    @property
    def settings(self) -> Settings:
        """What a client needs, as in ``Passlock(**emulator.settings)``. They stay when the emulator has stopped."""
        if self._settings is None:
            raise EmulatorError(_NOT_RUNNING)
        return {**self._settings}

    @property
    def environment(self) -> dict[str, str]:
        """The same, as environment variables."""
        return {
            "PASSLOCK_ENDPOINT": self.endpoint,
            "PASSLOCK_TENANCY_ID": self.tenancy_id,
            "PASSLOCK_API_KEY": self.api_key,
        }

    def reset(self) -> None:
        """Reset everything to its initial state."""
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
        """Add a user. If ``sub`` is omitted, one is generated. No two users share an email address or a ``sub``."""
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

    def issue_token(
        self,
        sub: str,
        *,
        auth_type: str | None = None,
        user_verified: bool | None = None,
        ttl_seconds: int | None = None,
        single_use: bool | None = None,
    ) -> str:
        """Issue a token for a user, as a browser would send it. It expires after ``ttl_seconds``, 360 by default.

        By default, ``auth_type`` is ``passkey``, ``user_verified`` is true and ``single_use`` is false.
        """
        new = {
            "sub": sub,
            "authType": auth_type,
            "userVerified": user_verified,
            "ttlSeconds": ttl_seconds,
            "singleUse": single_use,
        }
        token = self._post("tokens", new)["token"]
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
        """Inject a fault, once or ``times`` times: ``fault("status", status=503)``, ``fault("stall", after_bytes=10)``.

        The control API's manual lists each ``kind``, such as ``resetAfterHead``, and its ``fields``, which may be in
        snake case. ``operation`` and ``method`` limit it to such requests. With ``apply``, the operation is carried
        out before the fault.
        """
        rule = {"times": times, "operation": operation, "method": method, "apply": apply}
        self._post("faults", {**rule, "fault": {"kind": kind, **{_camel_case(name): fields[name] for name in fields}}})

    def configure(self, *, patch_answer: str | None = None, legacy_fields: bool | None = None) -> None:
        """Set how it behaves where Passlock's documentation leaves it open. Arguments that are ``None`` change nothing.

        ``patch_answer`` is the form of the response to an update: ``wrapped``, ``bare`` or ``empty``. ``legacy_fields``
        says whether a principal has the fields that only Passlock's own clients need.
        """
        self._post("behaviour", {"patchAnswer": patch_answer, "legacyFields": legacy_fields})

    def advance(self, by: _types.Seconds) -> None:
        """Age the existing tokens by a number of seconds or a ``timedelta``."""
        seconds = by if isinstance(by, (int, float)) else by.total_seconds()
        self._post("clock", {"advanceSeconds": seconds})

    def journal(self) -> list[dict[str, Any]]:
        """Return the requests received so far, oldest first, as the control API shows them."""
        requests: list[dict[str, Any]] = self.control("journal")["requests"]
        return requests

    def _post(self, what: str, body: dict[str, Any]) -> Any:
        return self.control(what, {name: value for name, value in body.items() if value is not None})

    def control(self, what: str, body: dict[str, Any] | None = None) -> Any:
        """Send any request to the control API: POST with a body, GET without one."""
        if self._process is None:
            raise EmulatorError(_NOT_RUNNING)
        method = "GET" if body is None else "POST"
        sent = None if body is None else json.dumps(body)
        where = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
        try:
            connection.request(method, f"/_emulator/{what}", sent, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EmulatorError(f"the emulator does not respond as it should: {error}") from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise EmulatorError(answer.get("message", f"the emulator responded with {response.status}"))
        return answer


def _packaged() -> str | None:
    """Find the program in the package ``passlock-cli``, wherever that is installed."""
    try:
        files = importlib.metadata.files("passlock-cli")
    except importlib.metadata.PackageNotFoundError:
        return None
    programs = (file.locate() for file in files or () if file.name in {"passlock-cli", "passlock-cli.exe"})
    return next((str(program) for program in programs if os.access(str(program), os.X_OK)), None)


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _close(process: subprocess.Popen[bytes]) -> None:
    # Unbuffered, so that nothing is locked while a thread reads.
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def _first_line(stream: IO[bytes]) -> bytes | None:
    """Read a line within the time limit. A thread does this, because not every system has time limits on pipes."""
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

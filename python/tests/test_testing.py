"""The package's help for tests."""

from __future__ import annotations

import contextlib
import http.server
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import until

import passlock
import passlock.testing
from passlock.testing import Emulator, EmulatorError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_it_starts_and_stops() -> None:
    emulator = Emulator("--random-seed", "1", tenancy_id="mine", api_key="-key-of-tests")
    with emulator:
        assert (emulator.tenancy_id, emulator.api_key) == ("mine", "-key-of-tests")
        with pytest.raises(EmulatorError, match="already"):
            emulator.start()
        user = emulator.add_user("ada@example.com", sub="u1", given_name="Ada", family_name="L", email_verified=True)
        with passlock.Passlock(**emulator.settings, max_retries=0) as client:
            assert client.get_user("u1") == user
            emulator.reset()
            with pytest.raises(passlock.NotFoundError):
                client.get_user("u1")
            emulator.stop()
            emulator.stop()
            with pytest.raises(passlock.PasslockConnectionError) as caught:
                client.get_user("u1")
            assert caught.value.retryable


def test_one_that_does_not_run_says_so() -> None:
    emulator = Emulator()
    uses: list[Callable[[], object]] = [
        emulator.add_user,
        lambda: emulator.issue_token("u"),
        lambda: emulator.fault("hang"),
        lambda: emulator.configure(legacy_fields=False),
        lambda: emulator.advance(1),
        emulator.reset,
        emulator.journal,
    ]
    read: list[Callable[[], object]] = [
        lambda: emulator.endpoint,
        lambda: emulator.tenancy_id,
        lambda: emulator.api_key,
        lambda: emulator.settings,
        lambda: emulator.environment,
    ]
    for use in uses + read:
        with pytest.raises(EmulatorError, match=r"not running.*start\(\)"):
            use()
    with emulator:
        settings = emulator.settings
    for use in uses:
        with pytest.raises(EmulatorError, match="not running"):
            use()
    # For a test of an application whose service has gone.
    assert emulator.settings == settings


def test_one_that_has_ended_by_itself_says_so() -> None:
    with Emulator() as emulator:
        assert emulator._process is not None
        emulator._process.kill()
        emulator._process.wait()
        with pytest.raises(EmulatorError, match="does not respond") as caught:
            emulator.reset()
        assert isinstance(caught.value.__cause__, ConnectionError)


def test_it_is_found_by_its_variable_and_then_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "passlock-cli").symlink_to(os.environ["PASSLOCK_CLI"])
    monkeypatch.setenv("PATH", str(tmp_path))
    for unset in (lambda: monkeypatch.delenv("PASSLOCK_CLI"), lambda: monkeypatch.setenv("PASSLOCK_CLI", "")):
        unset()
        with Emulator("--tenancy-id", "of-the-path") as emulator:
            assert emulator.tenancy_id == "of-the-path"
    # What is named is not passed over for what lies about.
    monkeypatch.setenv("PASSLOCK_CLI", str(tmp_path / "another"))
    with pytest.raises(EmulatorError, match="another"):
        Emulator().start()


def test_the_package_goes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # As an installer leaves it: the program lies elsewhere, and the package's record says where.
    metadata = tmp_path / "lib" / "passlock_cli-0.1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.4\nName: passlock-cli\nVersion: 0.1.0\n")
    (metadata / "RECORD").write_text("passlock_cli-0.1.0.dist-info/METADATA,,\n../bin/passlock-cli,,\n")
    program = tmp_path / "bin" / "passlock-cli"
    program.parent.mkdir()
    program.symlink_to(os.environ["PASSLOCK_CLI"])
    monkeypatch.setenv("PASSLOCK_CLI", str(tmp_path / "another"))
    with pytest.raises(EmulatorError, match="another"):
        Emulator().start()
    monkeypatch.syspath_prepend(tmp_path / "lib")
    with Emulator("--tenancy-id", "of-the-package") as emulator:
        assert emulator.tenancy_id == "of-the-package"
    # One without its program, as for a platform that it is not built for, is as none.
    program.unlink()
    with pytest.raises(EmulatorError, match="another"):
        Emulator().start()


def test_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PASSLOCK_CLI")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmulatorError, match=r'pip install "passlock\[testing\]".*cargo install'):
        Emulator().start()
    monkeypatch.setenv("PASSLOCK_CLI", str(tmp_path / "missing"))
    with pytest.raises(EmulatorError, match="missing"):
        Emulator().start()
    monkeypatch.setenv("PASSLOCK_CLI", sys.executable)
    with pytest.raises(EmulatorError, match="before it was ready"):
        Emulator().start()


# Programs that are not the SDK's, as shell scripts: another `passlock-cli` on the PATH, for one.
FOREIGN = {
    "says nothing": ("exec sleep 60", "not ready within"),
    "says nothing, and has started another": ("sleep 60 & wait", "not ready within"),
    "talks without an end": ("exec cat /dev/zero", "is not the Passlock SDK's program"),
    "shows its usage": ("echo 'Usage: passlock-cli [command]'; exit 0", "is not the Passlock SDK's program"),
    "ends at once": ("exit 3", "ended before it was ready: its standard error says why"),
    "is no text": ("printf '\\377\\376\\n'; exec sleep 60", "is not the Passlock SDK's program"),
    "is JSON of another kind": ("echo '[1]'; exec sleep 60", "is not the Passlock SDK's program"),
    "lacks what is needed": ('echo \'{"endpoint": "http://127.0.0.1:1"}\'; exec sleep 60', "is not the Passlock SDK's"),
    "has no address": (
        """echo '{"endpoint": 5, "tenancyId": "t", "apiKey": "k"}'; exec sleep 60""",
        "is not the Passlock SDK's program",
    ),
    "serves something else": (
        """echo '{"endpoint": "ENDPOINT", "tenancyId": "t", "apiKey": "k"}'; exec sleep 60""",
        "is not the Passlock SDK's program",
    ),
    "is of another version": (
        """echo '{"endpoint": "ENDPOINT", "tenancyId": "t", "apiKey": "k"}'; exec sleep 60""",
        r"has a different version \(9\.9\.9\)",
    ),
    "serves nothing": (
        """echo '{"endpoint": "http://127.0.0.1:1", "tenancyId": "t", "apiKey": "k"}'; exec sleep 60""",
        "is not the Passlock SDK's program",
    ),
}


class AnotherApi(http.server.BaseHTTPRequestHandler):
    health = b'{"status": "fine"}'

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.health)

    def log_message(self, *_: object) -> None:
        pass


class NewerApi(AnotherApi):
    health = b'{"version": "9.9.9", "protocol": 2}'


@pytest.mark.parametrize("name", FOREIGN)
def test_another_program_is_refused_and_ended(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), NewerApi if "version" in name else AnotherApi) as api:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        script, why = FOREIGN[name]
        script = script.replace("ENDPOINT", f"http://127.0.0.1:{api.server_port}")
        program = tmp_path / "passlock-cli"
        program.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/pid\n{script}\n")
        program.chmod(0o755)
        monkeypatch.delenv("PASSLOCK_CLI")
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        monkeypatch.setattr(passlock.testing, "_START_LIMIT", 0.5)
        emulator = Emulator()
        with pytest.raises(EmulatorError, match=why):
            emulator.start()
        api.shutdown()
    # Neither it nor what it has started: all of that is in a session of its own.
    session = int((tmp_path / "pid").read_text())
    until(lambda: session not in sessions())
    # And the helper is as it was.
    emulator.stop()
    monkeypatch.undo()
    with emulator:
        assert emulator.journal() == []


def sessions() -> set[int]:
    """The sessions of all processes that run."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
            if state != "Z":
                found.add(int(session))
    return found


def test_an_interrupted_start_leaves_no_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "passlock-cli"
    program.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/pid\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PASSLOCK_CLI", str(program))
    emulator = Emulator()
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        emulator.start()
    session = int((tmp_path / "pid").read_text())
    until(lambda: session not in sessions())


def test_it_ends_with_the_process_that_started_it() -> None:
    start = "import os; from passlock.testing import Emulator; emulator = Emulator().start()"
    script = f"{start}; print(emulator._process.pid, flush=True); os._exit(1)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    pid = int(done.stdout)

    def is_gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"

    until(is_gone)


def test_the_fixture_works_in_a_project_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "test_login.py").write_text(
        """
import passlock

def test_login(passlock_emulator):
    user = passlock_emulator.add_user()
    assert passlock.Passlock().exchange_token(passlock_emulator.issue_token(user.sub)).sub == user.sub

def test_a_test_begins_anew(passlock_emulator):
    assert passlock_emulator.journal() == []
"""
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout

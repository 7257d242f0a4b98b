"""The package's help for tests."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import until

import passlock
from passlock.testing import Emulator, EmulatorError

if TYPE_CHECKING:
    from pathlib import Path


def test_it_starts_and_stops() -> None:
    emulator = Emulator("--random-seed", "1", "--tenancy-id", "mine")
    with emulator:
        assert emulator.tenancy_id == "mine"
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


def test_it_is_found_by_its_variable_and_then_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "passlock").symlink_to(os.environ["PASSLOCK_CLI"])
    monkeypatch.setenv("PATH", str(tmp_path))
    for unset in (lambda: monkeypatch.delenv("PASSLOCK_CLI"), lambda: monkeypatch.setenv("PASSLOCK_CLI", "")):
        unset()
        with Emulator("--tenancy-id", "of-the-path") as emulator:
            assert emulator.tenancy_id == "of-the-path"
    # What is named is not passed over for what lies about.
    monkeypatch.setenv("PASSLOCK_CLI", str(tmp_path / "another"))
    with pytest.raises(EmulatorError, match="another"):
        Emulator().start()


def test_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PASSLOCK_CLI")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmulatorError, match="cargo install"):
        Emulator().start()
    monkeypatch.setenv("PASSLOCK_CLI", str(tmp_path / "missing"))
    with pytest.raises(EmulatorError, match="missing"):
        Emulator().start()
    monkeypatch.setenv("PASSLOCK_CLI", sys.executable)
    with pytest.raises(EmulatorError, match="before it was ready"):
        Emulator().start()


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

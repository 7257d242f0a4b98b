"""A server that loads the application before it forks its workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from conftest import until

if TYPE_CHECKING:
    from pathlib import Path

    from passlock.testing import Emulator

WORKERS = 3
APPLICATION = """
import asyncio, json, os
from passlock import AsyncPasslock, Passlock
client, async_client = Passlock(), AsyncPasslock()
# Used before the fork, too.
client.get_user("u1")
asyncio.run(async_client.get_user("u1"))

def app(environ, start_response):
    if environ["PATH_INFO"] == "/async":
        user = asyncio.run(async_client.get_user("u1"))
    else:
        user = client.get_user("u1")
    start_response("200 OK", [("content-type", "application/json")])
    return [json.dumps([os.getpid(), user.sub]).encode()]
"""


@pytest.mark.parametrize("worker", ["sync", "gthread"])
def test_gunicorn_preloads_the_application(tmp_path: Path, passlock_emulator: Emulator, worker: str) -> None:
    passlock_emulator.add_user(sub="u1")
    (tmp_path / "application.py").write_text(APPLICATION)
    log = tmp_path / "log"
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--preload",
        "--bind",
        "127.0.0.1:0",
        "--workers",
        str(WORKERS),
        "--worker-class",
        worker,
    ]
    command += ["--threads", "4", "--error-logfile", str(log), "--no-control-socket", "application:app"]
    if (
        "no-control-socket"
        not in subprocess.run([*command[:3], "--help"], capture_output=True, text=True, check=False).stdout
    ):
        command.remove("--no-control-socket")
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT) as server:
        try:

            def address() -> str | None:
                assert server.poll() is None, log.read_text()
                text = log.read_text() if log.exists() else ""
                return text.partition("Listening at: ")[2].split(" ", 1)[0] or None

            base = until(address, 20)

            def get(number: int) -> tuple[int, str]:
                with urllib.request.urlopen(base + ("/async" if number % 2 else "/"), timeout=20) as answer:
                    return tuple(json.load(answer))

            with ThreadPoolExecutor(8) as pool:
                answers: list[tuple[int, str]] = []

                def all_have_answered() -> bool:
                    # gunicorn loses its signal to end on workers that are not up yet.
                    answers.extend(pool.map(get, range(60)))
                    return len(answers) >= 120 and len({pid for pid, _ in answers}) == WORKERS

                until(all_have_answered, 20)
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) == 0
    assert {sub for _, sub in answers} == {"u1"}
    workers = {pid for pid, _ in answers}
    assert os.getpid() not in workers
    assert len(workers) == WORKERS
    journal = passlock_emulator.journal()
    assert {request["outcome"] for request in journal} == {"answered"}
    # The master made the first two calls, on two connections that no worker has used since.
    master = {request["connection"] for request in journal[:2]}
    assert not master & {request["connection"] for request in journal[2:]}
    assert "rror" not in log.read_text()

"""The example applications, as `examples/examples.toml` lists them: installed outside the checkout, started and ended."""

import contextlib
import functools
import http.client
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from browser import PATIENCE, ROOT, TARGET

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib

MANIFEST = tomllib.loads((ROOT / "examples/examples.toml").read_text(encoding="utf-8"))
CACHE = (
    os.environ.get("PASSLOCK_SDK_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "passlock-sdk"
)
WORK = Path(CACHE) / "examples"
# What an application's start may take: a JVM's, on a busy machine.
START = 60
# What an application that was asked to end says: it ended, or the signal ended it.
IN_ORDER = (0, -signal.SIGTERM, 128 + signal.SIGTERM)


class Failed(Exception):
    """A command of the manifest failed, or an application did not start."""


class Application:
    def __init__(self, name):
        self.name, self.entry = name, MANIFEST["examples"][name]
        self.kind = MANIFEST["kinds"][self.entry["kind"]]
        self.folder = WORK / name
        self.log = WORK / f"{name}.log"

    def lacks_toolchain(self):
        """What is missing here, in doctor's words."""
        done = subprocess.run(
            [ROOT / "scripts/doctor", *self.kind["toolchain"].split()], stderr=subprocess.PIPE, text=True, check=False
        )
        return done.stderr if done.returncode else ""

    def install(self):
        WORK.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(b"")
        update(ROOT / "examples/page", WORK / "page")
        update(ROOT / "examples" / self.name, self.folder)
        if "dependencies" in self.kind:
            lock, stamp = self.folder / self.kind["lock"], self.folder / ".installed"
            if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
                self.shell(self.kind["dependencies"])
                stamp.write_bytes(lock.read_bytes())
        for command in (self.kind.get("install"), self.entry.get("build")):
            if command:
                self.shell(command)

    def expand(self, command):
        if "{package}" in command:
            command = command.replace("{package}", package(self.entry["kind"]))
        return command.replace("{root}", str(ROOT)).replace("{target}", str(TARGET))

    def shell(self, command):
        run(self.expand(command), self.folder, self.log)

    @contextlib.contextmanager
    def running(self, service, origin=None):
        """The application as a process, with its URL. It is asked to end, and has to."""
        port = free_port()
        url = f"http://localhost:{port}"
        environment = {**bare_environment(), **service.settings, "PORT": str(port), "ORIGIN": origin or url}
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                shlex.split(self.expand(self.entry["start"])),
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self.wait_until_ready(process, port)
            yield url
            process.terminate()
            status = process.wait(PATIENCE)
            assert status in IN_ORDER, f"{self.name} ended with {status}"
        finally:
            # Nothing is left of it, whatever happened.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def wait_until_ready(self, process, port):
        end = time.monotonic() + START
        while time.monotonic() < end and process.poll() is None:
            connection = http.client.HTTPConnection("localhost", port, timeout=PATIENCE)
            try:
                connection.request("GET", "/config")
                if connection.getresponse().status < 500:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.1)
        raise Failed(f"{self.name} did not start")

    def last_lines(self):
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])


def names():
    return list(MANIFEST["examples"])


def run(command, folder, log):
    """Runs it in bash, and returns what it prints; that, and what it complains about, goes to the log too."""
    with log.open("ab") as file:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env=bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
            check=False,
        )
        file.write(done.stdout)
    if done.returncode:
        raise Failed(f"failed with {done.returncode}: {command}")
    return done.stdout.decode()


@functools.cache
def package(kind):
    """The SDK's package in this language, built as users get it."""
    WORK.mkdir(parents=True, exist_ok=True)
    log = WORK / f"{kind}.package.log"
    log.write_bytes(b"")
    command = MANIFEST["kinds"][kind]["package"].replace("{root}", str(ROOT)).replace("{target}", str(TARGET))
    try:
        return run(command, ROOT, log).splitlines()[-1]
    except Failed as error:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
        raise Failed("\n".join([*lines, str(error)])) from None


def update(source, target):
    """Makes the target's files those of the source that git knows or would add; what was installed beside them is kept."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "."],
        cwd=source,
        check=True,
        capture_output=True,
        text=True,
    )
    files = {name for name in listed.stdout.split("\0") if name and (source / name).exists()}
    target.mkdir(parents=True, exist_ok=True)
    copied = target / ".copied"
    if copied.exists():
        for name in set(copied.read_text(encoding="utf-8").split("\0")) - files - {""}:
            (target / name).unlink(missing_ok=True)
    for name in files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name)
    copied.write_text("\0".join(sorted(files)), encoding="utf-8")


def bare_environment():
    """What the machine's environment says of Passlock, of proxies and of this test's own Python is not for applications."""
    left_out = ("PASSLOCK_", "VIRTUAL_ENV", "PYTHON", "PORT", "ORIGIN")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    if "PASSLOCK_SDK_CACHE" in os.environ:
        kept["PASSLOCK_SDK_CACHE"] = os.environ["PASSLOCK_SDK_CACHE"]
    return {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]

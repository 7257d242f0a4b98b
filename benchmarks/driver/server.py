"""The benchmarks' own server. It is asked who it is, so that nobody else is measured by mistake."""

import json
import pathlib
import secrets
import ssl
import subprocess
import urllib.request

from . import WORK, kits
from .one_cpu import affinity


class Server:
    def __init__(self, latency: int = 0, slow: int = 0, tls: bool = False, one_cpu: bool = False) -> None:
        self.ca: pathlib.Path | None = None
        identity = secrets.token_hex(8)
        command = [*kits.command("rust", "server"), "--identity", identity]
        command += ["--latency", str(latency), "--slow", str(slow)]
        if tls:
            WORK.mkdir(parents=True, exist_ok=True)
            self.ca = WORK / "ca.pem"
            command += ["--tls", str(self.ca)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, **pipes, **affinity(one_cpu))
        try:
            self.endpoint = json.loads(self.process.stdout.readline())["endpoint"]
            self._is_ours(identity)
        except BaseException:
            self.close()
            raise

    def _is_ours(self, identity: str) -> None:
        handlers = [urllib.request.ProxyHandler({})]
        if self.ca:
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.ca)))
        opener = urllib.request.build_opener(*handlers)
        with opener.open(f"{self.endpoint}/identity", timeout=5) as answer:
            if json.load(answer)["identity"] != identity:
                raise SystemExit("another server answers where the benchmarks' own should be")

    def close(self) -> None:
        # It ends when its input does.
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    @property
    def arguments(self) -> list[str]:
        """What a client is told of it."""
        return ["--endpoint", self.endpoint] + (["--ca", str(self.ca)] if self.ca else [])

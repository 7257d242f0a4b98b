"""targets.toml, as objects."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Target:
    """A platform, by its names. What they mean is told in targets.toml."""

    rust: str
    wheel: str
    npm: str
    runner: str
    builder: str
    system: str
    run: str
    glibc: str = ""
    jar: str = ""
    swift: str = ""
    image: str = ""

    @property
    def zig(self) -> str:
        """The target as cargo-zigbuild takes it, with the C library's version."""
        return f"{self.rust}.{self.glibc}" if self.glibc else self.rust

    def library(self, crate: str) -> str:
        """What cargo calls the shared library of a crate."""
        if "windows" in self.rust:
            return f"{crate}.dll"
        return f"lib{crate}.dylib" if "apple" in self.rust else f"lib{crate}.so"

    def static_library(self, crate: str) -> str:
        """What cargo calls the static one."""
        return f"{crate}.lib" if "windows" in self.rust else f"lib{crate}.a"

    @property
    def macos(self) -> str:
        """The oldest macOS that it runs on, as in the wheel's tag; nothing for other systems."""
        return ".".join(self.wheel.split("_")[1:3]) if self.wheel.startswith("macosx_") else ""

    @property
    def program(self) -> str:
        """What cargo calls the command."""
        return "passlock-cli.exe" if "windows" in self.rust else "passlock-cli"


TARGETS = [Target(**row) for row in tomllib.loads((ROOT / "release/targets.toml").read_text())["target"]]


def script(path: Path) -> list[str]:
    """How a script of the shell's is started. Windows does not look at a file's first line, and has a bash of its own,
    of another system, before those on the PATH."""
    return [shutil.which("bash") or "bash", path.as_posix()]


def named(rust: str) -> Target:
    """The target of that name."""
    for target in TARGETS:
        if target.rust == rust:
            return target
    raise SystemExit(f"release/targets.toml has no {rust}; it has {', '.join(target.rust for target in TARGETS)}")


def own() -> Target:
    """This machine's."""
    machine = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    system = {"Darwin": "apple-darwin", "Windows": "pc-windows-msvc"}.get(platform.system())
    # Of musl, older Pythons say nothing, and newer ones its name.
    libc = "gnu" if platform.libc_ver()[0] == "glibc" else "musl"
    return named(f"{machine}-{system or f'unknown-linux-{libc}'}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        # What one package manager calls this machine: `table.py npm`.
        print(asdict(own())[sys.argv[1]])
    else:
        # The matrix of a workflow's job.
        json.dump({"include": [asdict(target) for target in TARGETS]}, sys.stdout)

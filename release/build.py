"""Compiles for a target, so that what comes out says nothing of the machine that did."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from table import ROOT, Target


def environment(target: Target) -> dict[str, str]:
    """No path of this machine in what is built, and no time."""
    home = os.environ.get("CARGO_HOME") or str(Path.home() / ".cargo")
    # The last one that fits counts.
    mapped = {
        home: "/cargo",
        str(ROOT): "/passlock-sdk",
        str(target_folder()): "/passlock-sdk/target",
        str(target_folder() / "dist/source"): "/passlock-sdk",
    }
    flags = [f"--remap-path-prefix={path}={name}" for path, name in mapped.items()]
    if target.rust.startswith("aarch64") and "linux" in target.rust:
        # Kernels with pages of 16 KB, or of 64, load nothing that is aligned less.
        flags.append("-Clink-arg=-Wl,-z,max-page-size=65536")
    # What C code is in it.
    c_flags = " ".join(f"-ffile-prefix-map={path}={name}" for path, name in mapped.items())
    return {
        **os.environ,
        "RUSTFLAGS": " ".join(flags),
        "CFLAGS": c_flags,
        "SOURCE_DATE_EPOCH": str(time()),
        "CARGO_TARGET_DIR": str(target_folder()),
        # Told apart from a developer's.
        "CARGO_TERM_COLOR": "never",
    }


def time() -> int:
    """That of the last commit, which everything that is packed has."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def target_folder() -> Path:
    """Cargo's."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()


def natives(source: Path, target: Target) -> dict[str, Path]:
    """The command, and the libraries of Node, of the JVM and of Swift."""
    built = compiled(target_folder() / target.rust / "release", target)
    # One after the other: together they would share features, and each would be larger.
    for crate in built:
        command = [
            "cargo",
            *(["zigbuild"] if target.builder == "zig" else ["build"]),
            "--locked",
            "--quiet",
            "--release",
        ]
        triple = target.zig if target.builder == "zig" else target.rust
        kind = ["--lib"] if crate == "passlock-uniffi" else []
        run([*command, "--target", triple, "--package", crate, *kind], source, target)
    return built


def compiled(folder: Path, target: Target) -> dict[str, Path]:
    """The same, in a folder that has them."""
    files = {"passlock-cli": target.program, "passlock-napi": target.library("passlock_napi")}
    if target.jar:
        files["passlock-jni"] = target.library("passlock_jni")
    if target.swift:
        files["passlock-uniffi"] = target.static_library("passlock_uniffi")
    return {crate: folder / file for crate, file in files.items()}


def wheel(project: Path, target: Target, out: Path, sbom: str) -> None:
    """A wheel of the project in that folder, by maturin, with that list of what is in it."""
    command = ["maturin", "build", "--quiet", "--release", "--locked", "--target", target.rust, "--out", str(out)]
    command += ["--sbom-include", sbom]
    if target.builder == "zig":
        command += ["--zig", "--compatibility", target.wheel.rsplit("_", 2 if "x86_64" in target.wheel else 1)[0]]
    run(command, project, target)


def run(command: list[str], folder: Path, target: Target, **more: str) -> None:
    """Runs one that builds."""
    print("  " + " ".join(command), flush=True)
    subprocess.run(command, cwd=folder, check=True, env={**environment(target), **more})

"""Compiles for a target, so that what comes out says nothing of the machine that did.

Where this machine's Rust has no std for a Linux target, all of it, std included, is compiled in a minimal Debian system,
whose Rust has its sources (scripts/debian other-targets).
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from table import ROOT, Target, script


def environment(target: Target, *, library: bool = False) -> dict[str, str]:
    """No path of this machine in what is built, and no time."""
    home = os.environ.get("CARGO_HOME") or str(Path.home() / ".cargo")
    tools = sys.prefix
    if not has_std(target):
        home, tools = "/root/.cargo", "/root/.cache/passlock-sdk/release"
    # The last one that fits counts.
    mapped = {
        home: "/cargo",
        # zig's headers are there, and what it compiles names them.
        tools: "/tools",
        str(ROOT): "/passlock-sdk",
        str(target_folder()): "/passlock-sdk/target",
        str(target_folder() / "dist/source"): "/passlock-sdk",
    }
    if unfit := [path for path in mapped if " " in path]:
        raise SystemExit(f"no release can be built below a path with a blank, which RUSTFLAGS would split: {unfit[0]}")
    flags = [f"--remap-path-prefix={path}={name}" for path, name in mapped.items()]
    if target.rust.startswith("aarch64") and "linux" in target.rust:
        # Kernels with pages of 16 KB, or of 64, load nothing that is aligned less.
        flags.append("-Clink-arg=-Wl,-z,max-page-size=65536")
    if target.rust.endswith("musl"):
        # zig has the files that start a program; a Rust that has them too would link both.
        flags.append("-Clink-self-contained=no")
        if library:
            # There is no shared library with a C library of its own in it.
            flags.append("-Ctarget-feature=-crt-static")
    if "windows" in target.rust:
        # Else it needs VCRUNTIME140.dll, which Windows does not come with, and neither does Node.
        flags.append("-Ctarget-feature=+crt-static")
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
        # Rust's own is older, and maturin takes the wheel's tag from it.
        **({"MACOSX_DEPLOYMENT_TARGET": target.macos} if target.macos else {}),
        **({} if has_std(target) else {"RUSTC_BOOTSTRAP": "1", "CARGO_UNSTABLE_BUILD_STD": "std,panic_unwind"}),
    }


@cache
def has_std(target: Target) -> bool:
    """Whether this machine's Rust can build for it."""
    if target.builder != "zig":
        return True
    command = ["rustc", "--print", "target-libdir", "--target", target.rust]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()).is_dir()


# What speaks of this machine's toolchain, or of folders that the minimal Debian doesn't have.
OURS = (
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUSTC",
    "RUSTC_WRAPPER",
    "PASSLOCK_SDK_CACHE",
    "PIP_FIND_LINKS",
)


def elsewhere(command: list[str], folder: Path) -> list[str]:
    """The same, in the minimal Debian."""
    debian = [*script(ROOT / "scripts/debian"), "other-targets"]
    subprocess.run([*debian, "install"], check=True)
    kept = [word for name in OURS for word in ("-u", name)]
    return [*debian, "run", str(target_folder()), "env", *kept, "-C", str(folder), str(ROOT / "release/run"), *command]


@cache
def time() -> int:
    """That of the last commit, which everything that is packed has: asked once, since building takes long."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


# What Rust calls of the unwinder, by the versions at which libgcc_s has it.
UNWINDER = {
    "GCC_3.0": (
        "DeleteException GetDataRelBase GetGR GetIP GetLanguageSpecificData GetRegionStart GetTextRelBase"
        " RaiseException Resume SetGR SetIP"
    ),
    "GCC_3.3": "Backtrace FindEnclosingFunction GetCFA",
    "GCC_4.2.0": "GetIPInfo",
}


def unwinder(target: Target) -> list[str]:
    """Makes a library that a process's threads unwind by its own unwinder, libgcc_s; zig would link another into it.

    An interpreter at its end unwinds threads that wait in our code, by pthread_exit and with libgcc_s: asked about the other
    one's frames, ours crashed. What is linked against is a stub, so that none of this machine's versions get in.
    """
    folder = target_folder() / "dist/unwinder" / target.rust
    folder.mkdir(parents=True, exist_ok=True)
    code, versions = folder / "unwinder.c", folder / "unwinder.map"
    names = {version: [f"_Unwind_{name}" for name in words.split()] for version, words in UNWINDER.items()}
    code.write_text("".join(f"void {name}(void) {{}}\n" for each in names.values() for name in each))
    versions.write_text("".join(f"{version} {{ {'; '.join(each)}; }};\n" for version, each in names.items()))
    zig = [sys.executable, "-m", "ziglang", "cc", "-target", target.rust.replace("-unknown", "")]
    linked = ["-nostdlib", "-shared", "-Wl,-soname,libgcc_s.so.1", f"-Wl,--version-script={versions}"]
    library = folder / "libpasslock_unwinder.so"
    subprocess.run([*zig, *linked, "-o", str(library), str(code)], check=True)
    # From the folder with the sources, where rustc runs: what cargo is given in whole would name this machine.
    return ["-L", f"native=../unwinder/{target.rust}", "-l", "dylib=passlock_unwinder"]


def target_folder() -> Path:
    """Cargo's."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()


def natives(source: Path, target: Target, crates: set[str]) -> dict[str, Path]:
    """Those of these crates that the target has: the command, and the libraries of Node, of the JVM and of Swift."""
    built = compiled(target_folder() / target.rust / "release", target, crates)
    zig = target.builder == "zig"
    # One after another: together they would share features, and each would be larger.
    for crate in built:
        command = ["cargo-zigbuild" if zig else "cargo", "rustc", "--locked", "--quiet", "--release"]
        command += ["--target", target.zig if zig else target.rust, "--package", crate]
        library = crate != "passlock-cli"
        if library:
            command.append("--lib")
        if target.glibc and crate in {"passlock-napi", "passlock-jni"}:
            command += ["--", *unwinder(target)]
        if "apple" in target.rust and crate in {"passlock-napi", "passlock-jni"}:
            # Else a library's name for itself is the path where the linker wrote it.
            command += ["--", f"-Clink-arg=-Wl,-install_name,@rpath/{built[crate].name}"]
        run(command, source, target, library=library)
    return built


def compiled(folder: Path, target: Target, crates: set[str]) -> dict[str, Path]:
    """The same, in a folder that has them."""
    files = {"passlock-cli": target.program, "passlock-napi": target.library("passlock_napi")}
    if target.jar:
        files["passlock-jni"] = target.library("passlock_jni")
    if target.swift:
        files["passlock-uniffi"] = target.static_library("passlock_uniffi")
    return {crate: folder / file for crate, file in files.items() if crate in crates}


def wheel(project: Path, target: Target, out: Path, sbom: str, *, library: bool) -> None:
    """A wheel of the project in that folder, by maturin, with that list of what is in it: of a library, or of a program."""
    command = ["maturin", "build", "--quiet", "--release", "--locked", "--target", target.rust, "--out", str(out)]
    command += ["--sbom-include", sbom]
    if target.builder == "zig":
        command += ["--zig", "--compatibility", target.wheel.rsplit("_", 2 if "x86_64" in target.wheel else 1)[0]]
    if library and target.glibc:
        command += ["--", *unwinder(target)]
    run(command, project, target, library=library)


def run(
    command: list[str], folder: Path, target: Target, *, library: bool = False, quiet: bool = False, **more: str
) -> None:
    """Runs one that builds. A quiet one is heard if it fails alone: a maturin that succeeds speaks of errors too."""
    print("  " + " ".join(command), flush=True)
    env = {**environment(target, library=library), **more}
    if not has_std(target):
        command = elsewhere(command, folder)
    out = subprocess.PIPE if quiet else None
    done = subprocess.run(command, cwd=folder, check=False, env=env, stdout=out, stderr=out and subprocess.STDOUT)
    if done.returncode != 0:
        sys.stderr.buffer.write(done.stdout or b"")
        done.check_returncode()

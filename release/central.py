"""Checks what Maven Central requires of an upload, and signs it:  release/run central FOLDER

Signs every file in that folder with gpg's own key.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

NAMESPACE = "{http://maven.apache.org/POM/4.0.0}"
# Each may be the parent's.
ASKED = (
    "name",
    "description",
    "url",
    "licenses/license/name",
    "licenses/license/url",
    "developers/developer/name",
    "scm/connection",
    "scm/developerConnection",
    "scm/url",
)


def main() -> None:
    print(f"{sign(Path(sys.argv[1]))} files signed")


def signed_files(repository: Path) -> list[Path]:
    return sorted(
        file for file in repository.rglob("*") if file.is_file() and file.suffix not in {".md5", ".sha1", ".asc"}
    )


def sign(repository: Path, *options: str) -> int:
    files = signed_files(repository)
    for file in files:
        command = ["gpg", "--batch", "--yes", "--quiet", "--armor", *options, "--detach-sign", str(file)]
        subprocess.run(command, check=True)
    return len(files)


def verify(repository: Path, *options: str) -> str:
    """Complete poms, sources and documentation, checksums and signatures."""
    poms = {file.name: xml.parse(file).getroot() for file in signed_files(repository) if file.suffix == ".pom"}
    for name, pom in poms.items():
        parent = poms.get(f"{text(pom, 'parent/artifactId')}-{text(pom, 'parent/version')}.pom")
        for asked in ASKED:
            assert text(pom, asked) or text(parent, asked), f"{name} has no {asked}"
    for jar in repository.rglob("*.jar"):
        folder, plain = jar.parent, f"{jar.parent.parent.name}-{jar.parent.name}"
        for kind in ("", "-sources", "-javadoc"):
            assert (folder / f"{plain}{kind}.jar").is_file(), f"there is no {plain}{kind}.jar"
    for file in signed_files(repository):
        for suffix in ("md5", "sha1"):
            told = Path(f"{file}.{suffix}").read_text().strip()
            assert told == hashlib.new(suffix, file.read_bytes()).hexdigest(), f"{file.name}.{suffix} is wrong"
        command = ["gpg", "--batch", "--quiet", *options, "--verify", f"{file}.asc", str(file)]
        subprocess.run(command, check=True, capture_output=True)
    return f"{len(poms)} poms, {len(signed_files(repository))} files signed"


def text(pom: xml.Element | None, path: str) -> str:
    if pom is None:
        return ""
    found = pom.findtext("/".join(NAMESPACE + step for step in path.split("/")))
    return (found or "").strip()


if __name__ == "__main__":
    main()

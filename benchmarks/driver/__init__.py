"""Runs the clients of all languages round by round against one steady server, and writes what they cost."""

import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent
# Kept from run to run; git ignores it.
WORK = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "bench"

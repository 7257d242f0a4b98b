"""One CPU for a client and its server."""

import os


def affinity(one_cpu: bool) -> dict:
    """What `subprocess` has to be told for it."""
    return {"preexec_fn": _stay} if one_cpu else {}


def _stay() -> None:
    # The last one: the first has most of the machine's interrupts.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

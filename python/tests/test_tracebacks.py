"""What a traceback shows of our own frames. Whoever reports errors may report the variables of each frame, too."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

import passlock

CLASSES = pytest.mark.parametrize("cls", [passlock.Passlock, passlock.AsyncPasslock])
OUR_FOLDER = Path(passlock.__file__).parent


def our_locals(error: BaseException) -> dict[str, dict[str, str]]:
    """The variables of our frames, by the frames' functions."""
    frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    return {frame.name: frame.locals or {} for frame in frames if OUR_FOLDER in Path(frame.filename).parents}


@CLASSES
def test_a_client_that_could_not_be_made_can_be_shown(cls: type) -> None:
    with pytest.raises(passlock.ConfigError) as caught:
        cls(tenancy_id="my-tenancy", api_key="key-canary", timeout=0)
    assert our_locals(caught.value)["__init__"]["self"] == f"{cls.__name__}(not created)"

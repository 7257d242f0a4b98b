"""Several interpreters in a process, as mod_wsgi has them, and the green threads of gevent and eventlet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from conftest import run_script

if TYPE_CHECKING:
    from passlock.testing import Emulator

# What mod_wsgi does by Py_NewInterpreter: an interpreter of its own, which shares the GIL.
NEW = """
import sys

if sys.version_info >= (3, 13):
    import _interpreters
    def new(): return _interpreters.create("legacy")
    def isolated(): return _interpreters.create("isolated")
    def run(where, script):
        failure = _interpreters.run_string(where, script)
        if failure: raise RuntimeError(failure)
else:
    import _xxsubinterpreters as _interpreters
    def new(): return _interpreters.create(isolated=False)
    def isolated(): return _interpreters.create(isolated=True)
    run = _interpreters.run_string

made = []
def make(how):
    made.append(how())
    return made[-1]

USE = '''
import passlock
with passlock.Passlock() as client:
    try:
        client.get_user("nobody")
    except passlock.PasslockError as error:
        print(type(error).__name__, error.status, flush=True)
'''
IMPORT = '''
try:
    import passlock
except ImportError as error:
    print("refused:", error, flush=True)
else:
    print("imported", flush=True)
'''
"""


def lines_of(script: str) -> list[str]:
    # As mod_wsgi does at its end, the first one last.
    done = run_script(NEW + script + "\nfor one in reversed(made): _interpreters.destroy(one)\nprint('ended')")
    assert (done.returncode, done.stderr) == (0, "")
    *lines, ended = done.stdout.splitlines()
    assert ended == "ended"
    return lines


@pytest.mark.usefixtures("passlock_emulator")
def test_a_second_interpreter_is_refused_and_the_first_works_on() -> None:
    first, second, again = lines_of(
        "first, second = make(new), make(new)\nrun(first, USE)\nrun(second, IMPORT)\nrun(first, USE)"
    )
    assert first == again == "NotFoundError 404"
    assert second.startswith("refused: passlock has been imported by another interpreter of this process")
    assert "WSGIApplicationGroup %{GLOBAL}" in second
    assert "`single-interpreter`" in second


@pytest.mark.usefixtures("passlock_emulator")
def test_an_interpreter_after_the_main_one_is_refused() -> None:
    main, refused, again = lines_of("exec(USE)\nrun(make(new), IMPORT)\nexec(USE)")
    assert main == again == "NotFoundError 404"
    assert refused.startswith("refused: passlock has been imported by another interpreter")


@pytest.mark.usefixtures("passlock_emulator")
def test_the_same_interpreter_may_import_again() -> None:
    script = "exec(USE)\nfor name in [n for n in sys.modules if n.startswith('passlock')]: del sys.modules[name]\n"
    assert lines_of(script + "exec(IMPORT)") == ["NotFoundError 404", "imported"]


if sys.version_info >= (3, 12):
    # Older ones have no interpreter with a GIL of its own.

    @pytest.mark.usefixtures("passlock_emulator")
    def test_an_interpreter_with_a_gil_of_its_own_is_refused() -> None:
        [refused] = lines_of("run(make(isolated), IMPORT)")
        assert refused.startswith("refused: ")


PATCHED = {
    "gevent": "from gevent import monkey; monkey.patch_all()",
    "eventlet": "import eventlet; eventlet.monkey_patch()",
}


@pytest.mark.parametrize("cls", ["Passlock", "AsyncPasslock"])
@pytest.mark.parametrize("name", PATCHED)
def test_a_process_that_was_patched_for_green_threads_is_refused(name: str, cls: str) -> None:
    done = run_script(
        f"""
        import warnings; warnings.simplefilter("ignore")  # eventlet is deprecated, and says so
        {PATCHED[name]}
        import passlock
        try:
            passlock.{cls}(tenancy_id="t", api_key="key-of-the-tests")
        except passlock.ConfigError as error:
            print(error)
        """
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{name} has patched this process")
    assert "every call would block all of its green threads" in done.stdout


@pytest.mark.parametrize("name", PATCHED)
def test_green_threads_that_patch_nothing_are_no_reason_to_refuse(name: str, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    done = run_script(
        f"""
        import sys, warnings; warnings.simplefilter("ignore")
        import {name}, {name}.{"monkey" if name == "gevent" else "patcher"}, passlock
        print(passlock.Passlock().get_user(sys.argv[1]).sub)
        """,
        user.sub,
    )
    assert (done.stdout, done.returncode) == (f"{user.sub}\n", 0), done.stderr


def test_trio_and_other_loops_say_that_there_is_none() -> None:
    done = run_script(
        """
        import passlock
        coroutine = passlock.AsyncPasslock(tenancy_id="t", api_key="key-of-the-tests").get_user("u")
        try:
            coroutine.send(None)
        except RuntimeError as error:
            print(error)
        """
    )
    assert (done.stdout, done.stderr, done.returncode) == ("no running event loop\n", "", 0)

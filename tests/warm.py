"""Processes of their own that need not import torch first: each is a fork of one that has, and that does nothing else.

What depends on how Python or its libraries start, such as the number of threads, is tested with `subprocess` instead.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from types import ModuleType

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SAID = ("out", "err")

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["open_clip", "torch._dynamo", "warp"])


class Python:
    """A process that was started, as `subprocess.Popen` has it.

    Args:
        arguments: ``-c`` and code, or a script, and the script's arguments.
        folder: to run in.
    """

    def __init__(self, *arguments: str | Path, folder: Path = ROOT) -> None:
        self._ended: subprocess.CompletedProcess[str] | None = None
        self._said = Path(tempfile.mkdtemp())
        for name in SAID:
            (self._said / name).touch()
        given = (list(map(str, arguments)), folder, dict(os.environ), self._said)
        self._process = _context.Process(target=_carry_out, args=given)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> subprocess.CompletedProcess[str]:
        """Waits for its end, and gives what it has said."""
        if self._ended is None:
            self._process.join()
            code = self._process.exitcode
            assert code is not None
            self._ended = subprocess.CompletedProcess([], code, *((self._said / name).read_text() for name in SAID))
            shutil.rmtree(self._said)
        return self._ended


def python(*arguments: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """What becomes of a process."""
    return Python(*arguments, folder=folder).end()


def _carry_out(arguments: list[str], folder: Path, environment: dict[str, str], said: Path) -> None:
    for number, name in enumerate(SAID, start=1):
        os.dup2(os.open(said / name, os.O_WRONLY), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    warnings.filterwarnings("error", category=UserWarning, module="pipelines")
    place = Path(arguments[0]).resolve().parent if arguments[0] != "-c" else folder
    theirs = (path for path in sys.path if not Path(path).resolve().is_relative_to(TESTS))
    sys.path[:] = [str(place), *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)), *theirs]
    if arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(arguments[1], "<string>", "exec", dont_inherit=True), vars(sys.modules["__main__"]))
        return
    sys.argv = arguments
    runpy.run_path(arguments[0], run_name="__main__")

"""Runs cases, each in a process of its own that starts with everything imported.

``python -m fuzzing.server FIRST COUNT FOLDER``: prints a line of JSON for each case, and keeps the files of those with
faults in FOLDER. The imports take seconds and a case a tenth of one, so that a process is forked for each case.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}  # before torch is imported

import torch

from fuzzing import commands, configs, drawings, fonts, meshes, own_code, pictures, runs  # noqa: F401 (each enters its kind)
from fuzzing.bases import warm_up
from fuzzing.case import Bases, Case, case_of
from fuzzing.judge import MEMORY, SECONDS, WALL, Outcome, files_in, judge
from pipelines.cli.main import main

WORKERS = 2


@dataclass
class Started:
    """A case at work."""

    number: int
    kind: str
    case: Case
    folder: Path
    before: set[str]
    since: float


def serve(numbers: Sequence[int], bases: Bases, kept: Path, workers: int = WORKERS) -> Iterator[dict[str, Any]]:
    """Runs the cases of these numbers; yields what came of each."""
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: processes that a case leaves become ours
    gc.collect()
    gc.freeze()
    base = _base()
    todo, working = iter(numbers), dict[int, Started]()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        while True:
            while len(working) < workers and (number := next(todo, None)) is not None:
                started = _prepare(number, bases, Path(name) / str(number))
                working[_fork(started)] = started
            if not working:
                gc.unfreeze()
                return
            for pid, status, usage, hung in _ended(working):
                started = working.pop(pid)
                yield _judged(started, pid, status, usage, hung, base, kept)


def _prepare(number: int, bases: Bases, folder: Path) -> Started:
    kind, case = case_of(number, bases)
    case.write(folder / "in")
    (folder / "tmp").mkdir()
    return Started(number, kind, case, folder, files_in(folder / "in"), time.monotonic())


def _fork(started: Started) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.setsid()
        _confine(started.folder)
        code = main(started.case.arguments)
        sys.stdout.flush()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        os._exit(code)


def _confine(folder: Path) -> None:
    """The folder, the streams and the limits of a case."""
    os.chdir(folder / "in")
    for number, name, flags in ((0, os.devnull, os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY)):
        os.dup2(os.open(folder / name, flags | os.O_CREAT), number)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder / "tmp")
    own = int(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmData" in line).split()[1])
    resource.setrlimit(resource.RLIMIT_DATA, (own * 1024 + MEMORY,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _ended(working: dict[int, Started]) -> list[tuple[int, int, Any, bool]]:
    """Waits for one or more cases."""
    while True:
        late = [pid for pid, started in working.items() if time.monotonic() - started.since > WALL]
        for pid in late:
            os.killpg(pid, signal.SIGKILL)
        ended = []
        for pid in working:
            found, status, usage = os.wait4(pid, 0 if pid in late else os.WNOHANG)
            if found:
                ended.append((pid, status, usage, pid in late))
        if ended:
            return ended
        time.sleep(0.002)


def _judged(started: Started, pid: int, status: int, usage: Any, hung: bool, base: float, kept: Path) -> dict[str, Any]:
    folder = started.folder
    outcome = Outcome(
        os.waitstatus_to_exitcode(status),
        (folder / "err").read_text(errors="replace") if (folder / "err").exists() else "",
        round(usage.ru_utime + usage.ru_stime, 2),
        round(usage.ru_maxrss / 1024 - base),
        hung,
        _left_processes(pid),
    )
    outcome.faults = judge(outcome, folder / "in", started.before, folder / "tmp")
    facts = {"number": started.number, "kind": started.kind, "arguments": started.case.arguments} | asdict(outcome)
    if outcome.faults:
        _keep(started, facts, kept / str(started.number))
    shutil.rmtree(folder)
    return facts


def _left_processes(group: int) -> bool:
    """Ends what a case started and left; true if there was something."""
    left = False
    while True:
        try:
            found, _ = os.waitpid(-group, os.WNOHANG)
        except ChildProcessError:
            return left
        if found == 0:
            left = True
            os.killpg(group, signal.SIGKILL)
            time.sleep(0.01)


def _keep(started: Started, facts: dict[str, Any], place: Path) -> None:
    """The files of a case as they were before, what it was told, and what it said."""
    shutil.rmtree(place, ignore_errors=True)
    started.case.write(place)
    (place / "fault.json").write_text(json.dumps(facts, indent=1) + "\n")
    (place / "fault.txt").write_text(facts["err"], errors="replace")


def _base() -> float:
    """Megabytes of a process that does nothing."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    return os.wait4(pid, 0)[2].ru_maxrss / 1024


def console() -> None:
    """The command."""
    torch.set_num_threads(1)
    first, count, kept = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    with tempfile.TemporaryDirectory(prefix="fuzz-bases-") as name:
        bases = warm_up(Path(name))
        for facts in serve(range(first, first + count), bases, kept):
            print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    console()

"""One process or thread at a time works in a run folder."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from limn.errors import InputError
from limn.files import sweep, writing
from pipelines.runs.status import read_status, write_status


class AtWorkError(InputError):
    """Another process or thread works in the folder of a run."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps others from a run folder; while active, its status names this process and its machine.

    The system lets go of the lock of a process that dies. A file system may not know the locks of other machines, so
    one that gave a sign of life lately keeps its run, too.

    Raises:
        AtWorkError: another one is at work.
        InputError: the disk is full or refuses.
    """
    with writing(folder):
        lock = FileLock(folder / "status.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise AtWorkError(_refusal(folder)) from error
    try:
        status = read_status(folder)
        if status.alive and status.host != socket.gethostname():
            raise AtWorkError(_refusal(folder))
        for place in (folder, *(file for file in folder.rglob("*") if file.is_dir())):
            sweep(place)
        write_status(folder, status if status.state == "done" else replace(status, state="running", error=""))
        yield
    finally:
        lock.release()


def process_at_work(folder: Path) -> int | None:
    """The process of this machine that has a run folder; None where it is free, or another machine has it."""
    status = read_status(folder)
    if status.host != socket.gethostname() or not status.alive:
        return None
    try:  # a number can be that of another process by now, a lock cannot
        with FileLock(folder / "status.lock", timeout=0):
            return None
    except Timeout:
        return status.pid


def _refusal(folder: Path) -> str:
    status = read_status(folder)
    for _ in range(20):  # whoever has the lock writes who it is as its first deed
        if status.alive:
            break
        time.sleep(0.05)
        status = read_status(folder)
    owner = f"process {status.pid} on {status.host}" if status.pid else "another process"
    return f"{folder} is being run by {owner}"

"""Status: what a run is doing, in a file that any process can read."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from limn.files import process_exists, write_file
from pipelines.loop.callback import Callback
from pipelines.loop.loop import Loop

FILE = "status.json"

HEARTBEAT = 5.0
"""Seconds between two signs of life."""

SILENCE = 600.0
"""Seconds without a sign of life after which a run counts as dead; one step may take long."""

State = Literal["queued", "running", "interrupted", "done", "failed"]


@dataclass(frozen=True)
class Status:
    """What a run is doing.

    Args:
        state: ``queued``, ``running``, ``interrupted`` (stopped with results, goes on when executed), ``done`` or
            ``failed``.
        stage: the stage at work; empty where there is one.
        step: steps of it that are done.
        steps: that it has.
        error: what a failed run ended with.
        pid: the process.
        host: its machine.
        heartbeat: the last sign of life, seconds since 1970.
    """

    state: State
    stage: str = ""
    step: int = 0
    steps: int = 0
    error: str = ""
    pid: int = 0
    host: str = ""
    heartbeat: float = 0.0

    @property
    def alive(self) -> bool:
        """True if a process seems to be at work: it gave a sign of life lately, and exists if it is one of here."""
        recent = self.state == "running" and abs(time.time() - self.heartbeat) < SILENCE
        return recent and (self.host != socket.gethostname() or process_exists(self.pid))


_STATUS = TypeAdapter(Status)


def read_status(folder: Path) -> Status:
    """The status of a run folder; ``queued`` where no process has taken it up yet."""
    try:
        return parse_status((folder / FILE).read_bytes())
    except OSError:
        return Status("queued")


def parse_status(content: bytes) -> Status:
    """The status that a file says; ``queued`` where it is damaged."""
    try:
        return _STATUS.validate_json(content)
    except (ValueError, RecursionError):
        return Status("queued")


def write_status(folder: Path, status: Status) -> None:
    """Writes the status as one of this process, now.

    Raises:
        InputError: the disk is full or refuses.
    """
    now = replace(status, pid=os.getpid(), host=socket.gethostname(), heartbeat=round(time.time(), 1))
    write_file(folder / FILE, json.dumps(asdict(now)) + "\n")


def release(folder: Path) -> None:
    """Marks the run of a process that is known to be gone, so that other machines need not wait for its silence.

    Raises:
        InputError: the disk is full or refuses.
    """
    status = read_status(folder)
    if status.state == "running":
        write_status(folder, replace(status, state="interrupted"))


class Heartbeat(Callback):
    """Writes the status of a stage at work every few seconds.

    Args:
        folder: of the run.
        stage: its name.
    """

    def __init__(self, folder: Path, stage: str) -> None:
        self.folder, self.stage = folder, stage
        self._last = 0.0

    def start(self, loop: Loop) -> None:
        """Writes the first."""
        self._write(loop)

    def step(self, loop: Loop) -> None:
        """Writes after the first step, and where one is due."""
        if loop.index == 1 or time.monotonic() - self._last >= HEARTBEAT:
            self._write(loop)

    def _write(self, loop: Loop) -> None:
        self._last = time.monotonic()
        write_status(self.folder, Status("running", self.stage, loop.index, loop.total))

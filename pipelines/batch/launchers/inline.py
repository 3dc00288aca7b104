"""inline: one job after the other, in the process of the driver."""

from __future__ import annotations

import time
from pathlib import Path

from pipelines.batch.job import Job
from pipelines.batch.launchers.launcher import Event, Launcher
from pipelines.batch.work import carry_out


class Inline(Launcher):
    """One job after the other, in this process; for debugging, and for what needs no more.

    A job stops at Ctrl-C. What other terminals ask for, and limits of time, count when it has ended.
    """

    blocks = True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._next: Job | None = None

    def has_room(self, job: Job) -> bool:
        """True if no job waits."""
        return self._next is None

    def start(self, job: Job) -> None:
        """Keeps it for the next `poll`."""
        self._next = job

    def poll(self, seconds: float) -> list[Event]:
        """Carries the job out."""
        job, self._next = self._next, None
        if job is None:
            time.sleep(seconds)
            return []
        return [Event(job.id, "started"), carry_out(job, self.folder)]

    def stop(self, job: str, now: bool = False) -> None:
        """Nothing: the driver is not asked while a job is carried out."""

    def close(self) -> None:
        """Nothing is left open."""

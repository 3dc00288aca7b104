"""Remote: what launchers have in common whose machines are others than that of the driver."""

from __future__ import annotations

import logging
import time
from collections import Counter
from pathlib import Path

from limn.errors import InputError
from limn.files import make_folder, write_file
from pipelines.batch.job import Job
from pipelines.batch.launchers.launcher import Event, Launcher
from pipelines.batch.mirror import SECONDS, stored_status
from pipelines.runs.status import Status, release

logger = logging.getLogger("limn")

MOST = 10
"""Setbacks of a job in a row; the next one counts as its failure."""

STORED = "stored.txt"
"""In the run folder of a job that is done, where its results are only in storage: where."""


class Remote(Launcher):
    """Machines that share the folder of the batch, or that have its storage in common.

    Args:
        folder: of the batch.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.resolve())
        self._setbacks: Counter[str] = Counter()
        self._looks: dict[str, tuple[float, Status]] = {}

    def status(self, job: Job) -> Status:
        """What the run folder of a job says, here or else in storage, which is asked now and then."""
        here = super().status(job)
        if here.alive or not job.storage:
            return here
        looked, status = self._looks.get(job.id, (-SECONDS, here))
        if time.monotonic() - looked >= SECONDS:
            try:
                status = stored_status(job.storage, job.folder) or here
            except InputError as error:
                logger.warning("%s", error)
            self._looks[job.id] = (time.monotonic(), status)
        return status

    def finished(self, job: Job) -> bool:
        """True if the run folder of a job is done, here or in storage."""
        return super().finished(job) or (self.folder / job.folder / STORED).is_file()

    def returned(self, job: Job, event: Event) -> Event:
        """What an attempt says of itself, where its results can be reached from here."""
        if event.kind in ("done", "failed"):
            del self._setbacks[job.id]
        if event.kind == "done" and not self.finished(job):
            if not job.storage:
                return Event(job.id, "failed", f"its machine does not share {self.folder}, and there is no storage")
            write_file(make_folder(self.folder / job.folder) / STORED, f"{job.storage}/{job.folder}\n")
        return event

    def setback(self, job: Job, error: str) -> Event:
        """What is told of a job whose machine or process is gone: ``lost`` after too many in a row."""
        release(self.folder / job.folder)
        self._setbacks[job.id] += 1
        if self._setbacks[job.id] <= MOST:
            return Event(job.id, "interrupted", error)
        return Event(job.id, "lost", f"{error}, {self._setbacks.pop(job.id)} times in a row")

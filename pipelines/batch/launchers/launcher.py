"""Launcher: where the jobs of a batch are carried out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from limn.registry import Registry
from pipelines.batch.job import Job
from pipelines.runs.execute import finished_artefacts
from pipelines.runs.status import Status, read_status


@dataclass(frozen=True)
class Event:
    """What became of a job, as far as its launcher knows; the run folder knows best.

    Args:
        job: its id.
        kind: ``started``: a worker has taken it up. ``done``. ``interrupted``: it stopped through no fault of its own
            (it was asked to, or its machine went away); it is queued again. ``failed``: it ended with an error.
            ``lost``: its worker died. The last two count as failures.
        error: one line.
        defect: the error was none of the input, so that its process is better not used again.
    """

    job: str
    kind: Literal["started", "done", "interrupted", "failed", "lost"]
    error: str = ""
    defect: bool = False


class Launcher(ABC):
    """Carries out jobs somewhere. Its further arguments are what a jobs file says of it: ``{local: {workers: 2}}``.

    The driver calls it from one thread. A job may be carried out more than once (its run folder is always the same, and
    `pipelines.runs.execute.execute` is idempotent); that it is recorded once is the ledger's business.

    Args:
        folder: of the batch; a job's run folder lies in it and is called `Job.folder`.
    """

    blocks = False
    """Whether `poll` carries jobs out itself, so that nothing can be shown or asked meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def refusal(self, job: Job) -> str:
        """Why a job can never be carried out here; "" where it can."""
        return ""

    def status(self, job: Job) -> Status:
        """What the run folder of a job says."""
        return read_status(self.folder / job.folder)

    def finished(self, job: Job) -> bool:
        """True if the run folder of a job is done and has all results."""
        return bool(finished_artefacts(self.folder / job.folder))

    @abstractmethod
    def has_room(self, job: Job) -> bool:
        """True if a job can be started now."""

    @abstractmethod
    def start(self, job: Job) -> None:
        """Hands a job over; there is room for it."""

    @abstractmethod
    def poll(self, seconds: float) -> list[Event]:
        """What happened since the last call; waits so long for it, at most, where that is nothing."""

    @abstractmethod
    def stop(self, job: str, now: bool = False) -> None:
        """Asks a job to stop after its step, with a checkpoint; or ends it at once. An event tells when it has."""

    @abstractmethod
    def close(self) -> None:
        """Ends all workers; jobs that are still carried out end at once."""


LAUNCHERS: Registry[type[Launcher]] = Registry(
    "launcher",
    {
        "inline": "pipelines.batch.launchers.inline:Inline",
        "local": "pipelines.batch.launchers.local:Local",
        "ray": "pipelines.batch.launchers.ray:Ray",
        "slurm": "pipelines.batch.launchers.slurm:Slurm",
    },
)
"""Where jobs are carried out, by name."""

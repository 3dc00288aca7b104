"""run_batch: hundreds of runs from one jobs file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limn.errors import InputError
from limn.files import write_file
from pipelines.batch.display import display_for
from pipelines.batch.driver import Driver
from pipelines.batch.job import Job
from pipelines.batch.jobs import Asked, JobsFile, jobs_file_of, jobs_of, read_jobs_file
from pipelines.batch.launchers.launcher import Launcher
from pipelines.batch.ledger import Ledger, Record
from pipelines.config.yaml import read_mapping

ASKED = "batch.yaml"
"""In the folder of a batch: the jobs file that it was made of."""


@dataclass(frozen=True)
class Batch:
    """What became of a batch.

    Args:
        folder: of the batch, with a run folder for each job.
        records: what the ledger says of each job, in the order of the jobs file.
    """

    folder: Path
    records: Sequence[Record]

    @property
    def failed(self) -> list[Record]:
        """The jobs that failed and have no attempt left."""
        return [record for record in self.records if record.state == "failed"]


def run_batch(file: str | Path, **settings: Any) -> Batch:
    """Runs the jobs of a jobs file, as many at once as there is room for, each in a run folder of its own.

    What is done is not done again; what was interrupted goes on; what failed is tried again.

    Args:
        file: YAML, see docs/batches.md.
        settings: in place of the file's: of the jobs file where it has such a key, else of all jobs; dotted keys as
            ``**{"losses.text.weight": 0.5}``.

    Raises:
        InputError: something is wrong with a job, nothing is started then; or another driver is at work in the folder,
            or the disk is full or refuses.
    """
    asked = read_jobs_file(file, settings.items())
    return carry_out_batch(asked, jobs_of(asked))


def carry_out_batch(asked: Asked, jobs: Sequence[Job]) -> Batch:
    """The same for jobs that were read."""
    with Ledger(asked.folder, create=True) as ledger, ledger.driving():
        ledger.enter(jobs, str(asked.file))
        write_file(asked.folder / ASKED, asked.text())
        return _drive(ledger, asked.jobs_file)


def go_on(folder: str | Path) -> Batch:
    """Goes on with a batch, without its jobs file.

    Args:
        folder: of the batch.

    Raises:
        InputError: it is none, another driver is at work, or the disk is full or refuses.
    """
    folder = Path(folder).resolve()
    with Ledger(folder) as ledger, ledger.driving():
        jobs_file = jobs_file_of(read_mapping(folder / ASKED), folder / ASKED)
        ledger.enter([record.job for record in ledger.records()], ledger.file())
        return _drive(ledger, jobs_file)


def _drive(ledger: Ledger, jobs_file: JobsFile) -> Batch:
    launcher: Launcher = jobs_file.launcher.make(folder=ledger.folder)
    for record in ledger.records():
        if refusal := launcher.refusal(record.job):
            raise InputError(f"job {record.job.name!r}: launcher {jobs_file.launcher.name}: {refusal}")
    Driver(ledger, launcher, display_for(launcher.blocks)).drive()
    return Batch(ledger.folder, ledger.records())

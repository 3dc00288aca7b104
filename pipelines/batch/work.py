"""What a worker does with a job, whatever launched it."""

from __future__ import annotations

import shutil
import sys
import traceback
from contextlib import nullcontext
from pathlib import Path

from limn.choices import keeping_choices
from limn.errors import InputError
from pipelines.batch.job import Job
from pipelines.batch.launchers.launcher import Event
from pipelines.batch.ledger import FILE as LEDGER
from pipelines.batch.mirror import mirrored
from pipelines.runs.execute import execute
from pipelines.runs.lock import AtWorkError
from pipelines.runs.status import read_status


def carry_out(job: Job, batch: Path) -> Event:
    """Brings the run folder of a job to its end, from wherever it stands.

    Args:
        job: the job.
        batch: the folder of the batch. What is decided by measuring the machine is decided once for all its jobs.

    Returns:
        What became of it: ``done``, ``interrupted`` or ``failed``.
    """
    try:
        folder = job.prepare(batch)
        with keeping_choices(batch / "choices.json"), mirrored(folder, job.storage) if job.storage else nullcontext():
            execute(folder)
        if read_status(folder).state != "done":
            return Event(job.id, "interrupted")
        if job.storage and not (batch / LEDGER).exists():  # a machine that only lent a hand
            shutil.rmtree(folder)
        return Event(job.id, "done")
    except KeyboardInterrupt:
        return Event(job.id, "interrupted")
    except AtWorkError as error:  # of an attempt that is given up and has not ended, or of somebody else
        return Event(job.id, "interrupted", line_of(error))
    except InputError as error:
        return Event(job.id, "failed", line_of(error))
    except Exception as error:
        print(f"{job.name}:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        return Event(job.id, "failed", f"{type(error).__name__}: {line_of(error)}", defect=True)


def line_of(error: BaseException) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split())

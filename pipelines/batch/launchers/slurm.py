"""slurm: a Slurm cluster, by submitit; jobs that need the same go there as one array."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from limn.errors import InputError
from limn.files import write_file
from limn.registry import unknown_key
from pipelines.batch.job import Job, Resources
from pipelines.batch.launchers.launcher import Event
from pipelines.batch.launchers.remote import Remote
from pipelines.batch.work import carry_out, line_of
from pipelines.loop.interrupt import interruptible
from pipelines.runs.status import release

LOOK = 1.0
"""Seconds between two looks at what became of jobs."""

GRACE = 30.0
"""Seconds in which what a job returned may still be on its way through a file system."""

REQUEUES = 1000
"""Times that a job whose time is over is queued again; the limits of the job end it before."""

QUEUE = 10.0
"""Seconds between two looks at what Slurm has in its queue."""

OWN_FAULT = ("FAILED", "OUT_OF_MEMORY")
"""States that say something about the job; others do not, nor does a cluster that keeps no accounts."""


@dataclass
class _Submission:
    job: Job
    handle: Any
    started: bool = False
    asked: bool = False
    gone_since: float | None = None


class Slurm(Remote):
    """A Slurm cluster, whose machines share the folder of the batch.

    A job whose time is over, or that is preempted, stops after its step; Slurm queues it again, and it goes on from its
    newest checkpoint. Jobs that a driver left there when it died are found again.

    Args:
        folder: of the batch.
        partition: of the cluster; its default unless given.
        minutes: that Slurm gives a job before it is queued again.
        most: jobs that are there at the same time.
        options: further options of ``sbatch``, with underscores: ``{account: art, constraint: a100}``.
        cluster: ``local``: processes of this machine instead, to try it.
    """

    def __init__(
        self,
        folder: Path,
        partition: str | None = None,
        minutes: Annotated[int, Field(ge=3, le=100_000)] = 240,
        most: Annotated[int, Field(ge=1, le=100_000)] = 100,
        options: dict[str, Any] | None = None,
        cluster: Literal["slurm", "local"] = "slurm",
    ) -> None:
        super().__init__(folder)
        try:
            import submitit
        except ImportError as error:
            raise InputError("launcher 'slurm' needs the package submitit: pip install 'limn[slurm]'") from error
        self.most = most
        self._notes = self.folder / "slurm"
        options = options or {}
        for key in options:
            if key not in (known := submitit.SlurmExecutor._valid_parameters()):
                raise InputError(f"launcher 'slurm': options: {unknown_key(key, known)}")
        given = {f"slurm_{key}": value for key, value in options.items()}
        try:
            self._executor = submitit.AutoExecutor(self._notes, cluster, slurm_max_num_timeout=REQUEUES)
            self._executor.update_parameters(
                name=folder.name, timeout_min=minutes, slurm_partition=partition, slurm_array_parallelism=most, **given
            )
        except (RuntimeError, ValueError) as error:
            raise InputError(f"launcher 'slurm': {line_of(error)}") from error
        self._environment = submitit.helpers.environment_variables
        self._job_class = submitit.SlurmJob
        self._submitted: dict[str, _Submission] = {}
        self._waiting: list[Job] = []
        self._local = cluster == "local"
        self._looked = 0.0
        self._queue: dict[str, str] = {}
        self._queue_seen = -QUEUE

    def has_room(self, job: Job) -> bool:
        """True if fewer jobs are there than may be."""
        return len(self._submitted) + len(self._waiting) < self.most

    def start(self, job: Job) -> None:
        """Finds it again where it is there already; else the next `poll` submits it, with others."""
        note = self._notes / job.id
        if note.is_file() and note.read_text() in self._states(QUEUE):
            self._submitted[job.id] = _Submission(job, self._job_class(self._notes, note.read_text()))
            return
        self._waiting.append(job)

    def poll(self, seconds: float) -> list[Event]:
        """What became of jobs."""
        if refused := self._submit():
            return refused
        time.sleep(seconds)
        if time.monotonic() - self._looked < LOOK:
            return []
        self._looked = time.monotonic()
        return [event for submission in list(self._submitted.values()) for event in self._look(submission)]

    def _submit(self) -> list[Event]:
        """Submits what waits. A cluster that refuses the first jobs will refuse all; later ones are tried again."""
        alike: dict[Resources, list[Job]] = defaultdict(list)
        for job in self._waiting:
            alike[job.resources].append(job)
        self._waiting.clear()
        refused: list[Event] = []
        for resources, jobs in alike.items():
            self._executor.update_parameters(
                cpus_per_task=resources.cpus or 1,
                gpus_per_node=math.ceil(resources.gpus or 0),
                mem_gb=resources.memory or None,
            )
            path = [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
            try:
                with self._environment(PYTHONPATH=os.pathsep.join(filter(None, path))), self._executor.batch():
                    handles = [self._executor.submit(Delivery(job, self.folder)) for job in jobs]
            except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
                said = f"Slurm refuses: {str(error).strip().splitlines()[-1]}"
                if not self._submitted:
                    raise InputError(said) from error
                refused += [self.setback(job, said) for job in jobs]
                continue
            for job, handle in zip(jobs, handles, strict=True):
                self._submitted[job.id] = _Submission(job, handle)
                self._queue[handle.job_id] = "PENDING"
                write_file(self._notes / job.id, handle.job_id)
        return refused

    def _look(self, submission: _Submission) -> list[Event]:
        job, handle = submission.job, submission.handle
        events = []
        state = self._states(LOOK if submission.asked else QUEUE).get(handle.job_id)
        if not submission.started and state != "PENDING" and handle.paths.stdout.exists():
            submission.started = True
            events.append(Event(job.id, "started"))
        event = self._end(submission, state)
        if event is not None:
            events.append(event)
            del self._submitted[job.id]
            if event.kind == "interrupted":
                handle.cancel(check=False)  # while there is a driver, the ledger is the only queue
                (self._notes / job.id).unlink(missing_ok=True)
        return events

    def _end(self, submission: _Submission, state: str | None) -> Event | None:
        """What became of a job whose state at Slurm is known, if it has one; None while that is open."""
        job, handle = submission.job, submission.handle
        if handle.paths.result_pickle.exists():
            error = handle.exception()
            if error is not None:
                return Event(job.id, "failed", str(error).strip().splitlines()[-1])
            event: Event = handle.result()
            return self.returned(job, event)
        if state is not None:
            submission.gone_since = None
            again = submission.started and state == "PENDING"
            return Event(job.id, "interrupted", "Slurm queued it again") if again else None
        submission.gone_since = submission.gone_since or time.monotonic()
        if submission.started and time.monotonic() - submission.gone_since < GRACE:
            return None
        if submission.asked:
            release(self.folder / job.folder)
            return Event(job.id, "interrupted")
        account = handle.get_info(mode="force").get("State", "")
        if self._local or account.startswith(OWN_FAULT):
            release(self.folder / job.folder)
            return Event(job.id, "lost", f"it ended without a result; see {handle.paths.stderr}")
        return self.setback(job, f"Slurm has it no longer: {account or 'no account of it'}")

    def _states(self, age: float) -> dict[str, str]:
        """What waits or runs at Slurm, as it was some seconds ago at most: id -> state."""
        if self._local:
            return {s.handle.job_id: s.handle.state for s in self._submitted.values() if not s.handle.done()}
        if time.monotonic() - self._queue_seen >= age:
            command = ["squeue", "--noheader", "--array", "--format=%i %T", f"--user={os.getuid()}"]
            answer = subprocess.run(command, capture_output=True, text=True, check=False)
            if answer.returncode == 0:  # else Slurm is busy, and nothing is known
                lines = map(str.split, answer.stdout.splitlines())
                self._queue, self._queue_seen = {line[0]: line[1] for line in lines}, time.monotonic()
        return self._queue

    def stop(self, job: str, now: bool = False) -> None:
        """Cancels it; Slurm lets it write its checkpoint for some seconds."""
        if job in self._submitted:
            self._submitted[job].asked = True
            self._submitted[job].handle.cancel(check=False)

    def close(self) -> None:
        """Cancels all."""
        for submission in self._submitted.values():
            submission.handle.cancel(check=False)


@dataclass
class Delivery:
    """What a machine of the cluster does with a job.

    Args:
        job: the job.
        batch: the folder of the batch.
    """

    job: Job
    batch: Path

    def __call__(self) -> Event:
        """Carries it out. Where Slurm says that its time is over, it stops after its step and is queued again."""
        import submitit

        if os.environ.get("SLURM_RESTART_COUNT"):
            release(self.batch / self.job.folder)
        over = getattr(signal, f"SIG{submitit.JobEnvironment.USR_SIG}")
        requeue: Callable[..., Any] = signal.getsignal(over)  # type: ignore[assignment]
        with interruptible() as interrupt:
            signal.signal(over, interrupt.note)
            event = carry_out(self.job, self.batch)
        if interrupt.signal == over and event.kind == "interrupted":
            requeue(over, None)
        return event

    def checkpoint(self) -> Any:
        """What is queued again: the same. The run folder knows how far it came."""
        import submitit

        return submitit.core.utils.DelayedSubmission(self)

"""ray: the machines of a Ray cluster, which decides where a job has room."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from limn.errors import InputError
from pipelines.batch.job import Job
from pipelines.batch.launchers.launcher import Event
from pipelines.batch.launchers.remote import Remote
from pipelines.batch.work import carry_out, line_of
from pipelines.runs.status import release

WAITING = 16
"""Jobs that wait at the cluster at most, so that it always has a next one, and can tell that it is too small."""


class Ray(Remote):
    """The machines of a Ray cluster. Each must reach the folder of the batch, or ``storage``.

    Every attempt is one task that Ray never repeats by itself: the ledger decides. Where a machine or a process goes
    away, nobody knows how far the job came, so that it is carried out again from what its run folder has.

    Args:
        folder: of the batch.
        address: of a cluster, such as ``ray://head:10001``. Unless given: that of the variable ``RAY_ADDRESS``, else a
            cluster that runs here, else one of this machine alone that ends with the batch.
        renew: jobs after which a process is renewed; one that had a GPU is renewed after each, which frees its memory.
    """

    def __init__(
        self, folder: Path, address: str | None = None, renew: Annotated[int, Field(ge=1, le=4096)] = 100
    ) -> None:
        super().__init__(folder)
        try:
            import ray
        except ImportError as error:
            raise InputError("launcher 'ray' needs the package ray: pip install 'limn[ray]'") from error
        self._ray = ray
        self._joined = not ray.is_initialized()
        if self._joined:
            _join(ray, address)
        task = {"num_returns": "streaming", "max_retries": 0}
        self._with_gpu = ray.remote(max_calls=1, **task)(deliver)
        self._without = ray.remote(max_calls=renew, **task)(deliver)
        self._tasks: dict[Any, Job] = {}
        self._waiting: set[str] = set()

    def has_room(self, job: Job) -> bool:
        """True if few jobs wait at the cluster."""
        return len(self._waiting) < WAITING

    def start(self, job: Job) -> None:
        """Hands it to the cluster."""
        deliver = self._with_gpu if job.gpus else self._without
        needs = {"num_cpus": job.cpus, "num_gpus": job.gpus, "memory": int(1e9 * job.resources.memory)}
        self._tasks[deliver.options(name=job.name, **needs).remote(job, self.folder)] = job
        self._waiting.add(job.id)

    def poll(self, seconds: float) -> list[Event]:
        """What tasks said, and those that went away."""
        if not self._tasks:
            time.sleep(seconds)
            return []
        tasks = list(self._tasks)
        ready, _ = self._ray.wait(tasks, timeout=seconds)
        if ready:
            ready, _ = self._ray.wait(tasks, num_returns=len(tasks), timeout=0)
        return [self._next(task) for task in ready]

    def _next(self, task: Any) -> Event:
        job, errors = self._tasks[task], self._ray.exceptions
        self._waiting.discard(job.id)
        try:
            event = self.returned(job, self._ray.get(next(task)))
        except errors.TaskCancelledError:
            release(self.folder / job.folder)
            event = Event(job.id, "interrupted")
        except errors.OutOfMemoryError as error:
            event = Event(job.id, "lost", _sentence(error))
        except errors.RayTaskError as error:  # before the job: a machine has not the same programs
            event = Event(job.id, "failed", line_of(error.cause))
        except errors.RayError as error:
            event = self.setback(job, _sentence(error))
        if event.kind != "started":
            del self._tasks[task]
        return event

    def stop(self, job: str, now: bool = False) -> None:
        """Sends its process what Ctrl-C sends, or ends it."""
        for task, other in self._tasks.items():
            if other.id == job:
                self._ray.cancel(task, force=now)

    def close(self) -> None:
        """Ends all tasks, and leaves the cluster."""
        for task in self._tasks:
            self._ray.cancel(task, force=True)
        if self._joined:
            self._ray.shutdown()


def deliver(job: Job, batch: Path) -> Iterator[Event]:
    """What a process of the cluster does with a job: it tells that it begins, and what became of it."""
    yield Event(job.id, "started")
    yield carry_out(job, batch)


def _sentence(error: BaseException) -> str:
    """The first of many, without the colours of a terminal."""
    return re.sub(r"\x1b\[\d*m", "", line_of(error)).partition(". ")[0]


def _join(ray: Any, address: str | None) -> None:
    """Joins a cluster; signals stay as they were, and nothing is reported to anyone."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        raise InputError(f"launcher 'ray': cannot join {address or 'a cluster'}: {line_of(error)}") from error
    finally:
        signal.signal(signal.SIGTERM, before)

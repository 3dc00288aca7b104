"""local: workers on this machine, each a process that keeps its encoders and priors from job to job."""

from __future__ import annotations

from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Annotated

from pydantic import Field

from pipelines.batch.job import Job
from pipelines.batch.launchers.launcher import Event, Launcher
from pipelines.batch.launchers.slots import Devices, Slots, cores, gpus
from pipelines.batch.launchers.worker import Worker
from pipelines.config.memory import memory_of_machine

Several = Annotated[int, Field(ge=1, le=4096)]


class Local(Launcher):
    """Workers on this machine: as many as its cores, memory and GPUs have room for.

    A worker sees only the GPUs of its job. It is replaced where it dies, and renewed after a number of jobs.

    Args:
        folder: of the batch.
        workers: at most; as many as there is room for, unless given.
        cpus: cores that jobs share; those of the machine unless given.
        memory: GB that jobs share; that of the machine unless given.
        renew: jobs after which a worker is renewed.
    """

    def __init__(
        self,
        folder: Path,
        workers: Several | None = None,
        cpus: Several | None = None,
        memory: Annotated[float, Field(gt=0, le=1e6)] | None = None,
        renew: Several = 100,
    ) -> None:
        super().__init__(folder)
        self.workers, self.renew = workers, renew
        self.slots = Slots(cpus or cores(), memory or (memory_of_machine() or 1 << 60) / 1e9, gpus())
        self._idle: list[Worker] = []
        self._busy: dict[str, Worker] = {}
        self._alive: set[Worker] = set()
        self._said: SimpleQueue[tuple[Worker, Event | None]] = SimpleQueue()

    def refusal(self, job: Job) -> str:
        """Why a job has no room even where nothing else is; "" where it has."""
        return self.slots.refusal(job)

    def has_room(self, job: Job) -> bool:
        """True if a worker, and what the job needs, are free."""
        return len(self._busy) < (self.workers or self.slots.cpus) and self.slots.find(job) is not None

    def start(self, job: Job) -> None:
        """Gives it to a worker that is there, else to a new one."""
        devices = self.slots.find(job)
        assert devices is not None
        self.slots.take(job, devices)
        worker = self._worker(devices, job.cpus)
        self._busy[job.id] = worker
        worker.run(job)

    def _worker(self, devices: Devices, threads: int) -> Worker:
        for worker in self._idle:
            if worker.devices == devices:
                self._idle.remove(worker)
                return worker
        if self._idle:  # one for other GPUs; it makes room for the new one
            self._idle.pop().leave()
        worker = Worker(self.folder, devices, threads, self._said.put)
        self._alive.add(worker)
        return worker

    def poll(self, seconds: float) -> list[Event]:
        """What workers said; that one has died is found out at once."""
        events: list[Event] = []
        try:
            while True:
                worker, event = self._said.get(timeout=0 if events else seconds)
                events += self._note(worker, event)
        except Empty:
            return events

    def _note(self, worker: Worker, event: Event | None) -> list[Event]:
        job = worker.job
        if event is not None and event.kind == "started":
            return [event]
        if event is None:
            worker.leave()
            self._alive.discard(worker)
            if worker in self._idle:
                self._idle.remove(worker)
            if job is None:
                return []
            event = Event(job.id, "lost", f"its worker died, {worker.death()}; see {worker.log}")
        assert job is not None
        worker.job = None
        del self._busy[job.id]
        self.slots.give_back(job, worker.devices)
        if event.kind == "lost":
            return [event]
        if event.defect or worker.jobs >= self.renew:
            worker.leave()
        else:
            self._idle.append(worker)
        return [event]

    def stop(self, job: str, now: bool = False) -> None:
        """Asks its worker, or kills it."""
        worker = self._busy.get(job)
        if worker is not None:
            worker.kill() if now else worker.stop(job)

    def close(self) -> None:
        """Kills workers that are busy and lets the others leave."""
        for worker in self._busy.values():
            worker.kill()
        for worker in self._alive:
            worker.leave()
        for worker in self._alive:
            worker.wait()

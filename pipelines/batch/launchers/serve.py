"""The process of a worker: ``python -m pipelines.batch.launchers.serve FOLDER``.

Each line of its stdin is ``{"run": job}`` or ``{"stop": id}``, each line of its stdout an event, all in JSON. It ends
at once where its stdin does, so that no worker outlives its driver, however that ended.
"""

from __future__ import annotations

import _thread
import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TextIO

from pipelines.batch.job import Job
from pipelines.batch.launchers.launcher import Event
from pipelines.batch.work import carry_out
from pipelines.loop.interrupt import interruptible


class Inbox:
    """What the driver said, read by a thread of its own.

    Args:
        lines: of the driver.
    """

    def __init__(self, lines: TextIO) -> None:
        self.jobs: SimpleQueue[Job] = SimpleQueue()
        self._lines = lines
        self._lock = Lock()
        self._current = ""
        self._stopped: set[str] = set()
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._lines:
            message = json.loads(line)
            if "run" in message:
                job = Job.of(message["run"])
                self._stopped.discard(job.id)  # that was an earlier attempt
                self.jobs.put(job)
                continue
            with self._lock:
                self._stopped.add(message["stop"])
                if message["stop"] == self._current:
                    _thread.interrupt_main(signal.SIGTERM)
        os._exit(0)

    def carry_out(self, job: Job, batch: Path) -> Event:
        """Carries a job out; what asks it to stop arrives as SIGTERM does."""
        event = Event(job.id, "interrupted")
        with interruptible(), suppress(KeyboardInterrupt):
            with self._lock:
                self._current = job.id
                stopped = job.id in self._stopped
            if not stopped:
                event = carry_out(job, batch)
            with self._lock:
                self._current = ""
        self._current = ""
        return event


def main(batch: Path) -> None:
    """Carries out job after job."""
    for number in (signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])):
        signal.signal(number, signal.SIG_IGN)  # a terminal asks the driver, and that asks the workers
    inbox = Inbox(os.fdopen(os.dup(0), encoding="utf-8"))
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no event

    def tell(event: Event) -> None:
        print(json.dumps(asdict(event)), file=events, flush=True)

    while True:
        job = inbox.jobs.get()
        tell(Event(job.id, "started"))
        tell(inbox.carry_out(job, batch))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

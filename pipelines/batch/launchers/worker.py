"""A worker on this machine, seen from the driver: a process with a pipe in each direction; see `serve`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from limn.files import writing
from pipelines.batch.job import Job
from pipelines.batch.launchers.launcher import Event

LOG = "workers.log"
"""In the folder of the batch: what workers write to stderr."""


class Worker:
    """The driver's end.

    Args:
        batch: the folder of the batch.
        devices: GPUs that it sees.
        threads: that its libraries use; torch has as many as each job says.
        tell: is called from a thread with this worker and what it said, and with None when it has died.

    Attributes:
        job: that it carries out.
        jobs: how many it was given.
    """

    def __init__(
        self, batch: Path, devices: tuple[str, ...], threads: int, tell: Callable[[tuple[Worker, Event | None]], Any]
    ) -> None:
        self.devices, self.log = devices, batch / LOG
        self.job: Job | None = None
        self.jobs = 0
        path = [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
            "CUDA_VISIBLE_DEVICES": ",".join(devices),
            "OMP_NUM_THREADS": str(threads),
        }
        command = [sys.executable, "-P", "-m", "pipelines.batch.launchers.serve", str(batch)]
        with writing(self.log), self.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment, encoding="utf-8"
            )
        self._listener = Thread(target=self._listen, args=(tell,), daemon=True)
        self._listener.start()

    def _listen(self, tell: Callable[[tuple[Worker, Event | None]], Any]) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                tell((self, Event(**json.loads(line))))
        self._process.wait()
        tell((self, None))

    def run(self, job: Job) -> None:
        """Gives it a job."""
        self.job, self.jobs = job, self.jobs + 1
        self._say({"run": job.data()})

    def stop(self, job: str) -> None:
        """Asks it to stop a job after its step."""
        self._say({"stop": job})

    def leave(self) -> None:
        """Lets it end; it has no job."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self.leave()

    def wait(self) -> None:
        """Waits until it has ended."""
        self._listener.join()

    def _say(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # where it has died, that is told on its own
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()

    def death(self) -> str:
        """How it ended, in words."""
        code = self._process.wait()
        if code >= 0:
            return f"exit code {code}"
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"

"""Children: runs that the server has started, each a process of its own through the command line."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pipelines
from limn.errors import InputError
from pipelines.config.run_config import RunConfig
from pipelines.runs.folder import RunFolder
from pipelines.runs.lock import process_at_work
from pipelines.runs.status import Status, read_status, write_status

logger = logging.getLogger("limn")

COMMAND = (sys.executable, "-P", "-c", "import sys; from pipelines.cli.main import console; sys.exit(console())")
"""The command line, from whatever working directory; what lies there is not imported (``-P``)."""

STOPPED = (0, 129, 130, 143, -signal.SIGTERM, -signal.SIGKILL)
"""Exit codes of runs that are done or were stopped."""


@dataclass(frozen=True)
class _Child:
    process: subprocess.Popen[bytes]
    said: IO[bytes]


class Children:
    """Starts, resumes and stops runs.

    They are no part of the server's process group, so that Ctrl-C in its terminal reaches the server alone, which then
    asks each of them to end with its results (see `close`). A run whose server was killed goes on, and can be stopped
    by the next one.

    Args:
        folder: their working directory, with which files are looked for.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: dict[Path, _Child] = {}
        self._asked: dict[Path, int] = {}

    def start(self, config: RunConfig) -> Path:
        """Starts a run; returns its folder.

        Raises:
            InputError: its folder cannot be written, or there is no such device.
        """
        config.torch_device()
        folder = RunFolder.create(config).path
        write_status(folder, Status("queued"))
        self.resume(folder)
        return folder

    def resume(self, folder: Path) -> None:
        """Starts the process that brings a run to its end.

        Raises:
            InputError: one is at work already.
        """
        if folder in self._children or process_at_work(folder):
            raise InputError("a process is at work on this run")
        root = str(Path(pipelines.__file__).parents[1])
        paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        said = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the process has ended)
        process = subprocess.Popen(
            [*COMMAND, "resume", str(folder)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        self._children[folder] = _Child(process, said)

    def stop(self, folder: Path) -> None:
        """Asks the process of a run to end after the current step, with results; a second time does nothing.

        Raises:
            InputError: no process of this machine is at work on it.
        """
        child = self._children.get(folder)
        pid = child.process.pid if child else process_at_work(folder)
        if pid is None:
            raise InputError("no process of this machine is at work on this run")
        if self._asked.get(folder) != pid:  # a second signal would abort the run
            self._asked[folder] = pid
            os.kill(pid, signal.SIGTERM)

    def reap(self) -> None:
        """Takes leave of processes that have ended. What kept one from its work stands in the status of its run."""
        for folder, child in list(self._children.items()):
            code = child.process.poll()
            if code is None:
                continue
            del self._children[folder]
            status = read_status(folder)
            unsaid = status.state in ("queued", "running") and process_at_work(folder) is None
            if code not in STOPPED and unsaid and folder.is_dir():
                child.said.seek(0)
                lines = child.said.read().decode(errors="replace").split("\n")
                last = next((line for line in reversed(lines) if line.strip()), f"ended with exit code {code}")
                with suppress(InputError):  # a full disk refuses this, too
                    write_status(folder, Status("failed", status.stage, status.step, status.steps, last[:1000]))
            child.said.close()

    async def close(self) -> None:
        """Asks all processes to end with results, and waits until they have."""
        for folder in self._children:
            self.stop(folder)
        if self._children:
            names = ", ".join(folder.name for folder in self._children)
            logger.info("waits until runs have ended with their results: %s; another Ctrl-C does not wait", names)
        while self._children:
            self.reap()
            await asyncio.sleep(0.05)

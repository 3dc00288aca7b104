"""Driver: gives the jobs of a batch to a launcher until none is left, and records what becomes of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from limn.errors import InputError
from pipelines.batch.display import Display, Progress, Running
from pipelines.batch.job import Job
from pipelines.batch.launchers.launcher import Event, Launcher
from pipelines.batch.ledger import Ledger
from pipelines.loop.interrupt import Interrupt, deferring
from pipelines.runs.status import Status

logger = logging.getLogger("limn")

POLL = 0.2
"""Seconds between two looks at what other terminals ask for."""

LOOK = 1.0
"""Seconds between two looks at the status of what is running."""

GRACE = 60.0
"""Seconds that a job past its limit, or cancelled, has to write its results; then its worker is ended."""

BACK_OFF = 5.0
"""Seconds before a job is started again that stopped though nobody asked it to."""

Reason = Literal["", "pause", "cancel", "time", "silence"]


@dataclass
class _Attempt:
    """A job that a launcher has. All moments are of the monotonic clock, which does not jump."""

    job: Job
    began: float
    heard: float
    started: bool = False
    status: Status = field(default_factory=lambda: Status("queued"))
    asked: Reason = ""
    asked_at: float = 0.0


class Driver:
    """Brings a batch to its end, from wherever it stands.

    Args:
        ledger: of the batch, kept from other drivers.
        launcher: carries jobs out.
        display: shows where the batch stands.
    """

    def __init__(self, ledger: Ledger, launcher: Launcher, display: Display) -> None:
        self.ledger, self.launcher, self.display = ledger, launcher, display
        self._jobs: dict[str, Job] = {}
        self._running: dict[str, _Attempt] = {}
        self._not_before: dict[str, float] = {}
        self._began = time.monotonic()
        self._looked = 0.0
        self._done = 0

    def drive(self) -> None:
        """Carries out what is queued, until there is nothing left or it is asked to stop.

        Raises:
            InputError: the ledger cannot be written.
            KeyboardInterrupt: it was asked a second time; jobs that ran are queued.
        """
        self._look_into_folders()
        with deferring() as interrupt:
            try:
                while self._goes_on(interrupt):
                    for event in self.launcher.poll(POLL):
                        self._note(event)
            finally:
                self.launcher.close()
                with suppress(InputError):  # if the disk is full, the next driver finds out
                    for attempt in self._running.values():
                        self.ledger.end(attempt.job.id, "queued")
                self.display.close()

    def _look_into_folders(self) -> None:
        """Records what run folders show to be done, or no longer there."""
        for record in self.ledger.records():
            finished = record.state in ("queued", "done") and self.launcher.finished(record.job)
            if record.state == "queued" and finished:
                self.ledger.begin(record.job.id)
                self.ledger.end(record.job.id, "done")
            elif record.state == "done" and not finished:
                self.ledger.found_undone(record.job.id)

    def _goes_on(self, interrupt: Interrupt) -> bool:
        """Starts and stops what is to be; False where nothing runs and nothing waits."""
        paused, stopping = self.ledger.paused(), bool(interrupt.signal)
        for job in self.ledger.cancelling():
            self._ask(job, "cancel")
        waiting = [] if stopping else self.ledger.queued()
        if paused or stopping:
            for job in self._running:
                self._ask(job, "pause")
        else:
            self._start(waiting)
        self._look(paused)
        return bool(self._running or waiting)

    def _start(self, waiting: Sequence[str]) -> None:
        now, full = time.monotonic(), set()
        for number in waiting:
            job = self._jobs.get(number) or self.ledger.job(number)
            self._jobs[number] = job
            if job.resources in full or self._not_before.get(number, now) > now:
                continue
            if not self.launcher.has_room(job):
                full.add(job.resources)
                continue
            self.ledger.begin(number)
            self._running[number] = _Attempt(job, now, now)
            self.launcher.start(job)

    def _ask(self, job: str, reason: Reason) -> None:
        """Asks a job to stop, once; that a pause is asked for counts less than other reasons, a cancellation more."""
        attempt = self._running[job]
        if not attempt.asked:
            self.launcher.stop(job)
            attempt.asked_at = time.monotonic()
        if attempt.asked in ("", "pause") or reason == "cancel":
            attempt.asked = reason

    def _note(self, event: Event) -> None:
        now = time.monotonic()
        attempt = self._running[event.job]
        if event.kind == "started":
            attempt.started, attempt.began, attempt.heard = True, now, now
            return
        del self._running[event.job]
        job, seconds, limits = attempt.job, now - attempt.began, attempt.job.limits
        if event.kind == "done" or self.launcher.finished(job):
            self._done += 1
            self.ledger.end(job.id, "done", seconds=seconds)
        elif attempt.asked == "cancel":
            self.ledger.end(job.id, "cancelled", seconds=seconds)
        elif event.kind == "failed":
            self._fail(job, event.error, seconds)
        elif attempt.asked == "time":
            self._fail(job, f"it took longer than {limits.time:g} s", seconds)
        elif attempt.asked == "silence":
            self._fail(job, f"it gave no sign of life for {limits.silence:g} s", seconds)
        elif event.kind == "interrupted":
            if not attempt.asked:
                self._not_before[job.id] = now + BACK_OFF
            self.ledger.end(job.id, "queued", event.error, seconds)
        else:
            self._fail(job, event.error, seconds)

    def _fail(self, job: Job, error: str, seconds: float) -> None:
        left = self.ledger.fail(job.id, error, job.limits.retries, seconds)
        again = f"; it is tried again, {left} more time{'s' if left > 1 else ''} at most" if left else ""
        logger.error("%s failed: %s%s", job.name, error, again)

    def _look(self, paused: bool) -> None:
        """Looks at what is running, ends what is past its limits, and shows where the batch stands."""
        now = time.monotonic()
        if now - self._looked >= LOOK and not self.launcher.blocks:
            self._looked = now
            for attempt in self._running.values():
                self._watch(attempt, now)
        self.display.update(lambda: self._progress(paused))

    def _watch(self, attempt: _Attempt, now: float) -> None:
        status, limits, job = self.launcher.status(attempt.job), attempt.job.limits, attempt.job.id
        if status != attempt.status or not attempt.started:
            attempt.status, attempt.heard = status, now
        if attempt.started and limits.time is not None and now - attempt.began > limits.time:
            self._ask(job, "time")
        if now - attempt.heard > limits.silence:
            self._ask(job, "silence")
            self.launcher.stop(job, now=True)
        elif attempt.asked in ("time", "cancel") and now - attempt.asked_at > GRACE:
            self.launcher.stop(job, now=True)

    def _progress(self, paused: bool) -> Progress:
        now = time.monotonic()
        running = [
            Running(a.job.name, a.status.stage, a.status.step, a.status.steps, now - a.began)
            for a in self._running.values()
            if a.started
        ]
        counts = self.ledger.counts()
        begun = sum(one.step / one.steps for one in running if one.steps)
        rate = (self._done + begun) / (now - self._began)
        left = (counts["queued"] + counts["running"] - begun) / rate if self._done and not paused else None
        return Progress(counts, running, left, paused)

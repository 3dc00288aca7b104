"""Setbacks: attempts that ended in a way that says nothing about the job."""

from __future__ import annotations

from collections import Counter

from pipelines.batch.launchers.launcher import Event

MOST = 10
"""Setbacks of a job in a row; the next one counts as its failure."""


class Setbacks:
    """Counts how often the machine or the process of a job went away, so that a job which kills it is found out."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def event(self, job: str, error: str) -> Event:
        """What is to be told of a setback: the job is ``interrupted``, or ``lost`` after too many in a row."""
        self._counts[job] += 1
        if self._counts[job] <= MOST:
            return Event(job, "interrupted", error)
        return Event(job, "lost", f"{error} ({self._counts.pop(job)} times in a row)")

    def end(self, job: str) -> None:
        """Forgets those of a job that came to an end of its own."""
        self._counts.pop(job, None)

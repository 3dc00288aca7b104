"""Ledger: what became of each job of a batch, in a file that outlives whoever writes it.

It is an SQLite database in the folder of the batch. Every change is one transaction on the disk before anything goes
on. A job is one row; that it was done is recorded once, which an index of the database sees to.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock, Timeout

from limn.errors import InputError, short
from limn.files import make_folder, writing
from limn.registry import suggestion
from pipelines.batch.job import Job

FILE, LOCK = "ledger.sqlite", "driver.lock"

State = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)

VERSION = 1

SCHEMA = f"""
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL, job TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
    cancel INTEGER NOT NULL DEFAULT 0, asked INTEGER NOT NULL DEFAULT 1,
    CHECK (state IN {STATES})
);
CREATE TABLE attempts (
    job TEXT NOT NULL REFERENCES jobs(id), number INTEGER NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL DEFAULT '',
    seconds REAL, PRIMARY KEY (job, number)
);
CREATE UNIQUE INDEX done_once ON attempts(job) WHERE state = 'done';
CREATE TABLE driver (
    one INTEGER PRIMARY KEY CHECK (one = 1), paused INTEGER NOT NULL, owner TEXT NOT NULL, file TEXT NOT NULL
);
INSERT INTO driver VALUES (1, 0, '', '');
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True)
class Record:
    """What the ledger says of a job.

    Args:
        job: the job.
        state: ``queued`` (begun or not), ``running``, ``done``, ``failed`` or ``cancelled``.
        attempts: how often it was started.
        failures: how many of them failed since it was last queued by hand.
        error: of the last failure.
    """

    job: Job
    state: State
    attempts: int
    failures: int
    error: str


class Ledger:
    """The ledger of a batch. Each process opens its own.

    Args:
        folder: of the batch.
        create: make the folder and the ledger where they are missing.

    Raises:
        InputError: there is none, it is damaged, or the disk is full or refuses.
    """

    def __init__(self, folder: Path, create: bool = False) -> None:
        self.folder, self.path = folder, folder / FILE
        if create:
            make_folder(folder)
        elif not self.path.is_file():
            raise InputError(f"{folder} is not the folder of a batch: it has no {FILE}")
        with self._telling():
            self._db = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        with self._telling():
            self._db.execute("PRAGMA synchronous = FULL")
        if self._version() == 0:
            with self._change():
                if self._version() == 0:  # nobody was quicker
                    for statement in SCHEMA.split(";\n"):
                        self._db.execute(statement)
        if self._version() != VERSION:
            raise InputError(f"{self.path} is of version {self._version()}; this program reads version {VERSION}")

    def _version(self) -> int:
        return int(self._rows("PRAGMA user_version")[0][0])

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turns what the database cannot do into one line."""
        try:
            yield
        except sqlite3.Error as error:
            raise InputError(f"cannot write {self.path}: {error}") from error

    @contextmanager
    def _change(self) -> Iterator[None]:
        """One transaction, which no other process sees a part of."""
        with self._telling():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._telling(), closing(self._db.execute(query, values)) as found:
            rows: list[tuple[Any, ...]] = found.fetchall()
            return rows

    # What the driver does.

    @contextmanager
    def driving(self) -> Iterator[None]:
        """Keeps other drivers away; the system lets go of the lock of one that dies.

        Raises:
            InputError: another one is at work.
        """
        with writing(self.folder):
            lock = FileLock(self.folder / LOCK, timeout=0)
            try:
                lock.acquire()
            except Timeout as error:
                raise InputError(f"{self.folder} is being worked on by {self.owner() or 'another driver'}") from error
        try:
            owner = f"process {os.getpid()} on {socket.gethostname()}"
            with self._change():
                self._db.execute("UPDATE driver SET paused = 0, owner = ?", (owner,))
            yield
        finally:
            lock.release()

    def enter(self, jobs: Sequence[Job], file: str = "") -> None:
        """Makes the jobs those of the batch: new ones are queued, and failed ones again; others stay as they are.

        What was running under a driver that is gone is queued, too.

        Args:
            jobs: all that are asked for.
            file: the jobs file that asks for them.

        Raises:
            InputError: the ledger is that of another jobs file and has none of these jobs.
        """
        with self._change():
            known = {row[0] for row in self._db.execute("SELECT id FROM jobs")}
            (before,) = self._db.execute("SELECT file FROM driver").fetchone()
            if known and before not in ("", file) and not known & {job.id for job in jobs}:
                raise InputError(f"{self.folder} is the batch of {before}; give this one another output=...")
            self._db.execute("UPDATE driver SET file = ?", (file,))
            self._db.execute("UPDATE attempts SET state = 'interrupted' WHERE state = 'running'")
            self._db.execute("UPDATE jobs SET state = 'cancelled' WHERE state = 'running' AND cancel")
            self._db.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'")
            self._db.execute("UPDATE jobs SET asked = 0")
            for number, job in enumerate(jobs):
                self._db.execute(
                    "INSERT INTO jobs (id, number, job) VALUES (?, ?, ?) "
                    "ON CONFLICT (id) DO UPDATE SET number = excluded.number, job = excluded.job, asked = 1",
                    (job.id, number, json.dumps(job.data())),
                )
            self._db.execute("UPDATE jobs SET state = 'queued', failures = 0 WHERE state = 'failed' AND asked")

    def queued(self) -> list[str]:
        """The ids of jobs that wait, those that failed least often first."""
        return [
            row[0]
            for row in self._rows("SELECT id FROM jobs WHERE state = 'queued' AND asked ORDER BY failures, number")
        ]

    def job(self, number: str) -> Job:
        """The job of an id."""
        return Job.of(json.loads(self._rows("SELECT job FROM jobs WHERE id = ?", number)[0][0]))

    def begin(self, job: str) -> None:
        """Records that a job is started."""
        with self._change():
            self._db.execute(
                "UPDATE jobs SET state = 'running', attempts = attempts + 1, cancel = 0 WHERE id = ?", (job,)
            )
            self._db.execute(
                "INSERT INTO attempts (job, number, state) SELECT id, attempts, 'running' FROM jobs WHERE id = ?",
                (job,),
            )

    def end(self, job: str, state: State, error: str = "", seconds: float | None = None) -> None:
        """Records how an attempt ended that did not fail.

        Args:
            job: its id.
            state: ``done``, ``cancelled``, or ``queued`` where it goes on later.
            error: why it stopped, where nobody asked it to.
            seconds: that the attempt took.
        """
        with self._change():
            self._db.execute("UPDATE jobs SET state = ?, cancel = 0 WHERE id = ? AND state = 'running'", (state, job))
            self._end_attempt(job, "interrupted" if state == "queued" else state, error, seconds)

    def fail(self, job: str, error: str, retries: int, seconds: float | None = None) -> int:
        """Records that an attempt failed; the job is queued again, or failed where it has no attempt left.

        Args:
            job: its id.
            error: why.
            retries: attempts that it has after the first one.
            seconds: that the attempt took.

        Returns:
            How many attempts it has left.
        """
        with self._change():
            failures = int(self._db.execute("SELECT failures FROM jobs WHERE id = ?", (job,)).fetchone()[0]) + 1
            state = "queued" if failures <= retries else "failed"
            self._db.execute(
                "UPDATE jobs SET state = ?, failures = ?, error = ?, cancel = 0 WHERE id = ? AND state = 'running'",
                (state, failures, error, job),
            )
            self._end_attempt(job, "failed", error, seconds)
        return max(0, retries + 1 - failures)

    def _end_attempt(self, job: str, state: str, error: str, seconds: float | None) -> None:
        self._db.execute(
            "UPDATE attempts SET state = ?, error = ?, seconds = ? WHERE job = ? AND state = 'running'",
            (state, error, seconds, job),
        )

    def found_undone(self, job: str) -> None:
        """Queues a job that was done, but whose results are gone."""
        with self._change():
            self._db.execute("UPDATE jobs SET state = 'queued' WHERE id = ? AND state = 'done'", (job,))
            self._db.execute("UPDATE attempts SET state = 'gone' WHERE job = ? AND state = 'done'", (job,))

    # What other terminals ask for.

    def pause(self, paused: bool) -> None:
        """Asks the driver to stop all jobs after their step, or to go on."""
        with self._change():
            self._db.execute("UPDATE driver SET paused = ?", (paused,))

    def cancel(self, which: str = "") -> int:
        """Cancels a job, or all that are not done; returns how many."""
        ids = self._ids(
            which, "state IN ('queued', 'running', 'failed')" if which else "state IN ('queued', 'running')"
        )
        with self._change():
            for job in ids:
                self._db.execute("UPDATE jobs SET cancel = 1 WHERE id = ? AND state = 'running'", (job,))
                self._db.execute(
                    "UPDATE jobs SET state = 'cancelled' WHERE id = ? AND state IN ('queued', 'failed')", (job,)
                )
        return len(ids)

    def retry(self, which: str = "failed") -> int:
        """Queues jobs again: those that are ``failed`` or ``cancelled``, or one; returns how many."""
        if which in ("failed", "cancelled"):
            ids = [row[0] for row in self._rows("SELECT id FROM jobs WHERE asked AND state = ?", which)]
        else:
            ids = self._ids(which, "state IN ('failed', 'cancelled')")
        with self._change():
            for job in ids:
                self._db.execute(
                    "UPDATE jobs SET state = 'queued', failures = 0, error = '' "
                    "WHERE id = ? AND state IN ('failed', 'cancelled')",
                    (job,),
                )
        return len(ids)

    def _ids(self, which: str, where: str) -> list[str]:
        """The ids of a job by its id, its name or its folder, or of all jobs; of them those where something holds."""
        records = self.records()
        names = {word: r.job.id for r in records for word in (r.job.name, r.job.folder, r.job.id)}
        if which and which not in names:
            raise InputError(f"{self.folder} has no job {short(which)}{suggestion(which, names)}")
        fits = {row[0] for row in self._rows(f"SELECT id FROM jobs WHERE asked AND {where}")}
        if which and names[which] not in fits:
            (state,) = (record.state for record in records if record.job.id == names[which])
            raise InputError(f"job {short(which)} is {state}")
        return [names[which]] if which else sorted(fits)

    # What anybody reads.

    def paused(self) -> bool:
        """True if the batch is asked to pause."""
        return bool(self._rows("SELECT paused FROM driver")[0][0])

    def cancelling(self) -> list[str]:
        """Running jobs that are asked to be cancelled."""
        return [row[0] for row in self._rows("SELECT id FROM jobs WHERE state = 'running' AND cancel")]

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state."""
        found = dict(self._rows("SELECT state, COUNT(*) FROM jobs WHERE asked GROUP BY state"))
        return {state: found.get(state, 0) for state in STATES}

    def records(self) -> list[Record]:
        """All jobs that are asked for, in the order of the jobs file."""
        rows = self._rows("SELECT job, state, attempts, failures, error FROM jobs WHERE asked ORDER BY number")
        return [Record(Job.of(json.loads(text)), *rest) for text, *rest in rows]

    def file(self) -> str:
        """The jobs file that it was made of last."""
        return str(self._rows("SELECT file FROM driver")[0][0])

    def owner(self) -> str:
        """The process that drives or drove the batch last."""
        return str(self._rows("SELECT owner FROM driver")[0][0])

    def is_driven(self) -> bool:
        """True if a driver is at work."""
        lock = FileLock(self.folder / LOCK, timeout=0)
        with writing(self.folder):
            try:
                lock.acquire()
            except Timeout:
                return True
        lock.release()
        return False

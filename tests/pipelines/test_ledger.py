"""The ledger: a job is recorded once, and whoever is killed while writing has written nothing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from batches import attempts

from limn.errors import InputError
from pipelines.batch.job import Job, Limits, Resources
from pipelines.batch.ledger import FILE, Ledger

JOBS = [Job(name, f"job {name}", name, "recipe: draw", {}, Resources(gpus=0, cpus=1), Limits()) for name in "abc"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Ledger(tmp_path, create=True) as ledger:
        ledger.enter(JOBS, "jobs.yaml")
    return tmp_path


def test_a_job_is_done_once(folder: Path) -> None:
    with Ledger(folder) as ledger:
        ledger.begin("a")
        for _ in range(2):  # as two messages of one job would
            ledger.end("a", "done")
        ledger.fail("a", "too late", retries=0)
        assert [record.state for record in ledger.records()] == ["done", "queued", "queued"]
        assert ledger.records()[0].job == JOBS[0]
    with closing(sqlite3.connect(folder / FILE)) as file, pytest.raises(sqlite3.IntegrityError):
        file.execute("INSERT INTO attempts (job, number, state) VALUES ('a', 2, 'done')")
    assert attempts(folder) == {"a": ["done"]}


def test_what_fails_waits_behind_the_others_until_it_has_no_attempt_left(folder: Path) -> None:
    with Ledger(folder) as ledger:
        ledger.begin("a")
        assert ledger.fail("a", "first", retries=1) == 1
        assert ledger.queued() == ["b", "c", "a"]
        ledger.begin("a")
        assert ledger.fail("a", "second", retries=1) == 0
        assert ledger.queued() == ["b", "c"]
        record = ledger.records()[0]
        assert (record.state, record.attempts, record.failures, record.error) == ("failed", 2, 2, "second")
        ledger.enter(JOBS[:2], "jobs.yaml")
        assert ledger.queued() == ["a", "b"]
        assert sum(ledger.counts().values()) == 2


def test_what_ran_under_a_driver_that_is_gone_is_queued(folder: Path) -> None:
    with Ledger(folder) as ledger:
        for job in ("a", "b"):
            ledger.begin(job)
        ledger.cancel("job b")
        assert ledger.cancelling() == ["b"]
        ledger.enter(JOBS, "jobs.yaml")
        assert [record.state for record in ledger.records()] == ["queued", "cancelled", "queued"]
    assert attempts(folder) == {"a": ["interrupted"], "b": ["interrupted"]}


def test_a_process_that_is_killed_while_it_writes_has_written_nothing(folder: Path) -> None:
    code = f"""if True:
        import os, signal, sqlite3
        ledger = sqlite3.connect({str(folder / FILE)!r}, isolation_level=None)
        ledger.execute("PRAGMA cache_size = 1")  # what does not fit is on the disk before the end
        ledger.execute("BEGIN IMMEDIATE")
        for number in range(2000):
            ledger.execute("INSERT INTO attempts (job, number, state) VALUES ('b', ?, 'failed')", (number,))
        ledger.execute("UPDATE jobs SET state = 'done'")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert (folder / f"{FILE}-journal").exists()
    with Ledger(folder) as ledger:
        assert ledger.queued() == ["a", "b", "c"]
    assert attempts(folder) == {}


def test_several_write_at_once(folder: Path) -> None:
    def work(job: str) -> None:
        with Ledger(folder) as ledger:
            for _ in range(10):
                ledger.begin(job)
                ledger.end(job, "queued")

    threads = [threading.Thread(target=work, args=(job.id,)) for job in JOBS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert attempts(folder) == {job.id: ["interrupted"] * 10 for job in JOBS}


def test_a_ledger_of_another_version_is_refused(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as file:
        file.execute("PRAGMA user_version = 7")
    with pytest.raises(InputError, match=r"ledger\.sqlite is of version 7; this program reads version 1"):
        Ledger(folder)

"""Workers and drivers that are killed: every job is done, recorded once, and as if nobody had been killed."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from batches import attempts, errors, results, write_jobs
from warm import Python

from pipelines import run_batch
from pipelines.batch.ledger import FILE, Ledger
from pipelines.cli.main import main

JOBS = 8


def done(batch: Path) -> int:
    """How many jobs are recorded as done."""
    if not (batch / FILE).exists():
        return 0
    with Ledger(batch) as ledger:
        return ledger.counts()["done"]


def wait_for(process: Python, batch: Path, jobs: int) -> None:
    while done(batch) < jobs:
        assert process.poll() is None, process.end()
        time.sleep(0.02)


def kill_a_worker(batch: Path, driver: int) -> None:
    """Kills the process of a job that runs."""
    while True:
        running = []
        for file in batch.glob("*/status.json"):
            status = json.loads(file.read_text())
            if status["state"] == "running" and status["pid"] != driver and Path(f"/proc/{status['pid']}").exists():
                running.append(status["pid"])
        if running:
            os.kill(random.choice(running), signal.SIGKILL)
            return
        time.sleep(0.01)


def test_nothing_is_lost_or_done_twice(
    tmp_path: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    slow = {"slow": {"loss": "pixels:Slow", "seconds": 0.02}}
    settings |= {"best_of": 1, "steps": 12, "checkpoint_every": 3, "losses": settings["losses"] | slow}
    (tmp_path / "killed").mkdir()
    jobs = write_jobs(tmp_path / "killed", settings, seeds=JOBS, launcher={"local": {"workers": 2, "cpus": 2}})
    batch = tmp_path / "killed" / "out" / "jobs"

    driver = Python("run.py", "batch", jobs)
    wait_for(driver, batch, 1)
    kill_a_worker(batch, driver.pid)
    wait_for(driver, batch, 3)
    time.sleep(random.uniform(0, 0.3))
    driver.kill()
    driver.end()
    assert main(["batch", str(jobs), "launcher.local.workers=1"]) == 0
    assert capsys.readouterr().out.splitlines() == [str(batch), f"{JOBS} of {JOBS} jobs done"]

    ends = attempts(batch)
    assert len(ends) == JOBS
    assert all(each.count("done") == 1 and each[-1] == "done" for each in ends.values())
    assert sum(each.count("failed") for each in ends.values()) == 1
    assert "killed by SIGKILL" in errors(batch)
    assert sum(each.count("interrupted") for each in ends.values()) in (1, 2)

    (tmp_path / "left").mkdir()
    alone = write_jobs(tmp_path / "left", settings, seeds=JOBS, launcher="inline")
    assert run_batch(alone).folder == tmp_path / "left" / "out" / "jobs"
    assert results(batch) == results(tmp_path / "left" / "out" / "jobs")

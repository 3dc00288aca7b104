"""Workers on this machine: what they do at once, what becomes of them, and what another terminal may ask."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from batches import attempts, errors, results, write_jobs

from limn.files import process_exists
from pipelines import run_batch
from pipelines.batch.display import Lines, Progress, Running, Table, display_for
from pipelines.batch.job import Job, Limits, Resources
from pipelines.batch.launchers.slots import Slots
from pipelines.batch.ledger import FILE, Ledger
from pipelines.cli.main import main
from pipelines.runs.status import read_status


def job(**resources: Any) -> Job:
    return Job("0", "job", "job", "", {}, Resources(**{"gpus": 0, "cpus": 1, **resources}), Limits())


def test_jobs_share_gpus_cores_and_memory() -> None:
    slots = Slots(4, 8, ["3", "5"])
    quarter, whole, both = job(gpus=0.25), job(gpus=1), job(gpus=2)
    assert slots.find(both) == ("3", "5")
    slots.take(quarter, ("3",))
    assert slots.find(both) is None
    assert slots.find(quarter) == ("3",)  # the whole one stays whole
    assert slots.find(whole) == ("5",)
    slots.take(whole, ("5",))
    for _ in range(2):
        slots.take(quarter, ("3",))
    assert slots.find(job(gpus=0)) is None  # no core is left
    slots.give_back(whole, ("5",))
    assert slots.find(job(gpus=0)) == ()
    assert slots.find(job(gpus=0.5)) == ("5",)
    assert slots.find(job(memory=9)) is None
    assert slots.refusal(job(memory=9)) == "resources.memory: it needs 9 GB; there are 8"
    assert slots.refusal(job(gpus=3)) == "resources.gpus: it needs 3 GPUs; there are 2"
    assert slots.refusal(both) == ""


def wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_workers_that_crash_or_hang_are_replaced(tmp_path: Path, settings: dict[str, Any]) -> None:
    small = settings | {"best_of": 1, "steps": 8, "checkpoint_every": 2}
    slow = {"loss": "pixels:Slow", "seconds": 0.25}

    def mishap(kind: str) -> dict[str, Any]:
        return {"loss": "pixels:Mishap", "at": 5, "kind": kind, "unless": str(tmp_path / kind)}

    rows = [
        {"losses.odd": mishap("crash")},
        {"losses.odd": mishap("hang"), "limits": {"silence": 6, "retries": 5}},
        {"losses.slow": slow, "limits": {"time": 1.1, "retries": 5}},
        *({"seed": seed} for seed in range(5, 10)),
    ]
    local = {"local": {"workers": 2, "cpus": 2, "renew": 3}}
    batch = run_batch(write_jobs(tmp_path, small, list=rows, launcher=local))
    ends = attempts(batch.folder)
    crashed, hung, slowed, *others = (ends[record.job.id] for record in batch.records)
    assert crashed == ["failed", "done"]
    assert (hung[0], hung[-1]) == ("failed", "done")
    assert slowed[-1] == "done" and 1 <= slowed.count("failed") <= 3
    assert others == [["done"]] * 5
    said = errors(batch.folder)
    for line in ("its worker died, killed by SIGSEGV; see ", "no sign of life for 6 s", "longer than 1.1 s"):
        assert line in said
    assert "checkpoint" not in said


def test_other_terminals_may_pause_cancel_and_resume(
    tmp_path: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    slow = {"slow": {"loss": "pixels:Slow", "seconds": 0.02}}
    long = settings | {"best_of": 1, "steps": 2000, "losses": settings["losses"] | slow}
    rows = [{"steps": 12, "name": "first"}, {"name": "long"}, {"steps": 11, "name": "other"}]
    file = write_jobs(tmp_path, long, list=rows, launcher={"local": {"workers": 1}})
    place = tmp_path / "out" / "jobs"
    made: list[Any] = []
    driver = threading.Thread(target=lambda: made.append(run_batch(file)))
    driver.start()
    try:
        wait((place / FILE).exists)
        ledger = Ledger(place)
        wait(lambda: len(ledger.records()) == 3)
        _, long_one, _ = ledger.records()
        folder = place / long_one.job.folder
        wait(lambda: read_status(folder).step > 0)
        pid = read_status(folder).pid
        assert main(["batch", "pause", str(place)]) == 0
        wait(lambda: ledger.counts()["running"] == 0)
        assert (read_status(folder).state, ledger.counts()["queued"]) == ("interrupted", 2)
        assert (folder / "drawing.png").is_file()
        assert main(["batch", "status", str(place)]) == 0
        assert "1 of 3 jobs done, 2 queued, paused" in capsys.readouterr().out
        assert main(["batch", "resume", str(place)]) == 0
        wait(lambda: ledger.counts()["running"] == 1)
        assert main(["batch", "cancel", str(place), "long"]) == 0
        driver.join(60)
        assert made
    finally:
        if (place / FILE).exists():
            with Ledger(place) as ledger:
                ledger.cancel()
        driver.join()
    (batch,) = made
    assert [record.state for record in batch.records] == ["done", "cancelled", "done"]
    assert attempts(place)[long_one.job.id] == ["interrupted", "cancelled"]
    assert not process_exists(pid)


def test_ctrl_c_lets_workers_stop_and_inline_goes_on_to_the_same_bytes(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    slow = {"slow": {"loss": "pixels:Slow", "seconds": 0.02}}
    long = settings | {"best_of": 1, "steps": 60, "losses": settings["losses"] | slow}
    (tmp_path / "stopped").mkdir()
    file = write_jobs(tmp_path / "stopped", long, seeds=2, launcher={"local": {"workers": 1}})
    place = tmp_path / "stopped" / "out" / "jobs"

    def press() -> None:
        wait(lambda: any(read_status(file.parent).step > 0 for file in place.glob("*/status.json")))
        os.kill(os.getpid(), signal.SIGINT)

    pressing = threading.Thread(target=press)
    pressing.start()
    assert main(["batch", str(file)]) == 130
    pressing.join()
    assert list(attempts(place).values()) == [["interrupted"]]
    assert main(["batch", str(file), "launcher=inline"]) == 0
    (tmp_path / "whole").mkdir()
    whole = run_batch(write_jobs(tmp_path / "whole", long, seeds=2, launcher="inline"))
    assert results(place) == results(whole.folder)


def test_a_job_that_never_has_room_is_refused(
    tmp_path: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_jobs(tmp_path, settings, resources={"cpus": 3}, launcher={"local": {"cpus": 2}})
    assert main(["batch", str(file)]) == 2
    assert "launcher local: resources.cpus: it needs 3 cores; there are 2" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_on_a_terminal_and_lines_elsewhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    running = [Running("a cat-3", "fine", 40, 120, 95), Running("a dog-1", "", 0, 0, 2)]
    progress = Progress({"queued": 5, "running": 2, "done": 3, "failed": 1, "cancelled": 0}, running, 7300, False)
    line = "3 of 11 jobs done, 5 queued, 2 running, 1 failed, about 2.0 h left"
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "120")
    table = display_for(blocks=False)
    assert isinstance(table, Table)
    table.update(lambda: progress)
    table.close()
    for text in (line, "a cat-3", "fine", "40 of 120", "2 min", "a dog-1"):
        assert text in screen.getvalue()
    assert isinstance(display_for(blocks=True), Lines)
    with caplog.at_level("INFO", "limn"):
        Lines(seconds=0).update(lambda: progress)
        Lines(seconds=100).update(lambda: progress)
    assert caplog.messages == [line]

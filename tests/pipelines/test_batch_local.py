"""Workers on this machine: what they do at once, what becomes of them, and what another terminal may ask."""

from __future__ import annotations

import io
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from batches import attempts, errors, results, write_jobs

from limn.files import process_exists
from pipelines import run_batch
from pipelines.batch.display import Lines, Progress, Running, Table, display_for
from pipelines.batch.job import Job, Limits, Resources
from pipelines.batch.launchers.local import Local
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


def test_a_worker_sees_the_gpus_of_its_job_alone(tmp_path: Path) -> None:
    local = Local(tmp_path)
    local.slots = Slots(4, 8, ["3", "5"])
    seen = []
    try:
        for number, gpus in enumerate((0.5, 0.5, 1, 0)):
            one = replace(job(gpus=gpus, cpus=1), id=str(number))
            assert local.has_room(one)
            local.start(one)
            environment = Path(f"/proc/{local._busy[one.id]._process.pid}/environ").read_text().split("\0")
            seen += [line for line in environment if line.startswith("CUDA_VISIBLE_DEVICES=")]
    finally:
        local.close()
    assert seen == [f"CUDA_VISIBLE_DEVICES={devices}" for devices in ("3", "3", "5", "")]


def wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_workers_that_crash_or_hang_are_replaced(tmp_path: Path, settings: dict[str, Any]) -> None:
    small = settings | {"best_of": 1, "steps": 8, "checkpoint_every": 2, "preview_every": 8}
    slow = {"loss": "pixels:Slow", "seconds": 0.25}

    def mishap(kind: str) -> dict[str, Any]:
        return {"loss": "pixels:Mishap", "at": 5, "kind": kind, "unless": str(tmp_path / kind)}

    rows = [
        {"losses.odd": mishap("crash")},
        {"losses.odd": mishap("hang"), "limits": {"silence": 6, "retries": 5}},
        {"losses.slow": slow, "limits": {"time": 1.1, "retries": 5}},
        *({"seed": seed} for seed in range(5, 8)),
    ]
    local = {"local": {"workers": 2, "cpus": 2, "renew": 5}}
    batch = run_batch(write_jobs(tmp_path, small, list=rows, launcher=local))
    ends = attempts(batch.folder)
    crashed, hung, slowed, *others = (ends[record.job.id] for record in batch.records)
    assert crashed == ["failed", "done"]
    assert (hung[0], hung[-1]) == ("failed", "done")
    assert slowed[-1] == "done" and 1 <= slowed.count("failed") <= 3
    assert others == [["done"]] * 3
    said = errors(batch.folder)
    for line in ("its worker died, killed by SIGSEGV; see ", "no sign of life for 6 s", "longer than 1.1 s"):
        assert line in said
    assert "checkpoint" not in said


def test_what_other_terminals_and_ctrl_c_ask_for(
    tmp_path: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """One batch: a job is stopped by pause and cancelled, the next by Ctrl-C; inline goes on to the same bytes."""
    slow = {"slow": {"loss": "pixels:Slow", "seconds": 0.02}}
    slowly = settings | {"best_of": 1, "steps": 2000, "losses": settings["losses"] | slow}
    rows = [{"steps": 4, "name": "first"}, {"name": "long"}, {"steps": 80, "name": "last"}]
    (tmp_path / "stopped").mkdir()
    file = write_jobs(tmp_path / "stopped", slowly, list=rows, launcher={"local": {"workers": 1}})
    place = tmp_path / "stopped" / "out" / "jobs"
    faults: list[BaseException] = []

    def ask() -> None:
        wait((place / FILE).exists)
        with Ledger(place) as ledger:
            wait(lambda: len(ledger.records()) == 3)
            _, long, last = (place / record.job.folder for record in ledger.records())
            wait(lambda: read_status(long).step > 0)
            assert main(["batch", "pause", str(place)]) == 0
            wait(lambda: ledger.counts()["running"] == 0)
            assert (read_status(long).state, ledger.counts()["queued"]) == ("interrupted", 2)
            assert (long / "drawing.png").is_file()
            assert main(["batch", "status", str(place)]) == 0
            assert main(["batch", "resume", str(place)]) == 0
            wait(lambda: ledger.counts()["running"] == 1)
            assert main(["batch", "cancel", str(place), "long"]) == 0
            wait(lambda: read_status(last).step > 0)

    def ask_and_interrupt() -> None:
        try:
            ask()
        except BaseException as error:
            faults.append(error)
        os.kill(os.getpid(), signal.SIGINT)

    other = threading.Thread(target=ask_and_interrupt)
    other.start()
    assert main(["batch", str(file)]) == 130
    other.join()
    assert faults == []
    said = capsys.readouterr().out
    assert "1 of 3 jobs done, 2 queued, paused\n" in said
    assert said.endswith("1 of 3 jobs done, 1 cancelled, 1 queued\n")
    with Ledger(place) as ledger:
        records = ledger.records()
    ends = attempts(place)
    assert [ends[record.job.id] for record in records] == [["done"], ["interrupted", "cancelled"], ["interrupted"]]
    assert not process_exists(read_status(place / records[2].job.folder).pid)

    assert main(["batch", str(file), "launcher=inline"]) == 0
    (tmp_path / "whole").mkdir()
    whole = run_batch(write_jobs(tmp_path / "whole", slowly, list=[rows[0], rows[2]], launcher="inline")).folder
    shutil.rmtree(place / records[1].job.folder)
    assert results(place) == results(whole)


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

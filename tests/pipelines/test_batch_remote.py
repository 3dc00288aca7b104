"""Other machines, as far as one machine shows them: a cluster of submitit's processes, and storage instead of a folder.

`benchmarks/clusters.py` does the same with a Ray cluster of two nodes.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import ray_stand_in
from batches import attempts, results, write_jobs
from batches import errors as said

from limn.errors import InputError
from pipelines import run_batch
from pipelines.batch import driver
from pipelines.batch.job import Job
from pipelines.batch.jobs import jobs_of, read_jobs_file
from pipelines.batch.launchers import slurm
from pipelines.batch.launchers.launcher import LAUNCHERS, Event
from pipelines.batch.launchers.ray import WAITING, Ray
from pipelines.batch.launchers.remote import MOST, STORED, Remote
from pipelines.batch.mirror import stored_status
from pipelines.batch.storage import Storage
from pipelines.batch.work import carry_out
from pipelines.loop.checkpoint import INDEX
from pipelines.runs.lock import locked
from pipelines.runs.status import Status, read_status, release, write_status


def test_jobs_of_a_cluster_are_those_of_inline(tmp_path: Path, settings: dict[str, Any]) -> None:
    file = write_jobs(tmp_path, settings, seeds=1)
    made = run_batch(file, launcher={"slurm": {"cluster": "local", "most": 1}})
    assert list(attempts(made.folder).values()) == [["done"]]
    whole = run_batch(file, launcher="inline", output=str(tmp_path / "whole"))
    assert results(made.folder) == results(whole.folder)


def test_a_job_whose_process_ends_without_a_result_has_failed(
    tmp_path: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))  # a machine whose Python does not start
    file = write_jobs(tmp_path, settings, seeds=1, limits={"retries": 1})
    made = run_batch(file, launcher={"slurm": {"cluster": "local"}})
    assert list(attempts(made.folder).values()) == [["failed", "failed"]]
    assert "it ended without a result; see" in said(made.folder)


def test_a_job_whose_time_is_over_is_queued_by_slurm_and_goes_on_from_its_checkpoint(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    stop = {"stop": {"loss": "pixels:Interruption", "at": 12, "signal": "SIGUSR2"}}
    file = write_jobs(tmp_path, settings | {"losses": settings["losses"] | stop}, seeds=1)
    (job,) = jobs_of(read_jobs_file(file))
    requeued: list[int] = []
    before = signal.signal(signal.SIGUSR2, lambda number, frame: requeued.append(number))  # as submitit does
    try:
        sent = slurm.Delivery(job, tmp_path)
        assert sent() == Event(job.id, "interrupted")
        assert requeued == [signal.SIGUSR2]
        again = sent.checkpoint()
        assert pickle.loads(pickle.dumps(again.function)) == sent
        assert json.loads((tmp_path / job.folder / "checkpoint" / INDEX).read_text())["numbers"]["index"] == 13
        assert again.result() == Event(job.id, "done")
        assert requeued == [signal.SIGUSR2]
    finally:
        signal.signal(signal.SIGUSR2, before)


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setitem(sys.modules, "ray", ray_stand_in)
    monkeypatch.setattr(driver, "BACK_OFF", 0.0)
    ray_stand_in.losses.clear()
    return ray_stand_in


def test_what_ray_loses_is_queued_again(tmp_path: Path, settings: dict[str, Any], ray: ModuleType) -> None:
    errors = ray.exceptions
    ray.losses |= {
        "0": [errors.NodeDiedError("The node died. More of it."), errors.TaskCancelledError()],
        "1": [errors.OutOfMemoryError("Too much. More of it."), errors.RayTaskError()],
    }
    rows = [{"seed": 0}, {"seed": 1}, {"seed": 2, "resources.gpus": 0.25, "resources.memory": 2}]
    file = write_jobs(tmp_path, settings, list=rows, name="{seed}", launcher={"ray": {"renew": 7}})
    made = run_batch(file)
    ends = attempts(made.folder)
    assert [ends[record.job.id] for record in made.records] == [
        ["interrupted", "interrupted", "done"],
        ["failed", "failed", "done"],
        ["done"],
    ]
    assert sorted(filter(None, said(made.folder).splitlines())) == [
        "The node died",
        "Too much",
        "no module named 'own'",
    ]
    assert ray.needed["0"] == {"max_calls": 7, "num_cpus": 1, "num_gpus": 0, "memory": 0}
    assert ray.needed["2"] == {"max_calls": 1, "num_cpus": 1, "num_gpus": 0.25, "memory": 2_000_000_000}


def test_a_job_on_ray_is_stopped(job: Job, tmp_path: Path, ray: ModuleType) -> None:
    launcher = Ray(tmp_path)
    launcher.start(job)
    assert launcher.poll(0) == [Event(job.id, "started")]
    launcher.stop(job.id)
    assert launcher.poll(0) == [Event(job.id, "interrupted")]
    assert launcher.poll(0) == []


def test_few_jobs_wait_at_ray(job: Job, tmp_path: Path, ray: ModuleType) -> None:
    launcher = Ray(tmp_path)
    for number in range(WAITING):
        assert launcher.has_room(job)
        launcher.start(replace(job, id=str(number)))
    assert not launcher.has_room(job)
    launcher.poll(0)
    assert launcher.has_room(job)


def test_what_storage_has_is_not_done_again(
    tmp_path: Path, settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    url = f"memory://{tmp_path.name}"
    file = write_jobs(tmp_path, settings, seeds=2, launcher="inline", storage=url)
    first = run_batch(file)
    storage = Storage(url)
    for record in first.records:
        drawing = storage.read(f"{record.job.folder}/drawing.svg")
        assert drawing == (first.folder / record.job.folder / "drawing.svg").read_bytes()
        assert stored_status(url, record.job.folder) == read_status(first.folder / record.job.folder)
    caplog.clear()
    second = run_batch(file, output=str(tmp_path / "elsewhere"))
    assert [record.state for record in second.records] == ["done", "done"]
    assert "wrote" not in caplog.text
    assert results(second.folder) == results(first.folder)


@pytest.fixture
def job(tmp_path: Path, settings: dict[str, Any]) -> Job:
    file = write_jobs(tmp_path, settings, seeds=1, storage=f"memory://{tmp_path.name}/jobs")
    return jobs_of(read_jobs_file(file))[0]


def test_a_machine_that_lends_a_hand_keeps_nothing(job: Job, tmp_path: Path) -> None:
    batch = tmp_path / "another machine"
    assert carry_out(job, batch) == Event(job.id, "done")
    assert not (batch / job.folder).exists()
    assert Storage(job.storage).read(f"{job.folder}/drawing.svg")


def test_a_run_that_another_process_has_is_no_failure(job: Job, tmp_path: Path) -> None:
    folder = job.prepare(tmp_path)
    with locked(folder):
        event = carry_out(job, tmp_path)
    assert (event.kind, event.error) == (
        "interrupted",
        f"{folder} is being run by process {os.getpid()} on {os.uname()[1]}",
    )


class Nowhere(Remote):
    """Machines that carry nothing out."""

    def has_room(self, job: Job) -> bool:
        return True

    def start(self, job: Job) -> None: ...

    def poll(self, seconds: float) -> list[Event]:
        return []

    def stop(self, job: str, now: bool = False) -> None: ...

    def close(self) -> None: ...


def test_a_job_that_ends_its_machines_is_found_out(job: Job, tmp_path: Path) -> None:
    launcher, folder = Nowhere(tmp_path), job.prepare(tmp_path)
    for _ in range(MOST):
        write_status(folder, Status("running"))
        assert launcher.setback(job, "gone") == Event(job.id, "interrupted", "gone")
        assert read_status(folder).state == "interrupted"
    assert launcher.setback(job, "gone") == Event(job.id, "lost", f"gone, {MOST + 1} times in a row")
    launcher.setback(job, "gone")
    launcher.returned(job, Event(job.id, "failed", "of its own"))
    for _ in range(MOST):
        assert launcher.setback(job, "gone").kind == "interrupted"


def test_results_that_lie_only_in_storage_are_known(job: Job, tmp_path: Path) -> None:
    there, launcher = tmp_path / "there", Nowhere(tmp_path / "here")
    assert carry_out(job, there).kind == "done"
    assert launcher.status(job).state == "done"
    assert not launcher.finished(job)
    assert launcher.returned(job, Event(job.id, "done")) == Event(job.id, "done")
    assert launcher.finished(job)
    assert (tmp_path / "here" / job.folder / STORED).read_text() == f"{job.storage}/{job.folder}\n"


def test_results_that_nobody_can_reach_are_a_failure(job: Job, tmp_path: Path) -> None:
    event = Nowhere(tmp_path).returned(replace(job, storage=""), Event(job.id, "done"))
    assert event.kind == "failed"
    assert event.error == f"its machine does not share {tmp_path}, and there is no storage"


def test_a_released_run_is_free_for_other_machines(job: Job, tmp_path: Path) -> None:
    job = replace(job, storage="")
    folder = job.prepare(tmp_path)
    status = Status("running", pid=1, host="elsewhere", heartbeat=round(time.time(), 1))
    (folder / "status.json").write_text(json.dumps(asdict(status)))
    assert carry_out(job, tmp_path).error.endswith("is being run by process 1 on elsewhere")
    release(folder)
    assert carry_out(job, tmp_path) == Event(job.id, "done")


@pytest.mark.parametrize(("name", "package"), [("ray", "ray"), ("slurm", "submitit")])
def test_a_package_that_is_missing_is_named(
    name: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        InputError, match=rf"launcher '{name}' needs the package {package}: pip install 'limn\[{name}\]'"
    ):
        LAUNCHERS.find(name)(tmp_path)


def test_what_slurm_does_not_know_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"options: unknown key 'acount'; did you mean 'account'\?"):
        slurm.Slurm(tmp_path, options={"acount": "art"}, cluster="local")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="launcher 'slurm': Could not detect \"srun\""):
        slurm.Slurm(tmp_path)

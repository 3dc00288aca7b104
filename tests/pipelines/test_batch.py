"""Batches: what is done again and what is not, whatever gets in the way."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from batches import attempts, errors, write_jobs

from limn.errors import InputError
from pipelines import run_batch
from pipelines.batch.jobs import jobs_of, read_jobs_file
from pipelines.batch.ledger import FILE, Ledger
from pipelines.cli.main import main


@pytest.fixture
def small(settings: dict[str, Any]) -> dict[str, Any]:
    """Runs of two steps."""
    return settings | {"best_of": 1, "steps": 2}


def inline(folder: Path, settings: dict[str, Any], **jobs_file: Any) -> Path:
    return write_jobs(folder, settings, launcher="inline", **jobs_file)


def states(batch: Path) -> list[str]:
    with Ledger(batch) as ledger:
        return [record.state for record in ledger.records()]


def test_only_what_is_missing_is_done(tmp_path: Path, small: dict[str, Any]) -> None:
    file = inline(tmp_path, small, seeds=2)
    first = run_batch(file)
    folders = [first.folder / record.job.folder for record in first.records]
    shutil.rmtree(folders[0])
    (folders[1] / "choices.json").unlink(missing_ok=True)
    more = run_batch(file, seeds=[1, 0, 2])
    assert [record.job.fields["seed"] for record in more.records] == [1, 0, 2]
    ends = attempts(first.folder)
    assert [ends[record.job.id] for record in more.records] == [["done"], ["gone", "done"], ["done"]]
    assert folders[0].is_dir()

    (first.folder / FILE).unlink()  # what is done shows by itself
    again = run_batch(file)
    assert [record.state for record in again.records] == ["done", "done"]
    fewer = run_batch(file, seeds=1)
    assert [record.job.fields["seed"] for record in fewer.records] == [0]
    assert run_batch(file).records == again.records


def test_another_jobs_file_of_the_same_name_is_refused(tmp_path: Path, small: dict[str, Any]) -> None:
    batch = run_batch(inline(tmp_path, small)).folder
    (tmp_path / "other").mkdir()
    other = inline(tmp_path / "other", small | {"steps": 1})
    with pytest.raises(InputError, match=f"{batch} is the batch of {tmp_path}/jobs.yaml; give this one another output"):
        run_batch(other, output=str(tmp_path / "out"))
    assert states(batch) == ["done"]


def test_what_fails_is_tried_again_a_few_times(
    tmp_path: Path, small: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    healed = tmp_path / "healed"
    once = {"loss": "pixels:Mishap", "at": 1, "kind": "defect", "unless": str(tmp_path / "once")}
    always = {"loss": "pixels:Mishap", "at": 1, "kind": "fault"}
    rows = [{}, {"losses.once": once}, {"losses.always": always, "name": "bad one"}]
    file = inline(tmp_path, small, list=rows, limits={"retries": 1})
    assert main(["batch", str(file)]) == 2
    batch = tmp_path / "out" / "jobs"
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(batch)]
    assert "bad one failed: something is wrong; it is tried again, 1 more time at most" in said.err
    assert "bad one failed: something is wrong\n" in said.err
    assert said.err.splitlines()[-1] == f"limn: 1 of 3 jobs failed; limn batch status {batch}"
    assert states(batch) == ["done", "done", "failed"]
    assert sorted(attempts(batch).values()) == [["done"], ["failed", "done"], ["failed", "failed"]]
    assert "RuntimeError: something is broken" in errors(batch)

    assert main(["batch", "status", str(batch)]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert (first, second) == ("2 of 3 jobs done, 1 failed", "nobody is at work")
    assert third == "failed     bad one (2 attempts): something is wrong"

    assert main(["batch", "retry", str(batch)]) == 0
    assert capsys.readouterr().out.startswith("1 jobs queued\n")
    assert main(["batch", "cancel", str(batch), "bad one"]) == 0
    assert main(["batch", "resume", str(batch)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 of 3 jobs done, 1 cancelled"
    assert main(["batch", str(file)]) == 0
    assert main(["batch", "retry", str(batch), "cancelled"]) == 0
    assert main(["batch", str(file)]) == 2
    assert len(max(attempts(batch).values(), key=len)) == 4
    assert not healed.exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["status", "."], "is not the folder of a batch: it has no ledger.sqlite"),
        (["cancel", "out/jobs", "jobz"], "has no job 'jobz'"),
        (["cancel", "out/jobs", "2"], "job '2' is done"),
        (["pause", "out/jobs"], "nobody is at work"),
        (["pause"], "batch pause takes the folder of a batch, got nothing"),
        (["paus", "out/jobs"], "batch: no jobs file or command 'paus'; did you mean 'pause'?"),
        (["jobs.yaml", "out/jobs"], "'out/jobs' is not of the form key=value"),
        ([], "batch takes a jobs file, or status, pause"),
    ],
)
def test_commands_that_make_no_sense(
    words: list[str],
    line: str,
    tmp_path: Path,
    small: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs = jobs_of(read_jobs_file(inline(tmp_path, small, grid={"steps": [1, 2]})))
    with Ledger(tmp_path / "out" / "jobs", create=True) as ledger:
        ledger.enter(jobs)
        ledger.begin(jobs[1].id)
        ledger.end(jobs[1].id, "done")
    monkeypatch.chdir(tmp_path)
    assert main(["batch", *words]) == 2
    assert line in capsys.readouterr().err.splitlines()[-1]


def test_ctrl_c_stops_after_the_step(tmp_path: Path, small: dict[str, Any]) -> None:
    losses = {"losses.stop": {"loss": "pixels:Interruption", "at": 1}}
    file = inline(tmp_path, small | {"steps": 4}, list=[{}, losses, {"steps": 3}])
    assert main(["batch", str(file)]) == 130
    batch = tmp_path / "out" / "jobs"
    assert states(batch) == ["done", "queued", "queued"]
    assert sorted(attempts(batch).values()) == [["done"], ["interrupted"]]
    assert main(["batch", str(file)]) == 0
    assert sorted(attempts(batch).values()) == [["done"], ["done"], ["interrupted", "done"]]


def test_a_second_driver_is_refused(tmp_path: Path, small: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    file = inline(tmp_path, small, seeds=2)
    batch = run_batch(file, seeds=1).folder
    with Ledger(batch) as ledger, ledger.driving():
        for words in ([str(file)], ["status", str(batch)]):
            main(["batch", *words])
        said = capsys.readouterr()
    assert said.err.splitlines()[-1].startswith(f"limn: {batch} is being worked on by process {os.getpid()} on ")
    assert said.out.splitlines()[0] == "1 of 1 jobs done"
    assert said.out.splitlines()[1].endswith(" is at work")
    assert main(["batch", str(file)]) == 0
    assert list(attempts(batch).values()) == [["done"], ["done"]]


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """While active, no file grows beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def without_override() -> Iterator[None]:
    """While active, root may write only what anybody may: the thread lacks CAP_DAC_OVERRIDE."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0
    before = data[0]
    data[0] = before & ~(1 << 1)
    assert libc.capset(header, data) == 0
    try:
        yield
    finally:
        data[0] = before
        assert libc.capset(header, data) == 0


def test_a_disk_that_fills_up_loses_nothing(
    tmp_path: Path, small: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    file = inline(tmp_path, small, seeds=3)
    batch = run_batch(file, seeds=1).folder
    for room in (0, 2000, (batch / FILE).stat().st_size + 100):
        with full_disk(room):
            assert main(["batch", str(file)]) == 2
        said = capsys.readouterr().err.splitlines()
        assert said[-1].startswith("limn: ") and len([line for line in said if line.startswith("limn: ")]) == 1
        assert any("cannot write" in line for line in said)
    assert main(["batch", str(file)]) == 0
    ends = attempts(batch)
    assert [ends[record.job.id][-1] for record in Ledger(batch).records()] == ["done"] * 3
    assert all(each.count("done") == 1 for each in ends.values())


def test_a_folder_that_is_read_only(tmp_path: Path, small: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    file = inline(tmp_path, small, seeds=2)
    batch = run_batch(file, seeds=1).folder
    places = [batch, *batch.rglob("*")]
    for place in places:
        place.chmod(place.stat().st_mode & ~0o222)
    with without_override():
        assert main(["batch", str(file)]) == 2
        assert states(batch) == ["done"]
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"limn: cannot write {batch}")
    for place in places:
        place.chmod(place.stat().st_mode | 0o200)
    assert main(["batch", str(file)]) == 0
    assert list(attempts(batch).values()) == [["done"], ["done"]]


def test_a_clock_that_jumps_changes_nothing(
    tmp_path: Path, small: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = count()
    monkeypatch.setattr(time, "time", lambda: 1e9 + (-1) ** next(number) * 1e8)
    batch = run_batch(inline(tmp_path, small, seeds=3, limits={"time": 100, "silence": 100}))
    assert list(attempts(batch.folder).values()) == [["done"]] * 3


def test_a_launcher_may_be_ones_own(tmp_path: Path, small: dict[str, Any]) -> None:
    code = """\
        from pipelines.batch.launchers.inline import Inline

        class Counted(Inline):
            def __init__(self, folder, most: int = 9):
                super().__init__(folder)
                self.most = most

            def refusal(self, job):
                return "" if len(job.name) <= self.most else "its name is too long"
        """
    (tmp_path / "mine.py").write_text(textwrap.dedent(code))
    file = write_jobs(tmp_path, small, seeds=1, name="a name", launcher={"mine:Counted": {"most": 6}})
    assert [record.state for record in run_batch(file).records] == ["done"]
    with pytest.raises(InputError, match="job 'a long name': launcher mine:Counted: its name is too long"):
        run_batch(file, name="a long name")


def test_a_damaged_ledger_is_told_and_results_are_found_without_it(tmp_path: Path, small: dict[str, Any]) -> None:
    file = inline(tmp_path, small, seeds=2)
    batch = run_batch(file).folder
    (batch / FILE).write_bytes(b"no database" * 1000)
    with pytest.raises(InputError, match="file is not a database"):
        run_batch(file)
    (batch / FILE).unlink()
    assert [record.state for record in run_batch(file).records] == ["done", "done"]

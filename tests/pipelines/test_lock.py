"""One process at a time works in a run folder; what dead ones left is cleared away."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from warm import Python

from limn.errors import InputError
from limn.files import unfinished, write_file
from pipelines import execute, run
from pipelines.loop.callbacks import read_metrics
from pipelines.runs.lock import locked
from pipelines.runs.status import Status, read_status, write_status


def test_of_two_resumes_at_once_one_is_refused(settings: dict[str, Any]) -> None:
    slow = {"slow": {"loss": "pixels:Slow", "seconds": 0.1}}
    whole = run(settings, output=settings["output"] + "/whole")
    still = {"still": {"loss": "pixels:Interruption", "at": 4}}
    stopped = run(settings, losses=settings["losses"] | slow | still)
    assert stopped.folder is not None
    assert whole.folder is not None
    folder = stopped.folder
    processes = [Python("run.py", "resume", folder) for _ in range(2)]
    ended = [process.end() for process in processes]
    assert sorted(each.returncode for each in ended) == [0, 2]
    refused = next(each for each in ended if each.returncode == 2)
    winner = processes[next(number for number, each in enumerate(ended) if each.returncode == 0)]
    assert refused.stderr == f"limn: {folder} is being run by process {winner.pid} on {socket.gethostname()}\n"
    assert [line["step"] for line in read_metrics(folder / "metrics.jsonl")] == list(range(25))
    assert (folder / "drawing.svg").read_bytes() == (whole.folder / "drawing.svg").read_bytes()


def test_a_run_on_another_machine_is_left_alone_while_it_gives_signs_of_life(settings: dict[str, Any]) -> None:
    result = run(settings, steps=3)
    assert result.folder is not None
    write_status(result.folder, Status("running", "", 1, 3))
    status = json.loads((result.folder / "status.json").read_text()) | {"host": "elsewhere", "pid": 7}
    (result.folder / "status.json").write_text(json.dumps(status))
    with pytest.raises(InputError, match="is being run by process 7 on elsewhere"):
        execute(result.folder)
    (result.folder / "status.json").write_text(json.dumps(status | {"heartbeat": time.time() - 3600}))
    execute(result.folder)
    assert read_status(result.folder).state == "done"


def test_a_lock_without_an_owner_is_stale(tmp_path: Path) -> None:
    (tmp_path / "status.lock").write_text("99999")
    with locked(tmp_path):
        assert read_status(tmp_path).pid == os.getpid()


def test_what_dead_processes_left_is_cleared_away(settings: dict[str, Any]) -> None:
    result = run(settings, steps=3)
    assert result.folder is not None
    dead = subprocess.Popen(["true"])
    dead.wait()
    mine = unfinished(result.folder / "checkpoint" / "x")
    theirs = mine.with_name(mine.name.replace(f"-{os.getpid()}-", f"-{dead.pid}-"))
    elsewhere = mine.with_name(mine.name.replace(f"-{os.getpid()}-", "-elsewhere-1-"))
    for file in (mine, theirs, elsewhere):
        file.write_bytes(b"half")
    staged = result.folder / theirs.name
    staged.mkdir()
    (staged / "drawing.svg").write_text("half")
    execute(result.folder)
    assert mine.exists()
    assert elsewhere.exists()
    assert not theirs.exists()
    assert not staged.exists()


def test_a_run_killed_before_its_config_was_written_is_started_again(settings: dict[str, Any]) -> None:
    parent = Path(settings["output"]) / "copy"
    (parent / "mine").mkdir(parents=True)
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = parent / f".{socket.gethostname()}-{dead.pid}-0a0b0c0d.part"
    left.mkdir()
    (left / "config.yaml").write_text("recipe: ")
    result = run(settings, steps=3, run="mine")
    assert result.folder == (parent / "mine").resolve()
    assert [path.name for path in parent.iterdir()] == ["mine"]
    with pytest.raises(InputError, match="exists; give another run"):
        run(settings, steps=3, run="mine")
    (parent / "notes").mkdir()
    (parent / "notes" / "todo.txt").write_text("mine")
    with pytest.raises(InputError, match="exists; give another run"):
        run(settings, steps=3, run="notes")
    assert [path.name for path in (parent / "notes").iterdir()] == ["todo.txt"]


def test_names_of_unfinished_files_are_unique(tmp_path: Path) -> None:
    assert len({unfinished(tmp_path / "x") for _ in range(1000)}) == 1000
    write_file(tmp_path / "x", "content")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_device_or_a_folder_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for place in (Path("/dev/null"), tmp_path / "folder"):
        with pytest.raises(InputError, match="it is there, and no file"):
            write_file(place, "content")
    assert Path("/dev/null").is_char_device()

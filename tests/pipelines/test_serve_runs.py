"""Runs that are resumed and stopped through the server, each a process of its own, and the command itself."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from run_folders import make_run
from served import TOKEN, Client, serving
from warm import Python

from pipelines.cli.main import main
from pipelines.runs.status import read_status


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def test_the_command(
    folder: Path,
    settings: dict[str, Any],
    write_config: Callable[[Any], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It stops a run that somebody else has started, says of one why it cannot begin, and ends on a signal."""
    slow = {"losses": settings["losses"] | {"slow": {"loss": "pixels:Slow", "seconds": 0.05}}, "steps": 5000}
    for name, config in {"wrong": {"losses": {"no": {"loss": "pixels:Nothing"}}}, "theirs": slow}.items():
        (folder / name).mkdir()
        write_config(settings | config).rename(folder / name / "config.yaml")
    theirs = Python("run.py", "resume", folder / "theirs")
    try:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            client = Client(free.getsockname()[1])
        asking = ThreadPoolExecutor().submit(stop_theirs, client, folder)
        monkeypatch.chdir(folder)  # as the command does, which a test must undo
        assert main(["serve", str(folder), f"port={client.port}", f"token={TOKEN}"]) == 143
        asking.result()
        assert theirs.end().returncode == 143
    finally:
        theirs.kill()
    assert capsys.readouterr().out == f"{client.address}/?token={TOKEN}\n"
    assert (folder / "theirs" / "report.html").is_file()
    assert "has no attribute 'Nothing'" in read_status(folder / "wrong").error


def stop_theirs(client: Client, folder: Path) -> None:
    client.wait_for("wrong", "queued")
    try:
        assert client.ask("/stop", {"run": "wrong"}).data["errors"][""].startswith("no process of this machine")
        assert client.ask("/resume", {"run": "wrong"}).status == 204
        assert client.ask("/resume", {"run": "wrong"}).data["errors"] == {"": "a process is at work on this run"}
        client.wait_for("theirs", "running")
        wait_until(lambda: read_status(folder / "theirs").step > 0)
        assert client.ask("/resume", {"run": "theirs"}).status == 422
        for _ in range(2):  # the second one is not the second signal, which would abort it
            assert client.ask("/stop", {"run": "theirs"}).status == 204
        client.wait_for("theirs", "interrupted")
        client.wait_for("wrong", "failed")
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def wait_until(is_so: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_jobs_of_a_batch_are_left_to_it(folder: Path) -> None:
    make_run(folder / "job", state="interrupted", job={"name": "one", "batch": "many"})
    with serving(folder) as client:
        client.wait_for("job", "interrupted")
        for what in ("stop", "resume"):
            assert "a job of a batch" in client.ask(f"/{what}", {"run": "job"}).data["errors"][""]

"""Signals: at which moment whatever comes, a run ends properly or not at all, and says which by its exit code."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from warm import ROOT

from pipelines.cli.main import main
from pipelines.runs.status import read_status

Write = Callable[[Any], Path]

CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}


@pytest.fixture
def handlers() -> Iterator[None]:
    before = {name: signal.getsignal(signal.Signals[name]) for name in CODES}
    yield
    for name, handler in before.items():
        signal.signal(signal.Signals[name], handler)


def folder_of(settings: dict[str, Any]) -> Path:
    (folder,) = (Path(settings["output"]) / "copy").iterdir()
    return folder


@pytest.mark.parametrize("name", CODES)
def test_a_signal_between_steps(name: str, settings: dict[str, Any], write_config: Write) -> None:
    stop = {"loss": "pixels:Interruption", "at": 12, "signal": name}
    assert main([str(write_config(settings | {"losses": settings["losses"] | {"stop": stop}}))]) == CODES[name]
    folder = folder_of(settings)
    assert read_status(folder).state == "interrupted"
    assert (folder / "report.html").is_file()
    assert main(["resume", str(folder)]) == 0
    assert read_status(folder).state == "done"


@pytest.mark.parametrize("name", CODES)
def test_a_signal_while_results_are_written_lets_them_be_written(
    name: str, settings: dict[str, Any], write_config: Write
) -> None:
    assert main([str(write_config(settings | {"signals": [name]}))]) == CODES[name]
    folder = folder_of(settings)
    assert read_status(folder).state == "done"
    assert (folder / "report.html").is_file()
    assert not list(folder.rglob(".*"))


@pytest.mark.parametrize("second", CODES)
def test_two_signals_while_results_are_written_leave_nothing_half_written(
    second: str, settings: dict[str, Any], write_config: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(write_config(settings | {"signals": ["SIGTERM", second]}))]) == 143
    assert capsys.readouterr().err.endswith("limn: aborted\n")
    folder = folder_of(settings)
    assert read_status(folder).state == "interrupted"
    assert not (folder / "drawing.svg").exists()
    assert not list(folder.rglob(".*"))


@pytest.mark.usefixtures("handlers")
def test_a_signal_that_is_ignored_stays_ignored(settings: dict[str, Any], write_config: Write) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    stop = {"loss": "pixels:Interruption", "at": 12, "signal": "SIGHUP"}
    assert main([str(write_config(settings | {"losses": settings["losses"] | {"stop": stop}}))]) == 0
    assert read_status(folder_of(settings)).state == "done"


@pytest.mark.parametrize("name", CODES)
def test_a_signal_while_python_imports_torch(
    name: str, settings: dict[str, Any], write_config: Write, command: list[str]
) -> None:
    config = write_config(settings)
    process = subprocess.Popen([*command, str(config)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while "libtorch_cpu" not in Path(f"/proc/{process.pid}/maps").read_text():
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.Signals[name])
    _, err = process.communicate()
    assert (process.returncode, err) == (CODES[name], "limn: aborted\n")
    assert not Path(settings["output"]).exists()

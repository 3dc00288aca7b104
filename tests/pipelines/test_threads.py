"""A run computes with as many threads as it began with, wherever it is resumed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import yaml
from killing import kill_on_the_way
from warm import python

from pipelines import execute, export, run

Write = Callable[[Any], Path]


def test_a_run_resumed_under_another_number_of_threads_ends_the_same(
    settings: dict[str, Any], write_config: Write
) -> None:
    losses = {"near": {"loss": "pixels:Near"}, "threads": {"loss": "pixels:Threads", "weight": 0.01}}
    slow = {"loss": "pixels:Slow", "seconds": 0.02}
    settings |= {"losses": losses, "steps": 50}
    wholes = [run(settings, threads=n, output=f"{settings['output']}/{n}", name="copy").folder for n in (2, 3)]
    two, three = ((folder / "drawing.svg").read_bytes() for folder in wholes if folder is not None)
    assert two != three
    config = write_config(settings | {"threads": 3, "losses": losses | {"slow": slow}})
    folder = kill_on_the_way(config, Path(settings["output"]) / "copy")
    done = python("run.py", "resume", folder)
    assert done.returncode == 0
    assert "computes with 3 threads, as it began" in done.stderr
    assert (folder / "drawing.svg").read_bytes() == three


def test_threads_are_those_of_the_process_unless_given_and_stay_its_own(settings: dict[str, Any]) -> None:
    before = torch.get_num_threads()
    result = run(settings, steps=2, threads=before + 2)
    assert torch.get_num_threads() == before
    assert result.folder is not None
    execute(result.folder)
    export(result.folder)
    assert torch.get_num_threads() == before
    usual = run(settings, steps=2)
    assert usual.folder is not None
    assert yaml.safe_load((usual.folder / "config.yaml").read_text())["threads"] == before

"""Processes that are killed on their way."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path

from warm import Python


def kill_on_the_way(config: Path, runs: Path) -> Path:
    """Starts a run, waits for a checkpoint and a random while, kills it; returns its folder."""
    return kill_when([config], runs, "checkpoint/checkpoint.json")


def kill_when(arguments: Sequence[str | Path], runs: Path, file: str) -> Path:
    """Starts a run, waits for a file in its folder and a random while, kills it; returns its folder."""
    process = Python("run.py", *arguments)
    try:
        while not (found := list(runs.glob(f"*/{file}"))):
            assert process.poll() is None, process.end().stderr
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.3))
        assert process.poll() is None, "the run ended before it could be killed"
    finally:
        process.kill()
        process.end()
    return runs / found[0].relative_to(runs).parts[0]

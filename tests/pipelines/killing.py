"""Processes that are killed on their way."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def kill_on_the_way(command: list[str], config: Path, runs: Path) -> Path:
    """Starts a run, waits for a checkpoint and a random while, kills it; returns its folder."""
    return kill_when([*command, str(config)], runs, "checkpoint/checkpoint.json")


def kill_when(command: list[str], runs: Path, file: str) -> Path:
    """Starts a run, waits for a file in its folder and a random while, kills it; returns its folder."""
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    try:
        while not (found := list(runs.glob(f"*/{file}"))):
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.3))
        assert process.poll() is None, "the run ended before it could be killed"
    finally:
        process.kill()
        process.communicate()
    return runs / found[0].relative_to(runs).parts[0]

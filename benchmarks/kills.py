"""Kills runs with SIGKILL at random moments, resumes them, and compares every byte with a run that was left alone.

    python benchmarks/kills.py --moments 30

A process imports and loads everything once and forks: the run is one fork, the resume another, which has one thread
where the run has two. The moments are uniform over the time that an undisturbed run takes.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import torch

from pipelines.cli.main import main
from pipelines.loop.callbacks import read_metrics

CONFIGS = {
    "sketch": ["steps=14", "strokes=8", "best_of=1", "num_augs=1", "size=112"],
    "draw": ["steps=20"],
    "stylise_mesh": ["steps=8", "size=112", "num_augs=1"],
}
SHARED = ["threads=2", "checkpoint_every=3", "video.seconds=0.5", "seed=7"]


def fork(action: Callable[[], int], seconds: float | None = None) -> tuple[int, float]:
    """Runs an action in a fork, killed after some seconds; returns the status of its end and its duration."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os._exit(action())
    if seconds is not None:
        while time.monotonic() - began < seconds and os.waitpid(child, os.WNOHANG)[0] == 0:
            time.sleep(0.002)
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            return 0, seconds
    try:
        status = os.waitpid(child, 0)[1]
    except ChildProcessError:
        status = 0
    return status, time.monotonic() - began


def content(folder: Path) -> dict[str, object]:
    """What two runs must have in common."""
    kept: dict[str, object] = {}
    for file in sorted(folder.rglob("*")):
        name = str(file.relative_to(folder))
        if file.name == "metrics.jsonl":
            kept[name] = [{key: value for key, value in line.items() if key != "ms"} for line in read_metrics(file)]
        elif file.is_file() and file.suffix not in (".json", ".txt", ".html", ".lock"):
            kept[name] = file.read_bytes()
    return kept


def study(name: str, moments: int, output: Path, chance: random.Random) -> None:
    """Kills and resumes one pipeline."""
    shared = [name, *CONFIGS[name], *SHARED, f"output={output}"]
    torch.set_num_threads(1)  # threads do not survive a fork
    main([*shared, "threads=1", "steps=1", "run=warm"])
    _, seconds = fork(lambda: main([*shared, "run=whole"]))
    whole = content(output / name / "whole")
    assert whole, f"{name} left nothing"
    found: Counter[str] = Counter()
    for number in range(moments):
        folder = output / name / f"killed-{number}"
        command = [*shared, f"run={folder.name}"]
        moment = chance.uniform(0, seconds)
        fork(lambda command=command: main(command), moment)
        begun = (folder / "config.yaml").exists()
        status, _ = fork(lambda f=folder, c=command, b=begun: main(["resume", str(f)] if b else c))
        checkpoints = len(list(folder.rglob("step-*.safetensors")))
        same = status == 0 and content(folder) == whole and not list(folder.parent.rglob(".*.part"))
        found["the same bytes" if same else "DIFFERENT"] += 1
        if not same:
            print(f"{name}: killed after {moment:.2f} s: status {status}, {checkpoints} checkpoints, {folder}")
    print(f"{name:14} {seconds:5.1f} s undisturbed, {moments} kills: {dict(found)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--moments", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for pipeline in CONFIGS:
            study(pipeline, arguments.moments, Path(place), random.Random(arguments.seed))

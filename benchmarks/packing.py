"""What jobs that differ only in their seed would gain as one population.

    python benchmarks/packing.py [CONFIG ...]

Four steps of one candidate against one of four; and four whole runs against one of four candidates and three more
times what a run does beside its steps, since each job has results of its own. All are carried out in one warm process
with one thread. What counts is the time of processors, so that it does not matter who else is at work.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipelines import build, read_config, run
from pipelines.config.shipped import shipped_pipelines
from pipelines.loop.loop import Loop

PACKED = 4


def processor() -> float:
    """Seconds of processors that this process and its children had."""
    return sum(os.times()[:4])


def loop_of(name: str, candidates: int) -> Loop:
    """The loop of a shipped pipeline before its first step."""
    config = read_config(shipped_pipelines()[name], [("best_of", candidates), ("threads", 1)])
    stage = build(config)[0]
    task = stage.task(None)
    return Loop(task.renderer, task.objective(), stage.settings, task.cameras)


def step_times(name: str, steps: int = 30) -> list[float]:
    """Median seconds of a step of one candidate, and of several; what a first step compiles is no matter then."""
    loops = [loop_of(name, candidates) for candidates in (1, PACKED)]
    found: list[list[float]] = [[], []]
    for _ in range(steps):
        for loop, seconds in zip(loops, found, strict=True):
            began = time.process_time()
            loop.advance()
            seconds.append(time.process_time() - began)
    return [median(seconds) for seconds in found]


def run_time(name: str, candidates: int, output: str, **settings: int) -> float:
    """Seconds of a whole run."""
    began = processor()
    run(shipped_pipelines()[name], best_of=candidates, threads=1, output=output, **settings)
    return processor() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("configs", nargs="*", default=["draw", "sketch", "pixel_art", "imagine"])
    torch.set_num_threads(1)
    for config in parser.parse_args().configs:
        one, several = step_times(config)
        with tempfile.TemporaryDirectory() as place:
            run_time(config, 1, place, steps=2)
            beside = run_time(config, 1, place, steps=1)
            alone, packed = (run_time(config, candidates, place) for candidates in (1, PACKED))
        print(
            f"{config:10} step {1e3 * one:5.1f} ms, of {PACKED} {1e3 * several:5.1f} ms: "
            f"{PACKED * one / several:.2f} times; run {alone:5.1f} s, of {PACKED} {packed:5.1f} s, "
            f"beside its steps {beside:.1f} s: {PACKED * alone / (packed + (PACKED - 1) * beside):.2f} times",
            flush=True,
        )

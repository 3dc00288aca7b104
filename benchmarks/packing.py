"""Times a step of four candidates against four steps of one: what jobs of one shape would gain as one population.

    python benchmarks/packing.py [--threads 1] [--rounds 7] [CONFIG ...]

Both populations take turns in one process, from one evaluation to the next; of each step of a round counts the least
time of all rounds. Shares of a core that others take count in both.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipelines import build, read_config
from pipelines.config.shipped import shipped_pipelines
from pipelines.loop.loop import Loop

PACKED = 4


def loop_of(name: str, candidates: int, threads: int) -> Loop:
    """The loop of a shipped pipeline before its first step."""
    overrides = [("best_of", candidates), ("threads", threads)]
    config = read_config(shipped_pipelines()[name], overrides)
    stage = build(config)[0]
    task = stage.task(None)
    return Loop(task.renderer, task.objective(), stage.settings, task.cameras)


def times(name: str, threads: int, rounds: int) -> list[float]:
    """Mean seconds of a step of one candidate, and of several."""
    torch.set_num_threads(threads)
    loops = [loop_of(name, candidates, threads) for candidates in (1, PACKED)]
    every = 10
    found = torch.full((2, rounds, every), torch.inf)
    for turn in range(rounds + 1):
        for number, loop in enumerate(loops):
            for place in range(every):
                began = time.perf_counter()
                loop.advance()
                if turn:  # the first round compiles kernels
                    found[number, turn - 1, place] = time.perf_counter() - began
    return found.amin(dim=1).mean(dim=1).tolist()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("configs", nargs="*", default=["draw", "sketch", "pixel_art", "imagine"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    for config in arguments.configs:
        one, several = times(config, arguments.threads, arguments.rounds)
        print(
            f"{config:10} {arguments.threads} threads: one candidate {1e3 * one:7.1f} ms, {PACKED} candidates "
            f"{1e3 * several:7.1f} ms, {PACKED * one / several:.2f} times as fast as one by one",
            flush=True,
        )

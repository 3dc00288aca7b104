"""Metrics: one line of JSON a step."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch

from limn.files import write_file, writing
from pipelines.loop.callback import Callback
from pipelines.loop.loop import Loop

BUFFER = 20
"""Steps that wait to be written together, so that a GPU is asked for its numbers once and not at every step."""


class Metrics(Callback):
    """Appends ``{"step", "total", "losses", "weights", "rates", "ms", "eval_loss"}`` for each step.

    ``total`` and every entry of ``losses`` hold one number per candidate, null where it is not finite or the candidate
    was dropped; losses are unweighted; ``eval_loss`` is there where one was computed. After the last step comes a
    line with
    ``step`` and ``eval_loss`` alone.

    Args:
        file: ends in ``.jsonl``; lines of steps that a resumed run does again are dropped from it.
        every: steps between two checkpoints, before which everything must be written.
    """

    def __init__(self, file: Path, every: int) -> None:
        self.file, self.every = file, every
        self._waiting: list[tuple[dict[str, Any], dict[str, torch.Tensor]]] = []
        self._seconds = 0.0

    def start(self, loop: Loop) -> None:
        """Drops the lines of steps that are still to come."""
        self._seconds = loop.seconds
        lines = [json.dumps(line) + "\n" for line in read_metrics(self.file) if line["step"] < loop.index]
        write_file(self.file, "".join(lines))

    def step(self, loop: Loop) -> None:
        """Takes down a step."""
        assert loop.report is not None
        facts: dict[str, Any] = {"step": loop.index - 1, "weights": loop.report.weights, "rates": loop.rates}
        facts["ms"] = round((loop.seconds - self._seconds) * 1000, 2)
        self._seconds = loop.seconds
        values = {"total": loop.report.total(), **{f"loss.{name}": v for name, v in loop.report.values.items()}}
        if loop.eval_loss is not None:
            values["eval_loss"] = loop.eval_loss
        self._waiting.append((facts, {name: loop.population.spread(value) for name, value in values.items()}))
        if len(self._waiting) >= BUFFER or loop.index % self.every == 0:
            self._write()

    def end(self, loop: Loop) -> None:
        """Writes what waits and the last eval loss."""
        if loop.index == loop.total and loop.eval_loss is not None:
            self._waiting.append(({"step": loop.index}, {"eval_loss": loop.population.spread(loop.eval_loss)}))
        self._write()

    def _write(self) -> None:
        tensors = [value for _, values in self._waiting for value in values.values()]
        rows = iter(torch.stack(tensors).tolist() if tensors else [])
        lines = []
        for facts, values in self._waiting:
            numbers = {name: [n if math.isfinite(n) else None for n in next(rows)] for name in values}
            losses = {n.removeprefix("loss."): row for n, row in numbers.items() if n.startswith("loss.")}
            top = {name: row for name, row in numbers.items() if not name.startswith("loss.")}
            lines.append(json.dumps(facts | top | ({"losses": losses} if losses else {})) + "\n")
        self._waiting.clear()
        with writing(self.file), self.file.open("a") as file:
            file.write("".join(lines))


def read_metrics(file: Path) -> list[dict[str, Any]]:
    """The lines of a metrics file; a last line that a killed run left unfinished is not one."""
    if not file.exists():
        return []
    lines = []
    for text in file.read_text().splitlines():
        try:
            lines.append(json.loads(text))
        except ValueError:
            break
    return lines

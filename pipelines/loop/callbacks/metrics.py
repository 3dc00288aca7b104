"""Metrics: one line of JSON a step."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel

from limn.files import write_file, writing
from pipelines.loop.callback import Callback
from pipelines.loop.loop import Loop

logger = logging.getLogger("limn")

BUFFER = 20
"""Steps that wait to be written together, so that a GPU is asked for its numbers once and not at every step."""


class Metrics(Callback):
    """Appends ``{"step", "total", "losses", "weights", "rates", "ms", "eval_loss", "judge"}`` for each step.

    ``total`` and every entry of ``losses`` hold one number per candidate, null where it is not finite or the candidate
    was dropped; losses are unweighted; ``eval_loss``, and ``judge``, which says whose it is, are there where one was
    computed, ``notes`` where something is worth telling. After the last step comes a line with the eval loss alone.

    Args:
        file: ends in ``.jsonl``; lines of steps that a resumed run does again are dropped from it.
        judge: who evaluates: ``objective`` or ``clip``.
    """

    def __init__(self, file: str | Path, judge: str = "objective") -> None:
        file = Path(file)
        self.file, self.judge = file, judge
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
        if loop.notes:
            facts["notes"] = loop.notes
        self._seconds = loop.seconds
        values = {"total": loop.report.total(), **{f"loss.{name}": v for name, v in loop.report.values.items()}}
        if loop.eval_loss is not None:
            values["eval_loss"] = loop.eval_loss
            facts["judge"] = self.judge
        self._waiting.append((facts, {name: loop.population.spread(value) for name, value in values.items()}))
        if len(self._waiting) >= BUFFER:
            self.flush()

    def end(self, loop: Loop) -> None:
        """Writes what waits and the last eval loss."""
        if loop.index == loop.total and loop.eval_loss is not None:
            values = {"eval_loss": loop.population.spread(loop.eval_loss)}
            self._waiting.append(({"step": loop.index, "judge": self.judge}, values))
        self.flush()

    def flush(self) -> None:
        """Writes what waits."""
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


class _Line(BaseModel):
    """What readers rely on."""

    step: int
    losses: dict[str, list[float | None]] = {}
    eval_loss: list[float | None] = []
    notes: list[str] = []


def read_metrics(file: str | Path, having: str = "") -> list[dict[str, Any]]:
    """The lines of a metrics file; what is no line of a step is left out, and counted in a warning.

    The last line of a killed run may be unfinished; that is no damage.

    Args:
        file: the file; there are no lines where it is missing.
        having: reads only lines that have this key, which takes a fraction of the time.
    """
    file = Path(file)
    if not file.is_file():
        return []
    texts = file.read_text(encoding="utf-8", errors="replace").splitlines()
    if having:
        texts = [text for text in texts if f'"{having}"' in text]
    lines = [line for line in map(_parsed, texts) if line is not None]
    lost = len(texts) - len(lines) - (bool(texts) and _parsed(texts[-1]) is None)
    if lost:
        logger.warning("%s: %d damaged lines are left out", file, lost)
    return lines


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        line: dict[str, Any] = json.loads(text)
        _Line.model_validate(line, strict=True)
    except (ValueError, RecursionError):
        return None
    return line

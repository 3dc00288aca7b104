"""Run folders as runs leave them, made in a moment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from limn.artefact import Artefact
from pipelines.runs.artefacts import write_artefacts
from pipelines.runs.status import Status, write_status

Colour = tuple[int, int, int]

RED, GREEN, BLUE = (200, 40, 30), (40, 160, 60), (40, 70, 200)


def make_run(
    folder: Path,
    config: Mapping[str, Any] | None = None,
    state: str = "done",
    colours: tuple[Colour, ...] = (RED,),
    losses: tuple[float, ...] = (0.5,),
    steps: int = 3,
    views: int = 1,
    job: Mapping[str, Any] | None = None,
    measures: Mapping[str, float] | None = None,
) -> Path:
    """A run with a candidate of each colour, whose history goes from white to its colour.

    The eval losses are those of the candidates; a done run has a picture and a report.
    """
    folder.mkdir(parents=True)
    config = {"recipe": "draw", "name": "draw", "prompt": "a frog", "seed": 0, "eval_views": views, **(config or {})}
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    make_history(folder, colours, losses, steps, views)
    write_status(folder, Status(state, error="no room" if state == "failed" else ""))  # type: ignore[arg-type]
    if state == "done":
        best = colours[losses.index(min(losses))]
        Image.new("RGB", (48, 32), best).save(folder / "drawing.png")
        (folder / "report.html").write_text("<!doctype html><title>report</title>")
        made = [Artefact(folder / "drawing.png", "picture", "Drawing"), Artefact(folder / "report.html", "page")]
        write_artefacts(folder, made)
    for name, content in (("job.json", job), ("evaluation.json", measures and {"measures": measures})):
        if content:
            (folder / name).write_text(json.dumps(content))
    return folder


def make_history(folder: Path, colours: tuple[Colour, ...], losses: tuple[float, ...], steps: int, views: int) -> None:
    """Pictures and metrics of a stage."""
    (folder / "previews").mkdir(parents=True)
    for step in range(steps):
        rows = [white(colour, step / max(1, steps - 1)) for colour in colours]
        sheet = np.repeat(np.repeat(np.array(rows, np.uint8)[:, None], 32, 0), 48 * views, 1)
        Image.fromarray(sheet).save(folder / "previews" / f"{step * 10:07d}.png")
    lines: list[dict[str, Any]] = [{"step": step, "losses": {"near": list(losses)}} for step in range(steps * 10)]
    for line in lines[:1]:
        line["eval_loss"] = [loss + 1 for loss in losses]
    lines.append({"step": steps * 10, "eval_loss": list(losses)})
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    numbers = {"index": steps * 10, "total": steps * 10, "seconds": 1.5}
    (folder / "checkpoint").mkdir()
    (folder / "checkpoint" / "checkpoint.json").write_text(json.dumps({"numbers": numbers}))


def white(colour: Colour, weight: float) -> list[int]:
    """Between white (0) and a colour (1)."""
    return [round(255 + (part - 255) * weight) for part in colour]

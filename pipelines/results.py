"""What remains of a run: the drawing, its film, the report."""

from __future__ import annotations

import logging
from pathlib import Path

import torch

from pipelines.callbacks import read_metrics
from pipelines.callbacks.previews import history
from pipelines.files import write_file
from pipelines.optimise import Result
from pipelines.recipe import Prepared
from pipelines.report import Story, write_report
from pipelines.runs import RunFolder
from pipelines.sheets import Pixels, png, read_row, to_bytes
from pipelines.video import write_gif, write_mp4
from renderers.base import Renderer

logger = logging.getLogger("limn")


def write_results(folder: RunFolder, prepared: Prepared, result: Result) -> list[Path]:
    """Writes the best candidate, the film of its becoming and the report.

    Args:
        folder: of the run.
        prepared: what the recipe made.
        result: what became of it.

    Returns:
        The files, in the folder of the run.

    Raises:
        InputError: the disk is full or refuses.
    """
    config = folder.config
    candidates = result.renderer.candidates
    finals = [picture(result.renderer, candidate, config.preview_size) for candidate in range(candidates)]
    sheets = history(folder.previews)
    rows = [read_row(file, result.candidate, candidates) for file in sheets] + [finals[result.candidate]]
    with folder.staging() as stage:
        result.renderer.export(stage, result.candidate)
        if not list(stage.glob("*.png")):
            write_file(stage / "drawing.png", png(finals[result.candidate]))
        for name, tensor in prepared.pictures.items():
            write_file(stage / f"{name}.png", png(to_bytes(tensor)))
        if prepared.animation is not None:
            write_file(stage / "animation.svg", prepared.animation(result.candidate))
        for kind in config.video.formats:
            {"mp4": write_mp4, "gif": write_gif}[kind](stage / f"history.{kind}", rows, config.video.fps)
        story = Story(
            folder=folder,
            result=result,
            finals=finals,
            history=[(int(file.stem), row) for file, row in zip(sheets, rows, strict=False)],
            metrics=read_metrics(folder.metrics_file),
            files=sorted(stage.iterdir()),
            pictures={name: to_bytes(tensor) for name, tensor in prepared.pictures.items()},
        )
        write_report(stage / "report.html", story)
        names = sorted(file.name for file in stage.iterdir())
    return [folder.path / name for name in names]


@torch.no_grad()
def picture(renderer: Renderer, candidate: int, size: int | None = None) -> Pixels:
    """One candidate as bytes [H, V * W, 3], all its views side by side.

    Args:
        renderer: the candidates.
        candidate: which of them.
        size: height and width in pixels; the renderer's own when None.
    """
    frames = renderer.render(size=(size, size) if size else None)
    views, channels, height, width = frames.rgb[candidate].shape
    row = frames.rgb[candidate].permute(1, 2, 0, 3).reshape(channels, height, views * width)
    return to_bytes(row)

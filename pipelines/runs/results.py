"""What remains of a run: the drawing, its film, the report."""

from __future__ import annotations

import logging
from pathlib import Path

import torch

from limn.files import write_file
from limn.frames import Frames
from limn.step import Step
from pipelines.config.run_config import RunConfig
from pipelines.loop.callbacks import read_metrics
from pipelines.loop.callbacks.previews import history
from pipelines.loop.contact_sheets import pictures, png, read_row, tiled, to_bytes
from pipelines.loop.optimise import Result
from pipelines.report import ReportData, write_report
from pipelines.report.turntable import write_turntable
from pipelines.report.video import FILMS
from pipelines.runs.folder import RunFolder
from pipelines.task.task import Task
from renderers.base import Renderer

logger = logging.getLogger("limn")


def write_results(folder: RunFolder, prepared: Task, result: Result) -> list[Path]:
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
    frames = _final(prepared, result.renderer, config)
    finals, views = pictures(frames), frames.rgb.shape[1]
    sheets = history(folder.previews)
    number = result.candidate_ids[result.candidate]
    rows = [tiled(read_row(file, number, result.started), views) for file in sheets] + [finals[result.candidate]]
    with folder.staging() as stage:
        result.renderer.export(stage, result.candidate)
        if prepared.turntable is not None:
            write_turntable(stage, result, prepared.turntable, config)
        elif not list(stage.glob("*.png")):
            write_file(stage / "drawing.png", png(finals[result.candidate]))
        for name, tensor in prepared.pictures.items():
            write_file(stage / f"{name}.png", png(to_bytes(tensor)))
        if prepared.animation is not None:
            write_file(stage / "animation.svg", prepared.animation(result.candidate))
        for kind in config.video.formats:
            FILMS[kind](stage / f"history.{kind}", rows, config.video.fps)
        story = ReportData(
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
def _final(prepared: Task, renderer: Renderer, config: RunConfig) -> Frames:
    size = (config.preview_size, config.preview_size) if config.preview_size else None
    step = Step(config.steps - 1, config.steps, config.seed, training=False)
    return renderer.render(prepared.cameras(step) if prepared.cameras else None, size)

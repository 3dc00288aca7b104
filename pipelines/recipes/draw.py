"""draw: words become a drawing of strokes or shapes, by a prior or as in CLIPDraw (Frans et al. 2021)."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import torch
from pydantic import Field

from guidance import Prompt, Step
from limn.ranges import PenWidth, Reach
from pipelines.config.from_words import FromWordsConfig
from pipelines.config.paths import InputPath
from pipelines.inputs.pictures import fit, read_picture
from pipelines.task.drawn import DrawnConfig
from pipelines.task.objective import build_objective
from pipelines.task.task import Task
from renderers.registry import Canvas
from renderers.strokes import Strokes
from renderers.strokes.factories import shapes, strokes


class DrawConfig(FromWordsConfig, DrawnConfig):
    """Settings of a drawing from words."""

    target: InputPath | None = None
    """A picture for losses that compare with one, such as ``pixels`` or ``layer_features``."""
    style: Literal["paint", "line", "fill"] = "paint"
    """``paint``: coloured strokes of free width; ``line``: a black pen; ``fill``: closed filled shapes."""
    strokes: Annotated[int, Field(ge=1, le=4096)] = 64
    """Number of strokes or shapes."""
    segments: Annotated[int, Field(ge=2, le=64)] = 2
    """Cubic segments in a stroke or around a shape."""
    width: PenWidth = 3.0
    """Width of the pen (``line``), or the width that strokes begin with (``paint``), in pixels of the canvas."""
    max_width: PenWidth = 24.0
    """Greatest width of a stroke (``paint``), in pixels."""
    radius: Reach = 0.08
    """Reach of a stroke's first random walk, or radius of a shape, as a fraction of the canvas."""


def draw(config: DrawConfig) -> Task:
    """Draws what words say, with strokes, a pen or filled shapes, by a prior or as CLIPDraw."""
    prompt = Prompt.parse(config.prompt, config.templates)
    target = None
    if config.target is not None:
        target = fit(read_picture(config.target), config.shape()).to(config.torch_device())
    return Task(
        _start(config),
        lambda: build_objective(config, target=target, prompt=prompt),
        pictures={} if target is None else {"target": target[0].cpu()},
    )


@torch.no_grad()
def _start(config: DrawConfig) -> Strokes:
    canvas = Canvas(config.shape(), config.best_of, Step(0, 1, config.seed).generator("strokes"))
    if config.style == "fill":
        return shapes(canvas, config.strokes, config.segments, config.radius)
    painted = strokes(canvas, config.strokes, config.segments, config.width, config.max_width, config.radius)
    if config.style == "paint":
        return painted
    scene = painted.scene()
    black = torch.tensor([0.0, 0.0, 0.0, 1.0]).expand_as(scene.stroke_colours)
    return Strokes(replace(scene, stroke_colours=black), {"points": 1.0})

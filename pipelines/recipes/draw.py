"""draw: words become a drawing of strokes or shapes, by a prior or as in CLIPDraw (Frans et al. 2021)."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field

from guidance import Prompt, Step
from pipelines.config.from_words import FromWordsConfig
from pipelines.task.objective import build_objective
from pipelines.task.task import Task
from renderers.strokes import Scene, Strokes, closed_shapes, open_strokes


class DrawConfig(FromWordsConfig):
    """Settings of a drawing from words."""

    style: Literal["paint", "line", "fill"] = "paint"
    """``paint``: coloured strokes of free width; ``line``: a black pen; ``fill``: closed filled shapes."""
    strokes: Annotated[int, Field(ge=1, le=4096)] = 64
    """Number of strokes or shapes."""
    segments: Annotated[int, Field(ge=2, le=64)] = 2
    """Cubic segments in a stroke or around a shape."""
    width: Annotated[float, Field(gt=0)] = 3.0
    """Width of the pen (``line``), or the width that strokes begin with (``paint``), in pixels of the canvas."""
    max_width: Annotated[float, Field(gt=0)] = 24.0
    """Greatest width of a stroke (``paint``), in pixels."""
    radius: Annotated[float, Field(gt=0, le=0.5)] = 0.08
    """Reach of a stroke's first random walk, or radius of a shape, as a fraction of the canvas."""


def draw(config: DrawConfig) -> Task:
    """Draws what words say, with strokes, a pen or filled shapes, by a prior or as CLIPDraw."""
    device = config.torch_device()
    prompt = Prompt.parse(config.prompt, config.templates)
    scene = _first_scene(config)
    rates = {"points": 1.0}
    if config.style != "line":
        rates["colour"] = 0.02
    if config.style == "paint":
        rates["width"] = 0.2
    renderer = Strokes(scene, rates, width_range=(1.0, config.max_width)).to(device)
    return Task(renderer, lambda: build_objective(config, prompt=prompt))


def _first_scene(config: DrawConfig) -> Scene:
    draws = Step(0, 1, config.seed)
    generator = draws.generator("strokes")
    shape = (config.best_of, config.strokes)
    # Most of a picture happens in its middle.
    starts = config.size * (0.15 + 0.7 * torch.rand(*shape, 2, generator=generator))
    size = (config.size, config.size)
    colour = torch.rand(*shape, 4, generator=generator)
    colour[..., 3] = 0.4 + 0.6 * colour[..., 3]
    if config.style == "line":
        colour = torch.tensor([0.0, 0.0, 0.0, 1.0]).expand(*shape, 4)
    radius = config.radius * config.size
    if config.style == "fill":
        return closed_shapes(starts, size, segments=config.segments, radius=radius, colour=colour, generator=generator)
    return open_strokes(
        starts,
        size,
        segments=config.segments,
        radius=radius,
        width=config.width,
        colour=colour,
        generator=generator,
    )

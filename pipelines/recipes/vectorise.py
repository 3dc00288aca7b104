"""vectorise: a picture becomes a stack of filled paths, or of strokes (LIVE, Ma et al. 2022)."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import AfterValidator, Field
from torch import Tensor

from guidance import Step
from limn.ranges import Fraction, PenWidth
from limn.settings import Section
from pipelines.config.paths import InputPath
from pipelines.inputs.pictures import fit, read_picture
from pipelines.task.drawn import DrawnConfig, is_paper
from pipelines.task.objective import build_objective
from pipelines.task.start import Start
from pipelines.task.task import Task
from renderers.strokes import (
    Path,
    Reinitialisation,
    Scene,
    SimpleShapes,
    Subpath,
    Topology,
    closed_shapes,
    joined,
    open_strokes,
)
from renderers.strokes.growth import grown, resting
from renderers.strokes.paint import Paint, solid
from renderers.strokes.regions import find_regions
from renderers.strokes.stack import Mark, region_stroke, scene_of, stacked_shapes


class BatchesConfig(Section):
    """How paths begin that are not there from the start."""

    share: Fraction = 0.3
    """Of the paths that begin in batches, where the error is largest."""
    count: Annotated[int, Field(ge=1, le=64)] = 4
    """Number of batches."""
    until: Fraction = 0.5
    """Fraction of the run after which none begins."""


class VectoriseConfig(DrawnConfig):
    """Settings of a vectorisation."""

    main: ClassVar[str] = "target"

    target: InputPath
    """The picture: PNG, JPEG, WebP, GIF, TIFF or BMP; transparent parts become white."""
    paper: Annotated[str, AfterValidator(is_paper)] = "none"
    """What is behind the paths, where they leave gaps: ``none``, a colour, or ``free`` for one that is optimised."""
    style: Literal["shapes", "strokes"] = "shapes"
    """``shapes``: closed and filled; ``strokes``: open strokes of free width and colour."""
    paths: Annotated[int, Field(ge=1, le=4096)] = 64
    """Number of shapes or strokes."""
    segments: Annotated[int, Field(ge=3, le=64)] = 24
    """Cubic segments around a shape at most; strokes and shapes that begin late have fewer, see ``late_segments``."""
    late_segments: Annotated[int, Field(ge=3, le=64)] = 8
    """Cubic segments of strokes and of shapes that begin in batches."""
    start: Literal["regions", "random"] = "regions"
    """Where paths begin: regions of about one colour, or anywhere."""
    gradients: bool = True
    """Shapes may have linear gradients instead of one colour."""
    opaque: bool = False
    """Shapes cover what lies below them."""
    batches: BatchesConfig | None = BatchesConfig()
    """Paths that begin later, where the error is largest; null for none."""
    max_width: PenWidth = 64.0
    """Greatest width of a stroke, in pixels."""

    @property
    def graded(self) -> bool:
        """Whether its shapes have gradients."""
        return self.gradients and self.style == "shapes"

    @property
    def at_once(self) -> int:
        """How many paths are there from the start."""
        return self.paths - (0 if self.batches is None else round(self.batches.share * self.paths))

    @property
    def batch(self) -> int:
        """How many begin at a time."""
        return 1 if self.batches is None else max(1, math.ceil((self.paths - self.at_once) / self.batches.count))


RATES = {"points": 1.0, "colour": 0.02, "width": 0.3}

GONE = 4.0
"""Square pixels below which a shape is not there."""


def vectorise(config: VectoriseConfig, start: Start) -> Task:
    """Turns a picture into filled paths with gradients, or into strokes (LIVE)."""
    picture = read_picture(config.target)
    target = fit(picture, config.shape(picture))
    scenes = [_kept(config, target[0], start, candidate) for candidate in range(config.best_of)]
    renderer = SimpleShapes(
        joined(scenes), RATES, _growth(config, scenes[0], target[0]), config.opaque, (1.0, config.max_width)
    )
    device = config.torch_device()
    return Task(
        renderer.to(device),
        lambda: build_objective(config, target=target.to(device)),
        pictures={"target": target[0]},
    )


def _kept(config: VectoriseConfig, target: Tensor, start: Start, candidate: int) -> Scene:
    """The first scene of a candidate, found once in a run."""

    def found() -> dict[str, Tensor]:
        scene = _first(config, target, Step(0, 1, config.seed).generator(f"start/{candidate}"))
        segments = torch.tensor([path.subpaths[0].segments for path in scene.topology.paths])
        return {"segments": segments, **{name: getattr(scene, name) for name in scene.tensors}}

    kept = start.once(f"start-{candidate}", found)
    tensors: dict[str, Any] = dict(kept)
    segments = tensors.pop("segments").tolist()
    paths = [_path(config, count, _layer(config, number)) for number, count in enumerate(segments)]
    return Scene(Topology(tuple(paths)), size=_size(target), **tensors)


def _first(config: VectoriseConfig, target: Tensor, generator: torch.Generator) -> Scene:
    """The paths that begin at once, from the bottom to the top, and those that rest."""
    late = _path(config, config.late_segments)
    if config.start == "random":
        marks = _by_chance(config, target, config.at_once, generator)
    else:
        regions = find_regions(target, config.at_once)
        if config.style == "shapes":
            marks = stacked_shapes(regions, config.segments, config.graded)
        else:
            paints = [solid(*regions.pixels(label)) for label in range(regions.count)]
            marks = [region_stroke(regions, label, config.late_segments, paint) for label, paint in enumerate(paints)]
            marks.sort(key=lambda mark: -mark.width)
    marks += [resting(late)] * (config.paths - len(marks))
    return scene_of(marks, _size(target), closed=config.style == "shapes", graded=config.graded)


def _by_chance(config: VectoriseConfig, target: Tensor, count: int, generator: torch.Generator) -> list[Mark]:
    """Circles or short strokes anywhere, in the colours of the target there."""
    height, width = _size(target)
    places = torch.rand(count, 2, generator=generator) * torch.tensor([width, height])
    radius = 0.5 * (height * width / count) ** 0.5
    make = closed_shapes if config.style == "shapes" else open_strokes
    made = make(places[None], _size(target), segments=config.late_segments, radius=radius, generator=generator)
    colours = target[:, places[:, 1].long(), places[:, 0].long()].T
    marks = []
    for points, (x, y), colour in zip(made.points.view(count, -1, 2), places.tolist(), colours, strict=True):
        paint = (*colour.tolist(), 1.0)
        marks.append(Mark(points, Paint(paint, paint, ((x - radius, y), (x + radius, y))), radius))
    return marks


def _growth(config: VectoriseConfig, scene: Scene, target: Tensor) -> Reinitialisation | None:
    """Batches of paths that begin where the error is largest; paths that vanished begin again with them."""
    wanted, paths = config.batches, scene.topology.paths
    if wanted is None:
        return None
    every = max(1, int(wanted.until * config.steps / wanted.count))
    return Reinitialisation(
        lambda generator, begins, picture: grown(paths, target, picture, begins, config.graded),
        every=every,
        until=wanted.until,
        opacity=0.02,
        area=GONE,
        most=config.batch,
    )


def _path(config: VectoriseConfig, segments: int, layer: str = "") -> Path:
    closed = config.style == "shapes"
    return Path((Subpath(segments, closed),), stroked=not closed, filled=closed, layer=layer)


def _layer(config: VectoriseConfig, number: int) -> str:
    """What the layer of a path is called in drawing tools."""
    late = number - config.at_once
    return "Base" if late < 0 else f"Details {late // config.batch + 1}"


def _size(picture: Tensor) -> tuple[int, int]:
    return picture.shape[1], picture.shape[2]

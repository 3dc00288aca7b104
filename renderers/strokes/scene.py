"""Scene: the tensors of a drawing and its topology, which never changes during an optimisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor

FillRule = Literal["nonzero", "evenodd"]
WHITE = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Subpath:
    """A chain of cubic segments.

    Args:
        segments: number of cubics, at least 1.
        closed: True if the last cubic ends in the first point, which is then not repeated.
    """

    segments: int
    closed: bool = False

    @property
    def points(self) -> int:
        """Number of control points."""
        return 3 * self.segments + (0 if self.closed else 1)


@dataclass(frozen=True)
class Path:
    """One SVG path: subpaths that are filled together, then stroked together with round caps and joins.

    Args:
        subpaths: at least one.
        stroked: whether it has a stroke.
        filled: whether it has a fill.
        rule: what of it is inside.
        layer: name of the layer that it belongs to in drawing tools; that of its kind when empty.
    """

    subpaths: tuple[Subpath, ...]
    stroked: bool = True
    filled: bool = False
    rule: FillRule = "nonzero"
    layer: str = ""

    @property
    def points(self) -> int:
        """Number of control points of all subpaths."""
        return sum(subpath.points for subpath in self.subpaths)


@dataclass(frozen=True)
class Topology:
    """The paths of a drawing in SVG order: the first is painted first.

    Args:
        paths: in their order; their control points are concatenated in ``Scene.points``.
    """

    paths: tuple[Path, ...]

    @cached_property
    def _hash(self) -> int:
        return hash(self.paths)

    def __hash__(self) -> int:
        """Found once: tables are looked up by topology at every step."""
        return self._hash

    @cached_property
    def points(self) -> int:
        """N, the number of control points of all paths."""
        return sum(path.points for path in self.paths)

    @cached_property
    def path_starts(self) -> tuple[int, ...]:
        """The index of each path's first control point."""
        starts, total = [], 0
        for path in self.paths:
            starts.append(total)
            total += path.points
        return tuple(starts)


@dataclass(frozen=True)
class Scene:
    """S candidates of one topology on a canvas.

    Args:
        topology: the paths.
        points: control points in pixels, x right and y down, pixel centres at +0.5 [S, N, 2].
        widths: full stroke widths in pixels, as in SVG [S, P].
        stroke_colours: straight sRGB and opacity in 0..1 [S, P, 4]; unused where a path has no stroke.
        fill_colours: the same for fills [S, P, 4].
        size: height and width of the canvas in pixels.
        background: sRGB colour that the drawing lies on; None for no paper, over white where it is drawn.
        gradient_ends: where the linear gradient of each fill begins and ends in pixels [S, P, 2, 2]; a fill whose ends
            coincide is solid. None if all are.
        gradient_colours: straight sRGB and opacity where it ends, ``fill_colours`` are those where it begins [S, P, 4].
        paper: sRGB colour that each candidate lies on, in place of ``background`` [S, 3].
    """

    topology: Topology
    points: Tensor
    widths: Tensor
    stroke_colours: Tensor
    fill_colours: Tensor
    size: tuple[int, int]
    background: tuple[float, float, float] | None = WHITE
    gradient_ends: Tensor | None = None
    gradient_colours: Tensor | None = None
    paper: Tensor | None = None

    def __post_init__(self) -> None:
        """Refuses tensors that do not belong to the topology."""
        candidates, paths = self.points.shape[0], len(self.topology.paths)
        expected = {
            "points": (candidates, self.topology.points, 2),
            "widths": (candidates, paths),
            "stroke_colours": (candidates, paths, 4),
            "fill_colours": (candidates, paths, 4),
        }
        if self.gradient_ends is not None:
            expected |= {"gradient_ends": (candidates, paths, 2, 2), "gradient_colours": (candidates, paths, 4)}
        if self.paper is not None:
            expected["paper"] = (candidates, 3)
        for name, shape in expected.items():
            found = tuple(getattr(self, name).shape)
            if found != shape:
                raise ValueError(f"{name} has shape {list(found)}, the topology asks for {list(shape)}")

    @property
    def candidates(self) -> int:
        """S, the size of the population."""
        return self.points.shape[0]

    @property
    def tensors(self) -> tuple[str, ...]:
        """The names of its tensors, each of which has the population as its first dimension."""
        graded = () if self.gradient_ends is None else ("gradient_ends", "gradient_colours")
        paper = () if self.paper is None else ("paper",)
        return ("points", "widths", "stroke_colours", "fill_colours", *graded, *paper)

    def scaled(self, size: tuple[int, int]) -> Scene:
        """The same drawing stretched to another canvas; widths grow with the square root of the area."""
        if size == self.size:
            return self
        x, y = size[1] / self.size[1], size[0] / self.size[0]
        factors = torch.tensor([x, y], dtype=self.points.dtype, device=self.points.device)
        ends = None if self.gradient_ends is None else self.gradient_ends * factors
        widths = self.widths * (x * y) ** 0.5
        return replace(self, points=self.points * factors, widths=widths, gradient_ends=ends, size=size)

    def candidate(self, index: int) -> Scene:
        """One candidate as a population of one, detached and on the CPU."""
        rows = slice(index, index + 1)
        return replace(self, **{name: getattr(self, name)[rows].detach().cpu() for name in self.tensors})


def only(scene: Scene, paths: Sequence[int]) -> Scene:
    """A drawing of some paths of another, in their order.

    Args:
        scene: the other.
        paths: their numbers, ascending.
    """
    starts = scene.topology.path_starts
    points = [n for index in paths for n in range(starts[index], starts[index] + scene.topology.paths[index].points)]
    rows: dict[str, Any] = {
        name: getattr(scene, name)[:, points if name == "points" else list(paths)]
        for name in scene.tensors
        if name != "paper"
    }
    return replace(scene, topology=Topology(tuple(scene.topology.paths[index] for index in paths)), **rows)


def joined(scenes: Sequence[Scene]) -> Scene:
    """Scenes of one topology as one population."""
    names = scenes[0].tensors
    rows: dict[str, Any] = {name: torch.cat([getattr(scene, name) for scene in scenes]) for name in names}
    return replace(scenes[0], **rows)

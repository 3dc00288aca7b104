"""Reinitialisation: paths that have vanished begin again elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from renderers.strokes.bezier import polygon_lengths, signed_areas
from renderers.strokes.drawing import Strokes
from renderers.strokes.layers import layers_of
from renderers.strokes.scene import Scene


@dataclass(frozen=True)
class Reinitialisation:
    """When a path has vanished, and how long it is given another start.

    Args:
        fresh: (step, candidate) -> a scene of one candidate and the same topology, whose paths take the places of
            vanished ones; it must give the same scene each time.
        every: steps between two looks.
        until: no look after so many steps, so that the last beginners have time to grow.
        opacity: paths fainter than this have vanished, 0..1.
        area: and those that cover less than this many square pixels, or lie wholly outside the canvas.
    """

    fresh: Callable[[int, int], Scene]
    every: int
    until: int
    opacity: float
    area: float


class ReinitialisedStrokes(Strokes):
    """Strokes whose vanished paths begin again; everything that decides it is in the state dict.

    Args:
        scene: where to start.
        learning_rates: see `Strokes`.
        reinitialisation: when and how; None for never.
        width_range: see `Strokes`.

    Source: Jain et al., VectorFusion, 2023, section 4.2 (reinitialising paths); SVGDreamer likewise.
    """

    age: Tensor
    number: Tensor

    def __init__(
        self,
        scene: Scene,
        learning_rates: Mapping[str, float],
        reinitialisation: Reinitialisation | None,
        width_range: tuple[float, float] = (0.5, 50.0),
    ) -> None:
        super().__init__(scene, learning_rates, width_range)
        self._renewal = reinitialisation
        self.register_buffer("age", torch.zeros(scene.candidates, dtype=torch.int64))
        self.register_buffer("number", torch.arange(scene.candidates))

    @torch.no_grad()
    def constrain(self) -> None:
        """As `Strokes.constrain`; then looks for vanished paths where that is due."""
        super().constrain()
        self.age += 1
        age = int(self.age[0])
        if self._renewal is not None and age % self._renewal.every == 0 and age <= self._renewal.until:
            self._renew(self._renewal, age)

    def _renew(self, reinitialisation: Reinitialisation, age: int) -> None:
        scene = self.scene()
        gone = vanished(scene, reinitialisation.opacity, reinitialisation.area)
        counts = torch.tensor([path.points for path in scene.topology.paths], device=gone.device)
        for row in torch.nonzero(gone.any(dim=1)).flatten().tolist():
            fresh = reinitialisation.fresh(age, int(self.number[row]))
            points = torch.repeat_interleave(gone[row], counts)
            self.points[row, points] = fresh.points[0].to(self.points)[points]
            for name in ("widths", "stroke_colours", "fill_colours"):
                tensor = getattr(self, name)
                tensor[row, gone[row]] = getattr(fresh, name)[0].to(tensor)[gone[row]]


@torch.no_grad()
def vanished(scene: Scene, opacity: float, area: float) -> Tensor:
    """Which paths are not seen any more.

    Args:
        scene: S candidates of P paths.
        opacity: least that a path needs, of its fill or its stroke, 0..1.
        area: least that it covers, in square pixels: within its outline, or length of the control polygon times width.

    Returns:
        [S, P].
    """
    layers = layers_of(scene.topology, scene.points.device)
    cubics = scene.points[:, layers.cubics.long()]
    height, width = scene.size
    seen = torch.zeros(scene.candidates, len(scene.topology.paths), dtype=torch.bool, device=scene.points.device)
    for path, kind, first, end in layers.layers.tolist():
        own = cubics[:, first:end]
        if kind:
            covers, colours = signed_areas(own).sum(dim=1).abs(), scene.fill_colours
        else:
            covers, colours = polygon_lengths(own).sum(dim=1) * scene.widths[:, path], scene.stroke_colours
        low, high = own.flatten(1, 2).amin(dim=1), own.flatten(1, 2).amax(dim=1)
        inside = (high > 0).all(dim=1) & (low[:, 0] < width) & (low[:, 1] < height)
        seen[:, path] |= (colours[:, path, 3] >= opacity) & (covers >= area) & inside
    return ~seen

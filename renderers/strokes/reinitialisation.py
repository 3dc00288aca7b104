"""Reinitialisation: paths that have vanished begin again elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from limn.step import Step
from renderers.base import OptimiserState
from renderers.strokes.bezier import polygon_lengths, signed_areas
from renderers.strokes.drawing import Strokes
from renderers.strokes.rasteriser import rasterise
from renderers.strokes.scene import Scene
from renderers.strokes.tables import tables_of


@dataclass(frozen=True)
class Reinitialisation:
    """When a path counts as vanished, and how it begins again.

    Args:
        fresh: makes a scene of one candidate and the same topology, whose paths take the places of those that begin; it
            is given a generator, which paths these are, bool [P], and the picture as it is now [3, H, W].
        every: steps between two looks.
        until: fraction of the run after which no path begins again, so that the last ones have time to grow, 0..1.
        opacity: paths below this opacity have vanished, 0..1.
        area: so have paths that cover less than this many square pixels, or lie wholly outside the canvas.
        most: paths that begin at one look, the lowest first; None for all.
    """

    fresh: Callable[[torch.Generator, Tensor, Tensor], Scene]
    every: int
    until: float
    opacity: float
    area: float
    most: int | None = None


class ReinitialisedStrokes(Strokes):
    """Strokes whose vanished paths begin again.

    Args:
        scene: where to start.
        learning_rates: see `Strokes`.
        reinitialisation: when and how; None for never.
        width_range: see `Strokes`.

    Source: Jain et al., VectorFusion, 2023, section 4.2 (reinitialising paths); SVGDreamer likewise.
    """

    def __init__(
        self,
        scene: Scene,
        learning_rates: Mapping[str, float],
        reinitialisation: Reinitialisation | None,
        width_range: tuple[float, float] = (0.5, 50.0),
    ) -> None:
        super().__init__(scene, learning_rates, width_range)
        self._reinitialisation = reinitialisation

    @torch.no_grad()
    def after_step(self, step: Step, state: OptimiserState) -> None:
        """Lets vanished paths begin again, where that is due."""
        wanted, done = self._reinitialisation, step.index + 1
        if wanted is None or done % wanted.every or done > round(wanted.until * step.total):
            return
        scene = self.scene()
        gone = vanished(scene, wanted.opacity, wanted.area)
        if wanted.most is not None:
            gone &= gone.cumsum(dim=1) <= wanted.most
        counts = torch.tensor([path.points for path in scene.topology.paths], device=gone.device)
        rgb, _ = rasterise(scene)
        for row in torch.nonzero(gone.any(dim=1)).flatten().tolist():
            # Each candidate draws from a stream of its own, whoever else is left.
            draws = replace(step, index=done).generator(f"renew/{int(self.candidate_ids[row])}")
            fresh = wanted.fresh(draws, gone[row], rgb[row])
            points = torch.repeat_interleave(gone[row], counts)
            self.points[row, points] = fresh.points[0].to(self.points)[points]
            for name in fresh.tensors[1:]:
                tensor = getattr(self, name)
                tensor[row, gone[row]] = getattr(fresh, name)[0].to(tensor)[gone[row]]


@torch.no_grad()
def vanished(scene: Scene, opacity: float, area: float) -> Tensor:
    """Which paths are no longer visible.

    Args:
        scene: S candidates of P paths.
        opacity: least opacity of a visible fill or stroke, 0..1.
        area: least area in square pixels of a visible fill (within its outline) or stroke (length of the control
            polygon times width).

    Returns:
        [S, P].
    """
    tables = tables_of(scene.topology, scene.points.device)
    cubics = scene.points[:, tables.cubics.long()]
    height, width = scene.size
    seen = torch.zeros(scene.candidates, len(scene.topology.paths), dtype=torch.bool, device=scene.points.device)
    for path, kind, first, end in tables.layers.tolist():
        own = cubics[:, first:end]
        if kind:
            covers, colours = signed_areas(own).sum(dim=1).abs(), scene.fill_colours
        else:
            covers, colours = polygon_lengths(own).sum(dim=1) * scene.widths[:, path], scene.stroke_colours
        low, high = own.flatten(1, 2).amin(dim=1), own.flatten(1, 2).amax(dim=1)
        inside = (high > 0).all(dim=1) & (low[:, 0] < width) & (low[:, 1] < height)
        seen[:, path] |= (colours[:, path, 3] >= opacity) & (covers >= area) & inside
    return ~seen

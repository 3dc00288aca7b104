"""Filled shapes whose outlines never cross themselves."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from limn.cameras import Cameras
from limn.frames import Frames
from limn.step import Step
from renderers.base import OptimiserState, ParameterGroup
from renderers.strokes.crossings import uncrossed
from renderers.strokes.reinitialisation import Reinitialisation, ReinitialisedStrokes, vanished
from renderers.strokes.scene import Scene, only

BETAS = (0.9, 0.99)
"""Of Adam: a shape that begins late has no second moment, and the first gradients would make it leap."""


class SimpleShapes(ReinitialisedStrokes):
    """Shapes that begin where they are wanted and whose outlines stay simple; strokes may cross as they like.

    Args:
        scene: where to start, with no outline that crosses itself.
        learning_rates: see `Strokes`.
        reinitialisation: when and how shapes begin that are not there, or no longer; None for never.
        opaque: opacities stay 1.
        width_range: see `Strokes`.

    Source: Ma et al., LIVE: Towards Layer-wise Image Vectorization, 2022; where its xing loss only discourages
    crossings, each step is projected here.
    """

    def __init__(
        self,
        scene: Scene,
        learning_rates: Mapping[str, float],
        reinitialisation: Reinitialisation | None = None,
        opaque: bool = False,
        width_range: tuple[float, float] = (0.5, 50.0),
    ) -> None:
        super().__init__(scene, learning_rates, reinitialisation, width_range)
        self._opaque = opaque
        self._before: Tensor | None = None

    def parameter_groups(self) -> list[ParameterGroup]:
        """See `Strokes`."""
        return [
            ParameterGroup(group.name, group.parameters, group.learning_rate, options={"betas": BETAS})
            for group in super().parameter_groups()
        ]

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """See `Strokes`; remembers the points, to which a step may have to go back."""
        self._before = self.points.detach().clone()
        return super().render(cameras, size, step)

    @torch.no_grad()
    def written(self, candidate: int) -> Scene:
        """See `Strokes`; paths that are not there are left out."""
        scene = super().written(candidate)
        if self._reinitialisation is None:
            return scene
        gone = vanished(scene, self._reinitialisation.opacity, self._reinitialisation.area)
        return only(scene, torch.nonzero(~gone[0]).flatten().tolist())

    @torch.no_grad()
    def constrain(self) -> None:
        """See `Strokes`; opacities stay 1 where that is wanted."""
        super().constrain()
        if self._opaque:
            for name in self.scene().tensors:
                if name.endswith("colours"):
                    getattr(self, name)[..., 3] = 1.0

    @torch.no_grad()
    def after_step(self, step: Step, state: OptimiserState) -> None:
        """Takes back what crosses, then lets shapes begin."""
        if self._before is not None and any(path.filled for path in self._frame.topology.paths):
            moved = uncrossed(self._frame.topology, self.points.detach(), self._before)
            changed = (moved != self.points).any(dim=-1)
            if bool(changed.any()):
                numbers = torch.arange(self.points.shape[1], device=moved.device).expand(changed.shape)
                state.replace(self.get_parameter("points"), moved, torch.where(changed, -1, numbers))
        super().after_step(step, state)

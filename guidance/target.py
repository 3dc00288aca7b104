"""Target: what pictures are compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from limn.errors import InputError
from limn.frames import Frames
from limn.step import Step

ViewsAt = Callable[[Frames, Step], Frames]
"""The frames of a step -> pictures [1 or S, V, ...] of the same views: photographs, or the scene at the start."""


@dataclass(frozen=True, eq=False)
class Target:
    """What pictures are compared with: one of a fixed picture, a picture for each view, or what an encoder made.

    Args:
        picture: a fixed picture [1, 3, H, W] in 0..1.
        views: gives a picture for each view of a step.
        embedding: an embedding, such as the mean of examples of a style [K, D], of any length.
        layers: name of an encoder's layer -> activations or statistics [K, ...].
    """

    picture: Tensor | None = None
    views: ViewsAt | None = None
    embedding: Tensor | None = None
    layers: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def fixed(self) -> bool:
        """True if the target is the same in all views and steps."""
        return self.views is None

    def frames(self, frames: Frames, step: Step) -> Frames:
        """Pictures to set beside those of a step [1 or S, 1 or V, 3, H, W].

        Raises:
            InputError: the target has no picture.
        """
        if self.views is not None:
            with torch.no_grad():
                return self.views(frames, step)
        return self.fixed_frames()

    def fixed_picture(self) -> Tensor:
        """The picture [1, 3, H, W].

        Raises:
            InputError: the target is not a fixed picture.
        """
        if self.picture is None:
            kind = "a picture for each view" if self.views is not None else "an embedding"
            raise InputError(f"expected one fixed picture as target, got {kind}")
        return self.picture

    def through(self, look: ViewsAt) -> Target:
        """The same target with other frames in place of its own: another channel, a part, a region.

        Args:
            look: frames -> what a loss sees of them.
        """
        if self.views is not None:
            views = self.views
            return Target(views=lambda frames, step: look(views(frames, step), step))
        if self.picture is not None:
            return Target(picture=look(self.fixed_frames(), Step(0, 1, training=False)).rgb[:, 0])
        return self

    def fixed_frames(self) -> Frames:
        """The fixed picture as the frames of one candidate in one view."""
        rgb = self.fixed_picture()[:, None]
        return Frames(rgb, torch.ones_like(rgb[:, :, :1]))

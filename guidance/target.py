"""Target: what pictures are compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from guidance.filters import fitted
from limn.errors import InputError
from limn.frames import Frames
from limn.step import Step

ViewsAt = Callable[[Frames, Step], Frames]
"""The frames of a step -> pictures [1 or S, V, ...] of the same views: photographs, or the scene at the start."""


@dataclass(frozen=True, eq=False)
class Target:
    """What pictures are compared with: a fixed picture, one for each view, a film, or what an encoder made.

    Args:
        picture: a fixed picture [1, 3, H, W] in 0..1.
        views: gives a picture for each view of a step.
        embedding: an embedding, such as the mean of examples of a style [K, D], of any length.
        layers: name of an encoder's layer -> activations or statistics [K, ...].
        film: frames in their order [T, 3, H, W] in 0..1.
        weight: how much each pixel of the fixed picture counts, 0..1 [1, 1, H, W]; all of them alike when None.
    """

    picture: Tensor | None = None
    views: ViewsAt | None = None
    embedding: Tensor | None = None
    layers: Mapping[str, Tensor] = field(default_factory=dict)
    film: Tensor | None = None
    weight: Tensor | None = None

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

    def counted(self, frames: Frames, step: Step) -> Frames:
        """The frames as comparisons see them: where a pixel counts little, it is nearly that of the target.

        So a weight means the same to all losses, whatever they make of pictures; made once a step.

        Args:
            frames: S candidates in V views.
            step: what is shared is shared within it.
        """
        if self.weight is None:
            return frames
        weight = self.weight

        def blend() -> tuple[Frames, Frames]:
            size = frames.rgb.shape[-2:]
            target, counts = (fitted(picture, *size) for picture in (self.fixed_picture(), weight))
            return frames, replace(frames, rgb=torch.lerp(target, frames.rgb, counts.to(frames.rgb)))

        return step.share(("counted", id(frames), id(self)), blend)[1]

    def fixed_picture(self) -> Tensor:
        """The picture [1, 3, H, W].

        Raises:
            InputError: the target is not a fixed picture.
        """
        if self.picture is None:
            raise InputError(f"expected one fixed picture as target, got {self._kind}")
        return self.picture

    def film_frames(self) -> Tensor:
        """The frames of the film [T, 3, H, W].

        Raises:
            InputError: the target is not a film.
        """
        if self.film is None:
            raise InputError(f"expected a film as target, got {self._kind}")
        return self.film

    @property
    def _kind(self) -> str:
        if self.film is not None:
            return "a film, with which video_similarity compares"
        if self.picture is not None:
            return "a picture"
        return "a picture for each view" if self.views is not None else "an embedding"

    def through(self, look: ViewsAt) -> Target:
        """The same target with other frames in place of its own: another channel, a part, a region.

        Args:
            look: frames -> what a loss sees of them.
        """
        if self.views is not None:
            views = self.views
            return Target(views=lambda frames, step: look(views(frames, step), step))
        still = Step(0, 1, training=False)
        if self.picture is not None:
            weight = (
                None if self.weight is None else look(_frames(self.weight.expand(-1, 3, -1, -1)), still).rgb[:, 0, :1]
            )
            return Target(picture=look(self.fixed_frames(), still).rgb[:, 0], weight=weight)
        if self.film is not None:
            film = self.film[None]
            return Target(film=look(Frames(film, torch.ones_like(film[:, :, :1])), still).rgb[0])
        return self

    def counting(self, weight: Tensor) -> Target:
        """The same target, whose pixels count as much as a weight [1, 1, H, W] says, times what they counted."""
        return replace(self, weight=weight if self.weight is None else weight.to(self.weight) * self.weight)

    def to(self, device: torch.device | str) -> Target:
        """The same fixed picture on a device."""
        weight = None if self.weight is None else self.weight.to(device)
        return replace(self, picture=self.fixed_picture().to(device), weight=weight)

    def fixed_frames(self) -> Frames:
        """The fixed picture as the frames of one candidate in one view."""
        return _frames(self.fixed_picture())


def _frames(picture: Tensor) -> Frames:
    return Frames(picture[:, None], torch.ones_like(picture[:, None, :1]))

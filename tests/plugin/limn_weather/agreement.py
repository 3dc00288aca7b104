"""A loss over two encoders."""

from __future__ import annotations

from torch import Tensor

from guidance import AugmentedEncoder, Loss, Step
from guidance.losses import image_similarity
from guidance.target import Target
from renderers import Frames


class Agreement(Loss):
    """Pictures look like the target to two encoders.

    Args:
        encoder: looks at both.
        second: looks at both, too.
        target: what pictures should look like.
        share: of the second encoder in the loss, in 0..1.
    """

    def __init__(self, encoder: AugmentedEncoder, second: AugmentedEncoder, target: Target, share: float = 0.5) -> None:
        super().__init__()
        self.encoder, self.second, self.target, self.share = encoder, second, target, share

    def forward(self, frames: Frames, step: Step) -> Tensor:
        first, second = (
            image_similarity(look(frames, step).embedding, look.target(self.target, frames, step).embedding)
            for look in (self.encoder, self.second)
        )
        return (1 - self.share) * first + self.share * second

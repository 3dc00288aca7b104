"""Losses between the embeddings of pictures."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss
from guidance.losses.pairs import paired
from limn.frames import Frames
from limn.step import Step


def image_similarity(embedding: Tensor, target: Tensor) -> Tensor:
    """How far pictures are from a target: mean over looks of 1 - cos.

    Args:
        embedding: of S candidates in N looks [S, N, D].
        target: of the target in its looks [1, K, D]; N is a multiple of K.

    Returns:
        [S].

    Source: CLIPasso's loss on the last layer, to be weighted 0.1.
    """
    return (1.0 - F.cosine_similarity(*paired(embedding, target), dim=-1)).flatten(1).mean(dim=1)


class ImageSimilarity(Loss):
    """`image_similarity` to the target.

    Args:
        view: how pictures and target are looked at.
        target: [1, 3, H, W] in 0..1.
    """

    def __init__(self, view: AugmentedEncoder, target: Tensor) -> None:
        super().__init__()
        self.view, self.target = view, target

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return image_similarity(self.view(frames, step).embedding, self.view.target(self.target, step).embedding)

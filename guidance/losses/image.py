"""Losses between the embeddings of pictures."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from guidance.encoders.encoder import Encoded
from guidance.losses.comparison import EncodedComparison
from guidance.losses.pairs import paired


def image_similarity(embedding: Tensor, target: Tensor) -> Tensor:
    """How far pictures are from a target: mean over looks of 1 - cos.

    Args:
        embedding: of S candidates in N looks [S, N, D].
        target: of the target in its looks [1 or S, K, D]; N is a multiple of K.

    Returns:
        [S].

    Source: CLIPasso's loss on the last layer, to be weighted 0.1.
    """
    return (1.0 - F.cosine_similarity(*paired(embedding, target), dim=-1)).flatten(1).mean(dim=1)


class ImageSimilarity(EncodedComparison[Tensor]):
    """`image_similarity` to the target."""

    def read(self, encoded: Encoded) -> Tensor:
        """The embedding [S, N, D]."""
        return encoded.embedding

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`image_similarity`."""
        return image_similarity(pictures, target)

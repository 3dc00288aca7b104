"""Residual vectors: the direction from bad examples to good ones, as a target with an end."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def residual_vector(good: Tensor, bad: Tensor) -> Tensor:
    """From bad examples to good ones: n(n(mean good) - n(mean bad)).

    Args:
        good: [K, D]: pictures, or words.
        bad: [L, D], of the same kind.

    Returns:
        [D] of length 1.

    Source: RAVE (Gaintseva et al. 2024).
    """
    return F.normalize(F.normalize(good.mean(dim=0), dim=-1) - F.normalize(bad.mean(dim=0), dim=-1), dim=-1)


def residual_distance(embeddings: Tensor, vector: Tensor, threshold: float | Tensor) -> Tensor:
    """(cos(e, vector) - threshold)^2: pictures go as far along a direction as the good examples are, and no farther.

    Args:
        embeddings: [..., D], of any length.
        vector: [D] of length 1.
        threshold: the cosine of the good examples' mean and the vector.

    Returns:
        [...].

    Source: RAVE, equation 5.
    """
    return (F.normalize(embeddings, dim=-1) @ vector - threshold).square()

"""Interpolation: embeddings between embeddings, on the sphere where CLIP's cosines live."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

UNION_ROUNDS = 2000
"""Badoiu and Clarkson's error falls with one by the root of the rounds."""


def slerp(x: Tensor, y: Tensor, amount: float | Tensor) -> Tensor:
    """The point on the arc between two embeddings: sin((1 - a) w) / sin(w) x + sin(a w) / sin(w) y, w their angle.

    Args:
        x: [..., D], of any length but 0.
        y: the same, or what broadcasts with it.
        amount: 0 for x, 1 for y; a number or [...].

    Returns:
        [..., D] of length 1. Between opposite embeddings every arc is as short; it is then none in particular.

    Source: Shoemake 1985; unCLIP's interpolations (Ramesh et al. 2022).
    """
    x, y = F.normalize(x, dim=-1), F.normalize(y, dim=-1)
    a = torch.as_tensor(amount, dtype=x.dtype, device=x.device)[..., None]
    angle = torch.atan2((y - x).norm(dim=-1), (y + x).norm(dim=-1)).mul(2.0)[..., None]
    near = angle < 1e-4
    sine = torch.where(near, torch.ones_like(angle), angle.sin())
    first = torch.where(near, 1.0 - a, ((1.0 - a) * angle).sin() / sine)
    second = torch.where(near, a.expand_as(angle), (a * angle).sin() / sine)
    return F.normalize(first * x + second * y, dim=-1)


def text_difference(words: Tensor, before: Tensor) -> Tensor:
    """The direction from one description to another, n(n(words) - n(before)).

    Args:
        words: [..., D], of any length.
        before: what is there, or a caption that says nothing, such as "a photo" [..., D].

    Returns:
        [..., D] of length 1.

    Source: unCLIP's text differences.
    """
    return F.normalize(F.normalize(words, dim=-1) - F.normalize(before, dim=-1), dim=-1)


def steered(picture: Tensor, words: Tensor, before: Tensor, amount: float = 0.3) -> Tensor:
    """A picture's embedding turned towards a change of words.

    Args:
        picture: [..., D], of any length.
        words: [..., D].
        before: [..., D].
        amount: 0..1 of the arc; unCLIP takes 0.25 to 0.5.

    Returns:
        [..., D] of length 1.

    Source: unCLIP (Ramesh et al. 2022), section 3.3.
    """
    return slerp(picture, text_difference(words, before), amount)


def average(embeddings: Tensor, weights: Tensor | None = None) -> Tensor:
    """The normalised mean of embeddings.

    Args:
        embeddings: [K, D], of any length; their directions count.
        weights: [K]; all alike unless given.

    Returns:
        [D] of length 1.

    Source: the untrained operator that pOps (Richardson et al. 2024) starts from.
    """
    rows = F.normalize(embeddings, dim=-1)
    mean = rows.mean(dim=0) if weights is None else weights.to(rows) @ rows
    return F.normalize(mean, dim=-1)


def union(embeddings: Tensor) -> Tensor:
    """The embedding that is like all of several: its least cosine to them is the greatest there is.

    The mean forgets what is rare among them; this does not.

    Args:
        embeddings: [K, D], of any length, all in one half of the sphere.

    Returns:
        [D] of length 1, the middle of the smallest cap round all of them.

    Source: Badoiu and Clarkson 2003, the smallest enclosing ball.
    """
    rows = F.normalize(embeddings, dim=-1)
    middle = rows.mean(dim=0)
    for number in range(1, UNION_ROUNDS):
        farthest = rows[(rows - middle).square().sum(dim=-1).argmax()]
        middle = middle + (farthest - middle) / (number + 1)
    return F.normalize(middle, dim=-1)

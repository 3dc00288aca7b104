"""Brings what an encoder says of pictures and of a target to shapes that broadcast."""

from __future__ import annotations

from torch import Tensor


def paired(pictures: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """[S, N, ...] and [1, K, ...] as [S, V, K, ...] and [1, 1, K, ...]: each of V views meets the target in K looks."""
    looks = target.shape[1]
    return pictures.reshape(len(pictures), -1, looks, *pictures.shape[2:]), target[:, None]

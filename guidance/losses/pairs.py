"""Brings what an encoder says of pictures and of a target to shapes that broadcast."""

from __future__ import annotations

from torch import Tensor


def paired(pictures: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """[S, N, ...] and [T, K, ...] as [S, N / K, K, ...] and [T, 1, K, ...], which broadcast; T is 1 or S."""
    looks = target.shape[1]
    return pictures.reshape(len(pictures), -1, looks, *pictures.shape[2:]), target[:, None]

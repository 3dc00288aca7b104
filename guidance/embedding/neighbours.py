"""Neighbours: what the nearest of many pictures with captions say about words."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.embedding.modality import procrustes


def aligned(words: Tensor, captions: Tensor, pictures: Tensor, pairs: int = 64, stay: float = 16.0) -> Tensor:
    """Words turned to where pictures of such words lie: R w, with the rotation R of the nearest pairs.

    Args:
        words: [P, D], of any length.
        captions: of K pictures [K, D], of any length.
        pictures: [K, D], of any length.
        pairs: how many captions, the nearest to each of the words, R is fitted to, 0 turns nothing.
        stay: how much words are left as they are, see `procrustes`.

    Returns:
        [P, D] of length 1.

    Source: Implicit Inversion (2025), where nothing stays.
    """
    words, captions = F.normalize(words, dim=-1), F.normalize(captions, dim=-1)
    if pairs == 0:
        return words
    nearest = (words @ captions.T).topk(min(pairs, len(captions))).indices
    turns = (procrustes(captions[near], pictures[near], stay) for near in nearest)
    turned = [turn @ one for turn, one in zip(turns, words, strict=True)]
    return F.normalize(torch.stack(turned), dim=-1)


def blend(words: Tensor, pictures: Tensor, count: int = 8, temperature: float = 0.05) -> Tensor:
    """The mean of the nearest pictures, weighted by a softmax of their cosines.

    Args:
        words: aligned ones [P, D], of any length.
        pictures: [K, D], of any length.
        count: how many pictures take part.
        temperature: of the softmax.

    Returns:
        [P, D] of length 1.

    Source: Implicit Inversion (2025).
    """
    pictures = F.normalize(pictures, dim=-1)
    cosines, nearest = (F.normalize(words, dim=-1) @ pictures.T).topk(min(count, len(pictures)))
    weights = (cosines / temperature).softmax(dim=-1)
    return F.normalize((weights[..., None] * pictures[nearest]).sum(dim=-2), dim=-1)

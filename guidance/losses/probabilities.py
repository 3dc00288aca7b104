"""Probabilities: how likely an encoder finds each of several classes, which words describe in several ways."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def class_probabilities(embedding: Tensor, text: Tensor, scale: float) -> Tensor:
    """How likely an encoder finds each class: a softmax over classes for each way to say them, then the mean.

    Args:
        embedding: of S candidates in N looks [S, N, D], of any length.
        text: of C classes, each said in P ways [P, C, D], of length 1.
        scale: factor on the cosines before the softmax over classes.

    Returns:
        [S, N, C], each row adds up to 1.
    """
    cosines = torch.einsum("snd,pcd->snpc", F.normalize(embedding, dim=-1), text)
    return (scale * cosines).softmax(dim=-1).mean(dim=2)

"""Condition: a text as tensors that its prior understands."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Condition = dict[str, Tensor]
"""Named tensors with one leading row per text. Only the prior that made them knows what they mean."""


def stack(conditions: Sequence[Condition]) -> Condition:
    """Concatenates the rows of conditions of one prior."""
    return {name: torch.cat([condition[name] for condition in conditions]) for name in conditions[0]}


def repeat(condition: Condition, count: int) -> Condition:
    """A condition of one row as ``count`` rows."""
    return {name: value.expand(count, *value.shape[1:]) for name, value in condition.items()}


def blend(conditions: Condition, weights: Tensor) -> Condition:
    """Mixes K rows linearly; masks, which are integers, are joined.

    Args:
        conditions: of K rows.
        weights: how much each counts in each of N mixtures [N, K].

    Returns:
        N rows.

    Source: view-dependent prompts of DreamFusion, interpolated as in stable-dreamfusion.
    """
    mixed: Condition = {}
    for name, value in conditions.items():
        if value.is_floating_point():
            mixed[name] = torch.einsum("nk,k...->n...", weights.to(value), value)
        else:
            used = (weights != 0).to(value)
            mixed[name] = torch.einsum("nk,k...->nk...", used, value).amax(dim=1)
    return mixed

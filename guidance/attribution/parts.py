"""What each part of a picture is worth: strokes of a drawing, pieces of a model, or any players of a game."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Game = Callable[[Tensor], Tensor]
"""Which of n parts are there, bool [K, n] -> scores [K], higher is better."""


def leave_one_out(game: Game, count: int) -> Tensor:
    """How much the score falls without each part [count]."""
    kept = torch.cat([torch.ones(1, count, dtype=torch.bool), ~torch.eye(count, dtype=torch.bool)])
    scores = game(kept)
    return scores[0] - scores[1:]


def shapley(game: Game, count: int, permutations: int, generator: torch.Generator) -> Tensor:
    """What each part adds to those that came before it, averaged over orders [count].

    The sum is the score of all parts less that of none, whatever the orders. Every order is also taken backwards,
    which halves the work for the same deviation.

    Args:
        game: scores of parts.
        count: n.
        permutations: orders, an even number.
        generator: draws them.

    Source: Castro et al., Polynomial calculation of the Shapley value based on sampling, 2009; Mitchell et al.,
    Sampling Permutations for Shapley Value Estimation, 2022, for antithetic orders.
    """
    half = [torch.randperm(count, generator=generator) for _ in range(permutations // 2)]
    orders = [each for order in half for each in (order, order.flip(0))]
    # What comes up in several orders is scored once.
    kept = torch.cat([_growing(order) for order in orders])
    rows, place = torch.unique(kept, dim=0, return_inverse=True)
    added = game(rows).cpu()[place].view(len(orders), count + 1).diff(dim=1)
    return torch.zeros(count).index_add(0, torch.cat(orders), added.flatten()) / len(orders)


def deletion_curve(game: Game, order: Sequence[int] | Tensor) -> Tensor:
    """The score as parts are taken away one after the other [n + 1]; the first is that of all.

    Source: Petsiuk et al., RISE, 2018.
    """
    backwards = torch.as_tensor(order).flip(0)
    return game(_growing(backwards)).flip(0)


def _growing(order: Tensor) -> Tensor:
    """Nothing, then one part more each time [n + 1, n]."""
    count = len(order)
    place = torch.empty(count, dtype=torch.long)
    place[order] = torch.arange(count)
    return place[None] < torch.arange(count + 1)[:, None]

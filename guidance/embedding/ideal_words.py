"""Ideal words: embeddings of compositions as sums of what each part brings."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class IdealWords:
    """What the words of each factor add to the mean.

    Args:
        mean: of all compositions [D].
        factors: for each factor, what each of its words adds [N_f, D].
    """

    mean: Tensor
    factors: tuple[Tensor, ...]

    def composed(self, *words: int) -> Tensor:
        """The embedding of a composition that need not have been among those seen [D].

        Args:
            words: for each factor, the number of its word.
        """
        parts = [factor[word] for factor, word in zip(self.factors, words, strict=True)]
        return self.mean + torch.stack(parts).sum(dim=0)

    def all_composed(self) -> Tensor:
        """The embeddings of all compositions [N_1, N_2, ..., D]."""
        total = self.mean
        for number, factor in enumerate(self.factors):
            shape = [1] * len(self.factors)
            shape[number] = len(factor)
            total = total + factor.view(*shape, -1)
        return total


def ideal_words(embeddings: Tensor, seen: Tensor | None = None) -> IdealWords:
    """Ideal words of a table of compositions, such as colours times shapes.

    u_z = mean over all compositions with the word z - mean over all compositions.

    Args:
        embeddings: [N_1, N_2, ..., D], of any length; they are normalised.
        seen: which compositions are known [N_1, N_2, ...]; all unless given. With gaps the sums are fitted by least
            squares, which gives the same where there is none.

    Source: Trager et al. 2023, Linear Spaces of Meanings in Vision-Language Models.
    """
    embeddings = F.normalize(embeddings, dim=-1)
    shape = embeddings.shape[:-1]
    known = torch.ones(shape, dtype=torch.bool) if seen is None else seen
    places = known.nonzero()
    columns = [F.one_hot(places[:, axis], size).to(embeddings) for axis, size in enumerate(shape)]
    design = torch.cat([torch.ones(len(places), 1, dtype=embeddings.dtype), *columns], dim=1)
    # The least of all solutions; then each factor's words are made to add up to nothing.
    found = torch.linalg.pinv(design) @ embeddings[known]
    mean, factors = found[0], found[1:].split(list(shape))
    return IdealWords(
        mean + torch.stack([factor.mean(dim=0) for factor in factors]).sum(dim=0),
        tuple(factor - factor.mean(dim=0) for factor in factors),
    )

"""Vectors of facts, at which the two towers meet."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.world.captions import COLOUR_NAMES, NOTHING, RELATIONS, VIEWS, Fact

Question = tuple[Fact, Tensor, Tensor]
"""A column of a table of facts, vectors [A, D] of its answers, and bool [N], where it is asked."""


class FactVectors(nn.Module):
    """One vector for each fact that a picture may show.

    Pictures are classified by their cosines with these vectors; a caption is to become the sum of the vectors of what
    it claims. A caption's cosine with a picture then is the sum of what the picture says to its claims, and what was
    never seen together adds up all the same. What all answers to a question have in common is taken away: it would make
    captions that answer the question better or worse than others, whatever the picture. The objects of a pair have the
    same vectors as single objects, turned by one matrix for the first (left, upper) and one for the second place, as in
    tensor product representations (Smolensky, 1990).

    Args:
        concepts: number of concepts.
        width: D, of the embeddings.
    """

    def __init__(self, concepts: int, width: int) -> None:
        super().__init__()

        def table(rows: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(rows, width) / math.sqrt(width))

        self.objects = table(concepts)
        self.colours = table(len(COLOUR_NAMES))
        self.grounds = table(len(COLOUR_NAMES) + 2)
        self.relations = table(len(RELATIONS))
        self.media = table(2)
        self.views = table(len(VIEWS))
        self.places = nn.Parameter(torch.stack([nn.init.orthogonal_(torch.empty(width, width)) for _ in range(2)]))

    def classify(self, image: Tensor, facts: Tensor, scale: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Cross entropy of everything that pictures show, summed over facts, averaged over pictures.

        Pictures of nothing are to look like every object as much as like any other (Hendrycks et al., "Deep anomaly
        detection with outlier exposure", 2019).

        Args:
            image: unit embeddings [N, D].
            facts: int64 [N, 8].
            scale: factor of the cosines.

        Returns:
            The loss, and the share of right answers for each column.
        """
        total = image.new_zeros(())
        right: dict[str, list[Tensor]] = {}
        for column, answers, asked in self._questions(facts):
            asked = asked & (facts[:, column] >= 0)
            if not asked.any():
                continue
            logits = scale * image[asked] @ answers.T
            hits = logits.argmax(1) == facts[asked, column]
            right.setdefault(column.name.lower(), []).append(hits)
            total = total + F.cross_entropy(logits, facts[asked, column], reduction="sum")
        nothing = facts[:, Fact.OBJECT] == NOTHING
        logits = scale * image[nothing] @ F.normalize(self.objects, dim=-1).T
        shares = {name: float(torch.cat(hits).float().mean()) for name, hits in right.items()}
        return (total - logits.log_softmax(1).mean(1).sum()) / len(facts), shares

    @torch.no_grad()
    def tell(self, claims: Tensor, owners: Tensor) -> Tensor:
        """Unit vectors [N, D] of captions: the sum of what they claim.

        Args:
            claims: int64 [N, 8].
            owners: int64 [names and keywords, 2], the concepts that a claimed object may be.
        """
        told = self.objects.new_zeros(len(claims), self.objects.shape[1])
        for column, answers, asked in self._questions(claims):
            asked = asked & (claims[:, column] >= 0)
            said = claims[asked, column]
            if column in (Fact.OBJECT, Fact.SECOND):
                told[asked] += F.normalize(answers[owners[said]].mean(1), dim=-1)
            else:
                told[asked] += answers[said]
        return F.normalize(told, dim=-1)

    def _questions(self, table: Tensor) -> Iterator[Question]:
        pair = table[:, Fact.SECOND] >= 0
        for column, vectors, place in (
            (Fact.OBJECT, self.objects, 0),
            (Fact.COLOUR, self.colours, 0),
            (Fact.SECOND, self.objects, 1),
            (Fact.SECOND_COLOUR, self.colours, 1),
        ):
            yield column, _centred(vectors @ self.places[place]), pair
        alone = ((Fact.OBJECT, self.objects), (Fact.COLOUR, self.colours))
        for column, vectors in alone:
            yield column, _centred(vectors), ~pair
        for column, vectors in (
            (Fact.RELATION, self.relations),
            (Fact.GROUND, self.grounds),
            (Fact.MEDIUM, self.media),
            (Fact.VIEW, self.views),
        ):
            yield column, _centred(vectors), torch.ones_like(pair)


def _centred(vectors: Tensor) -> Tensor:
    unit = F.normalize(vectors, dim=-1)
    return unit - unit.mean(dim=0)

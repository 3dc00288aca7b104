"""Recall: whether a picture finds the target that it was made from among those of all results."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from limn.ranges import Fraction
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.looks import SIZE, of_picture
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject

AT = (1, 5, 10)

Pooling = Literal["whole", "mean", "max"]


def regions(picture: Tensor, overlap: float) -> Tensor:
    """Five overlapping parts of a picture: at the corners and in the middle.

    Args:
        picture: [1, 3, H, W].
        overlap: of neighbouring corners, as a part of their side: 0.4 makes sides of 1 / 1.6 of the picture's.

    Returns:
        [5, 3, 224, 224].
    """
    height, width = (round(side / (2 - overlap)) for side in picture.shape[-2:])
    down, across = picture.shape[-2] - height, picture.shape[-1] - width
    places = [(0, 0), (0, across), (down, 0), (down, across), (down // 2, across // 2)]
    parts = [picture[..., top : top + height, left : left + width] for top, left in places]
    resize = partial(F.interpolate, size=(SIZE, SIZE), mode="bilinear", antialias=True, align_corners=False)
    return torch.cat([resize(part) for part in parts])


def pooled(parts: Tensor, how: Pooling) -> Tensor:
    """One embedding of length 1 [D] of those of parts [R, D]: their mean or their greatest numbers (R-MAC's way)."""
    parts = F.normalize(parts, dim=-1)
    return F.normalize(parts.amax(dim=0) if how == "max" else parts.mean(dim=0), dim=-1)


def projected(gallery: Tensor, queries: Tensor, dimensions: int) -> tuple[Tensor, Tensor]:
    """Embeddings [G, D] and [Q, D] in the first principal components of the gallery, as many as are wanted."""
    mean = gallery.mean(dim=0)
    _, scale, basis = torch.linalg.svd((gallery - mean).double(), full_matrices=False)
    kept = basis[:dimensions][scale[:dimensions] > 1e-6 * scale[0]].T.float()
    return (gallery - mean) @ kept, (queries - mean) @ kept


def ranks(queries: Tensor, gallery: Tensor, own: Sequence[int]) -> list[int]:
    """The rank of each query's own entry by cosine, 1 for the nearest; of what is alike, the last.

    Args:
        queries: [Q, D].
        gallery: [G, D].
        own: numbers of the entries, Q.
    """
    cosine = F.normalize(queries, dim=-1) @ F.normalize(gallery, dim=-1).T
    return [int((row >= row[number]).sum()) for row, number in zip(cosine, own, strict=True)]


def k_means(points: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Which of ``count`` clusters each of N points [N, D] belongs to [N]; begins as k-means++ does.

    Source: Lloyd 1982; Arthur and Vassilvitskii 2007.
    """
    centres = points[torch.randint(len(points), (1,), generator=generator)]
    while len(centres) < count:
        far = torch.cdist(points, centres).amin(dim=1).square() + 1e-12
        centres = torch.cat([centres, points[torch.multinomial(far, 1, generator=generator)]])
    labels = torch.cdist(points, centres).argmin(dim=1)
    for _ in range(100):
        means = [points[labels == number] for number in range(count)]
        centres = torch.stack([own.mean(dim=0) if len(own) else c for own, c in zip(means, centres, strict=True)])
        before, labels = labels, torch.cdist(points, centres).argmin(dim=1)
        if torch.equal(before, labels):
            break
    return labels


def purity(labels: Sequence[int], truth: Sequence[int]) -> float:
    """The share of points that are of the kind of which their cluster has most, 0..1."""
    clusters = {label: [t for one, t in zip(labels, truth, strict=True) if one == label] for label in set(labels)}
    return sum(max(map(kinds.count, kinds)) for kinds in clusters.values()) / len(labels)


class Recall(Measure):
    """Whether a picture finds its own target among the targets of all results: 1 or 0 among the first 1, 5 and 10.

    ``recall_purity``, of all together: how well k-means, with as many clusters as there are targets, keeps results of
    different targets apart.

    Args:
        encoder: compares pictures.
        pooling: looks at the ``whole`` picture, or at five overlapping parts: their ``mean``, or the greatest numbers
            (``max``).
        overlap: of the parts.
        dimensions: principal components of the targets in which embeddings are compared.
        seed: of k-means.

    Source: recall at k; regional pooling after R-MAC (Tolias et al. 2016).
    """

    kinds = frozenset({"picture", "drawing"})
    needs = frozenset({"target"})
    higher = ("recall_at_1", "recall_at_5", "recall_at_10", "recall_purity")
    lower = ("recall_rank",)
    asked = True

    def __init__(
        self,
        encoder: Judge,
        pooling: Pooling = "mean",
        overlap: Fraction = 0.4,
        dimensions: Annotated[int, Field(ge=1, le=4096)] = 100,
        seed: Annotated[int, Field(ge=0, lt=2**63)] = 0,
    ) -> None:
        self.judge, self.pooling, self.overlap, self.dimensions, self.seed = (
            encoder,
            pooling,
            overlap,
            dimensions,
            seed,
        )

    def of_each(self, subjects: Sequence[Subject]) -> list[Reading]:
        """See `ranks`; nothing where there is but one target."""
        gallery, own = self._gallery(subjects)
        if len(gallery) < 2:
            return [{} for _ in subjects]
        targets, queries = projected(gallery, self._pictures(subjects), self.dimensions)
        found = ranks(queries, targets, own)
        at = [{f"recall_at_{most}": float(rank <= most) for most in AT} for rank in found]
        return [{**reading, "recall_rank": float(rank)} for reading, rank in zip(at, found, strict=True)]

    def together(self, subjects: Sequence[Subject]) -> Reading:
        """See `purity`."""
        gallery, own = self._gallery(subjects)
        if len(gallery) < 2 or len(gallery) == len(subjects):
            return {}
        _, queries = projected(gallery, self._pictures(subjects), self.dimensions)
        labels = k_means(queries, len(gallery), torch.Generator().manual_seed(self.seed))
        return {"recall_purity": purity(labels.tolist(), own)}

    def _gallery(self, subjects: Sequence[Subject]) -> tuple[Tensor, list[int]]:
        """The embeddings of all different targets, and which of them is each result's own."""
        names = [str(getattr(subject.config, "target", subject.target)) for subject in subjects]
        different = list(dict.fromkeys(names))
        first = [subjects[names.index(name)] for name in different]
        made = [self._one(subject, "target", subject.target) for subject in first]
        return torch.stack(made), [different.index(name) for name in names]

    def _pictures(self, subjects: Sequence[Subject]) -> Tensor:
        return torch.stack([self._one(subject, "picture", subject.shown) for subject in subjects])

    def _one(self, subject: Subject, what: str, path: Path | None) -> Tensor:
        assert path is not None

        def pictures() -> Tensor:
            picture = of_picture(path)
            return picture if self.pooling == "whole" else regions(picture, self.overlap)

        look = f"{what} {'whole' if self.pooling == 'whole' else self.overlap}"
        return pooled(self.judge.keep(subject, look, pictures), self.pooling)

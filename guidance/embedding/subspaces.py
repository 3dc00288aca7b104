"""Subspaces: the directions in which embeddings of one thing, or of many styles, differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.errors import InputError

Basis = Literal["raw", "gram_schmidt", "pca"]


def principal(rows: Tensor, rank: int) -> Tensor:
    """The directions of the largest variance about the mean.

    Args:
        rows: [K, D].
        rank: how many, at most K and D.

    Returns:
        [rank, D], orthonormal, the largest first.

    Raises:
        InputError: there are fewer rows or dimensions.
    """
    if rank > min(rows.shape):
        raise InputError(f"a basis of rank {rank} needs as many examples and dimensions, got {list(rows.shape)}")
    _, _, directions = torch.linalg.svd(rows - rows.mean(dim=0), full_matrices=False)
    found: Tensor = directions[:rank]
    return found


def basis_of(rows: Tensor, kind: Basis = "gram_schmidt", rank: int = 10) -> Tensor:
    """A basis of what several embeddings span.

    Args:
        rows: [K, D], of any length.
        kind: ``raw`` the normalised rows themselves; ``gram_schmidt`` the orthonormal vectors that they span;
            ``pca`` the principal components of the rows, each coordinate scaled to one standard deviation first.
        rank: of ``pca``, at most K.

    Returns:
        [R, D], each of length 1; R may be less than K where rows depend on each other.

    Source: CLIP-PAE (Zhou et al. 2023): pae+, paeGS and paePCA.
    """
    rows = F.normalize(rows, dim=-1)
    if kind == "raw":
        return rows
    if kind == "pca":
        scaled = (rows - rows.mean(dim=0)) / rows.std(dim=0, correction=0).clamp_min(1e-12)
        return principal(scaled, min(rank, *rows.shape))
    kept: list[Tensor] = []
    for row in rows:
        for other in kept:
            row = row - (row @ other) * other
        if float(row.norm()) > 1e-4:
            kept.append(F.normalize(row, dim=0))
    return torch.stack(kept)


def projected(embeddings: Tensor, basis: Tensor) -> Tensor:
    """What of embeddings lies in the span of an orthonormal basis.

    Args:
        embeddings: [..., D].
        basis: [R, D], orthonormal.

    Returns:
        [..., D].
    """
    return embeddings @ basis.T @ basis


def without(embeddings: Tensor, basis: Tensor) -> Tensor:
    """What of embeddings lies outside the span of an orthonormal basis, such as unwanted concepts [..., D]."""
    return embeddings - projected(embeddings, basis)


@dataclass(frozen=True)
class Factors:
    """Embeddings taken apart into what things and styles bring.

    Args:
        mean: of all [D].
        objects: what each thing adds to it [O, D].
        styles: what each style adds to it [S, D].
        object_basis: directions in which things differ [Ro, D], orthonormal.
        style_basis: directions in which styles differ [Rs, D], orthonormal.
    """

    mean: Tensor
    objects: Tensor
    styles: Tensor
    object_basis: Tensor
    style_basis: Tensor

    def restyled(self, embeddings: Tensor, style: int) -> Tensor:
        """The same objects in another style: what lies in the styles' subspace is replaced [..., D]."""
        return without(embeddings, self.style_basis) + projected(self.mean + self.styles[style], self.style_basis)

    def replaced(self, embeddings: Tensor, thing: int) -> Tensor:
        """Another object in the same style: what lies in the objects' subspace is replaced [..., D]."""
        return without(embeddings, self.object_basis) + projected(self.mean + self.objects[thing], self.object_basis)


def factors_of(embeddings: Tensor, object_rank: int | None = None, style_rank: int | None = None) -> Factors:
    """Takes embeddings of O things in S styles apart.

    Args:
        embeddings: [O, S, D], of length 1 each; several views of a thing count as styles.
        object_rank: of the objects' subspace; O - 1 unless given.
        style_rank: of the styles' subspace; S - 1 unless given.

    Source: two-way analysis of variance; the main effects, as the ideal words of Trager et al. 2023.
    """
    things, styles, _ = embeddings.shape
    mean = embeddings.mean(dim=(0, 1))
    by_object, by_style = embeddings.mean(dim=1) - mean, embeddings.mean(dim=0) - mean
    return Factors(
        mean,
        by_object,
        by_style,
        principal(by_object, things - 1 if object_rank is None else object_rank),
        principal(by_style, styles - 1 if style_rank is None else style_rank),
    )

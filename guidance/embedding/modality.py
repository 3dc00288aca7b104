"""Modality: pictures and words lie in two cones of CLIP's sphere; ways across the gap between them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def centred(embeddings: Tensor, mean: Tensor) -> Tensor:
    """Embeddings without what all of their kind share: n(n(e) - mean).

    Args:
        embeddings: of pictures, or of words [..., D], of any length.
        mean: of normalised embeddings of the same kind [D].

    Returns:
        [..., D] of length 1. Cosines of centred pictures and words are comparable with those of their own kind.

    Source: GR-CLIP (Li et al. 2025).
    """
    return F.normalize(F.normalize(embeddings, dim=-1) - mean, dim=-1)


def noise_bridged(embeddings: Tensor, generator: torch.Generator, variance: float = 0.016) -> Tensor:
    """Embeddings of words blurred so far that those of fitting pictures are among them.

    Args:
        embeddings: [..., D], of any length.
        generator: of the noise.
        variance: of each coordinate of the noise.

    Returns:
        [..., D] of length 1.

    Source: CapDec (Nukrai et al. 2022).
    """
    noise = torch.randn(embeddings.shape, generator=generator, dtype=embeddings.dtype).to(embeddings.device)
    return F.normalize(F.normalize(embeddings, dim=-1) + variance**0.5 * noise, dim=-1)


def procrustes(sources: Tensor, targets: Tensor, stay: float = 0.0) -> Tensor:
    """The rotation that brings one set of embeddings nearest to another: min |R s - t|^2 + stay |R - 1|^2.

    Args:
        sources: such as captions [K, D], of any length.
        targets: such as their pictures [K, D].
        stay: how much is left as it is where pairs say nothing; with fewer pairs than dimensions and 0, R is arbitrary
            there.

    Returns:
        R [D, D]; ``sources @ R.T`` lies among the targets.

    Source: Schoenemann 1966; Implicit Inversion (2025) maps words to pictures so, over the nearest pairs.
    """
    together = F.normalize(targets, dim=-1).T @ F.normalize(sources, dim=-1)
    u, _, vh = torch.linalg.svd(together + stay * torch.eye(len(together), device=together.device))
    rotation: Tensor = u @ vh
    return rotation


def conformity(embeddings: Tensor, others: Tensor) -> Tensor:
    """How common embeddings are: the mean cosine to many others.

    Args:
        embeddings: [..., D], of any length.
        others: of the same kind [K, D], of any length.

    Returns:
        [...], -1..1.

    Source: Levi and Gilboa 2024, The Double-Ellipsoid Geometry of CLIP.
    """
    return F.normalize(embeddings, dim=-1) @ F.normalize(others, dim=-1).mean(dim=0)

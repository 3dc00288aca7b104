"""Whitening: embeddings as independent standard normal numbers, and how usual they are (Whitened CLIP)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST = 1e-6
"""Variances below this part of the greatest are none: in those directions embeddings do not differ."""


@dataclass(frozen=True)
class Whitening:
    """How embeddings are whitened.

    Args:
        mean: of embeddings of length 1 [D].
        matrix: from embeddings without their mean to whitened ones [D, K].
        inverse: back [K, D].
    """

    mean: Tensor
    matrix: Tensor
    inverse: Tensor


def shrunk_covariance(rows: Tensor) -> Tensor:
    """The covariance of samples, drawn towards that of independent numbers as far as samples are few.

    Few samples make the least variances too small, and whitening divides by these.

    Args:
        rows: [K, D].

    Returns:
        [D, D].

    Source: Chen, Wiesel, Eldar and Hero, Shrinkage Algorithms for MMSE Covariance Estimation, 2010 (OAS).
    """
    covariance = rows.T.cov(correction=0)
    count, dimensions = rows.shape
    squares, trace = covariance.square().sum(), covariance.trace()
    above = (1 - 2 / dimensions) * squares + trace**2
    below = (count + 1 - 2 / dimensions) * (squares - trace**2 / dimensions)
    amount = 1.0 if below <= 0 else min(1.0, float(above / below))
    return (1 - amount) * covariance + amount * trace / dimensions * torch.eye(dimensions).to(covariance)


def whitening_of(mean: Tensor, covariance: Tensor) -> Whitening:
    """The whitening of embeddings of length 1 with a mean [D] and a covariance [D, D]; what does not vary is left out.

    `statistics_of` an encoder gives both. The paper whitens embeddings as they are. Lengths mean nothing to a CLIP;
    those of noise are small, which brings it near the mean, where all is likely.

    Source: Betser et al., Whitened CLIP as a likelihood surrogate of images and captions, 2025: W = V S^(-1/2) of the
    eigenvectors and eigenvalues of the covariance.
    """
    values, vectors = torch.linalg.eigh(covariance.double())
    kept = values > LEAST * values[-1]
    scale, vectors = values[kept].sqrt(), vectors[:, kept]
    return Whitening(mean.float(), (vectors / scale).float(), (vectors * scale).T.float())


def whiten(embeddings: Tensor, whitening: Whitening) -> Tensor:
    """Embeddings [..., D] of any length as numbers [..., K] with mean 0 and covariance 1."""
    return (F.normalize(embeddings, dim=-1) - whitening.mean.to(embeddings)) @ whitening.matrix.to(embeddings)


def unwhiten(whitened: Tensor, whitening: Whitening) -> Tensor:
    """Back from [..., K] to embeddings of length 1 [..., D]."""
    return whitened @ whitening.inverse.to(whitened) + whitening.mean.to(whitened)


def log_likelihood(embeddings: Tensor, whitening: Whitening) -> Tensor:
    """How usual embeddings [..., D] of any length are: the logarithm of the standard normal density, whitened [...].

    Of what is like the pictures that the statistics were made of, it is about -K (log 2 pi + 1) / 2, and above that
    where these were few. Source: as `whitening_of`.
    """
    whitened = whiten(embeddings, whitening)
    constant = whitened.shape[-1] * math.log(2 * math.pi)
    likelihood: Tensor = -0.5 * (constant + whitened.square().sum(dim=-1))
    return likelihood

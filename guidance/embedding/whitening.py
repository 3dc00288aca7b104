"""Whitening: embeddings as independent standard normal numbers, and how usual they are (Whitened CLIP)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

LEAST = 1e-6
"""Variances below this part of the greatest are none: in those directions embeddings do not differ."""


@dataclass(frozen=True)
class Whitening:
    """How embeddings are whitened.

    Args:
        mean: of embeddings as an encoder gives them [D].
        matrix: from embeddings without their mean to whitened ones [D, K].
        inverse: back [K, D].
    """

    mean: Tensor
    matrix: Tensor
    inverse: Tensor


def whitening_of(mean: Tensor, covariance: Tensor) -> Whitening:
    """The whitening of embeddings with a mean [D] and a covariance [D, D]; what does not vary is left out.

    `statistics_of` an encoder gives both, as ``pictures.raw_mean`` and ``pictures.raw_covariance``.

    Source: Betser et al., Whitened CLIP as a likelihood surrogate of images and captions, 2025: W = V S^(-1/2) of the
    eigenvectors and eigenvalues of the covariance.
    """
    values, vectors = torch.linalg.eigh(covariance.double())
    kept = values > LEAST * values[-1]
    scale, vectors = values[kept].sqrt(), vectors[:, kept]
    return Whitening(mean.float(), (vectors / scale).float(), (vectors * scale).T.float())


def whiten(embeddings: Tensor, whitening: Whitening) -> Tensor:
    """Un-normalised embeddings [..., D] as numbers [..., K] with mean 0 and covariance 1."""
    return (embeddings - whitening.mean.to(embeddings)) @ whitening.matrix.to(embeddings)


def unwhiten(whitened: Tensor, whitening: Whitening) -> Tensor:
    """Back from [..., K] to embeddings [..., D]."""
    return whitened @ whitening.inverse.to(whitened) + whitening.mean.to(whitened)


def log_likelihood(embeddings: Tensor, whitening: Whitening) -> Tensor:
    """How usual embeddings [..., D] are: the logarithm of the standard normal density of what is whitened [...].

    Of what is like the pictures that the statistics were made of, it is near -K (log 2 pi + 1) / 2. Source: as
    `whitening_of`.
    """
    whitened = whiten(embeddings, whitening)
    constant = whitened.shape[-1] * math.log(2 * math.pi)
    likelihood: Tensor = -0.5 * (constant + whitened.square().sum(dim=-1))
    return likelihood

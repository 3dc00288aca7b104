"""Whitening: embeddings of an encoder as independent standard normal numbers (Whitened CLIP)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from limn.errors import InputError
from limn.files import write_file

FOLDER = Path(__file__).parent
"""Where the statistics of the shipped encoders lie."""

LEAST = 1e-6
"""Variances below this part of the greatest are none: in those directions embeddings do not differ."""


@dataclass(frozen=True)
class Whitening:
    """Statistics of an encoder's un-normalised embeddings of many pictures.

    Args:
        mean: [D].
        matrix: from embeddings without their mean to whitened ones [D, K].
        inverse: back [K, D].
    """

    mean: Tensor
    matrix: Tensor
    inverse: Tensor

    def save(self, file: str | Path) -> Path:
        """Writes them as safetensors."""
        return write_file(file, save({"mean": self.mean, "matrix": self.matrix, "inverse": self.inverse}))


def fit_whitening(embeddings: Tensor) -> Whitening:
    """The whitening of N embeddings [N, D], N well above D; directions in which they do not differ are left out.

    Source: Betser et al., Whitened CLIP as a likelihood surrogate of images and captions, 2025: W = V S^(-1/2) of the
    eigenvectors and eigenvalues of the covariance.
    """
    x = embeddings.double()
    mean = x.mean(dim=0)
    values, vectors = torch.linalg.eigh((x - mean).T.cov())
    kept = values > LEAST * values[-1]
    scale, vectors = values[kept].sqrt(), vectors[:, kept]
    return Whitening(mean.float(), (vectors / scale).float(), (vectors * scale).T.contiguous().float())


def whiten(embeddings: Tensor, whitening: Whitening) -> Tensor:
    """Un-normalised embeddings [..., D] as numbers [..., K] with mean 0 and covariance 1."""
    return (embeddings - whitening.mean.to(embeddings)) @ whitening.matrix.to(embeddings)


def unwhiten(whitened: Tensor, whitening: Whitening) -> Tensor:
    """Back from [..., K] to embeddings [..., D]."""
    return whitened @ whitening.inverse.to(whitened) + whitening.mean.to(whitened)


def log_likelihood(embeddings: Tensor, whitening: Whitening) -> Tensor:
    """How usual embeddings [..., D] are: the logarithm of the standard normal density of what is whitened [...].

    Of what is like the pictures that the statistics were made of, it is near -K (log 2 pi + 1) / 2. Source: as
    `fit_whitening`.
    """
    whitened = whiten(embeddings, whitening)
    constant = whitened.shape[-1] * math.log(2 * math.pi)
    likelihood: Tensor = -0.5 * (constant + whitened.square().sum(dim=-1))
    return likelihood


def load_whitening(source: str | Path) -> Whitening:
    """The statistics of a shipped encoder, ``pocket`` or ``pocket-judge``, or those in a file.

    Raises:
        InputError: there are none, or the file is damaged.
    """
    shipped = FOLDER / f"{source}.safetensors"
    file = shipped if shipped.is_file() else Path(source)
    if not file.is_file():
        known = ", ".join(sorted(each.stem for each in FOLDER.glob("*.safetensors")))
        raise InputError(f"whitening: no statistics of {source}; expected a .safetensors file, or one of {known}")
    try:
        return Whitening(**load_file(file))
    except (SafetensorError, OSError, TypeError) as error:
        raise InputError(f"whitening: {file} has no statistics of embeddings: {error}") from error

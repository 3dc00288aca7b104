"""The ideal denoiser of finitely many pictures, in closed form: the posterior mean over them and their shifts."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

KEPT = 1 << 25
"""Largest count of numbers that a `Windows` stores; larger ones are made anew in every call."""


class Windows:
    """Pictures at every shift, flat, with their squared lengths.

    Args:
        pictures: with a border of ``reach`` pixels [M, C, h + 2 reach, w + 2 reach].
        reach: every picture is shifted by up to so many pixels each way.
    """

    def __init__(self, pictures: Tensor, reach: int = 0) -> None:
        self.pictures, self.reach = pictures, reach
        shifts = (2 * reach + 1) ** 2
        self._kept = _chunk(torch.cat(list(self.flat()))) if shifts * pictures.numel() <= KEPT else None

    def flat(self) -> Iterator[Tensor]:
        """The pictures at one shift after the other [M, C * h * w]."""
        height, width = (length - 2 * self.reach for length in self.pictures.shape[-2:])
        for down in range(2 * self.reach + 1):
            for across in range(2 * self.reach + 1):
                yield self.pictures[:, :, down : down + height, across : across + width].flatten(1)

    def chunks(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Some shifts at a time: rows [shifts * M, C * h * w], shift by shift, and their squared lengths."""
        if self._kept is not None:
            yield self._kept
        else:
            yield from (_chunk(rows) for rows in self.flat())


def _chunk(rows: Tensor) -> tuple[Tensor, Tensor]:
    return rows, rows.square().sum(dim=1)


def posterior_mean(noisy: Tensor, sigma: Tensor, pictures: Tensor | Windows, weights: Tensor, reach: int = 0) -> Tensor:
    """The mean of the pictures that noisy ones may have been: sum of p(y | x) y, p ~ weight exp(-|x - y|^2 / 2 s^2).

    Args:
        noisy: x, a picture plus noise [N, C, h, w].
        sigma: standard deviation s of the noise, above 0 [N].
        pictures: y, with a border of ``reach`` pixels [M, C, h + 2 reach, w + 2 reach], or their `Windows`.
        weights: prior probabilities, need not add up to 1 [N, M].
        reach: every picture is shifted by up to so many pixels each way; all shifts are equally likely.

    Returns:
        [N, C, h, w].

    Source: Karras et al., Elucidating the Design Space of Diffusion-Based Generative Models, 2022, appendix B.3.
    """
    windows = pictures if isinstance(pictures, Windows) else Windows(pictures, reach)
    flat, likely = noisy.flatten(1), weights.log()
    factor = (0.5 / sigma.square())[:, None]
    # |x|^2 is the same for all pictures and drops out.
    logits = [
        (2.0 * (flat @ rows.T) - squares) * factor + likely.repeat(1, len(rows) // likely.shape[1])
        for rows, squares in windows.chunks()
    ]
    chances = torch.cat(logits, dim=1).softmax(dim=1)
    mean = torch.zeros_like(flat)
    start = 0
    for rows, _ in windows.chunks():
        mean = mean + chances[:, start : start + len(rows)] @ rows
        start += len(rows)
    return mean.view_as(noisy)


def local_posterior_mean(
    noisy: Tensor, sigma: Tensor, pictures: Tensor | Windows, weights: Tensor, reach: int, patch: int
) -> Tensor:
    """As `posterior_mean`, but every pixel is denoised by the patch around it alone, so that pictures mix.

    Args:
        noisy: [N, C, h, w].
        sigma: [N].
        pictures: [M, C, h + 2 reach, w + 2 reach], or their `Windows`.
        weights: [N, M].
        reach: patches are looked for up to so many pixels away.
        patch: side of a patch in pixels, odd; beyond the border nothing is compared.

    Returns:
        [N, C, h, w].

    Source: Kamb and Ganguli, An analytic theory of creativity in convolutional diffusion models, 2024, the
        local score machine, with bounded equivariance.
    """
    windows = pictures if isinstance(pictures, Windows) else Windows(pictures, reach)
    size = noisy.shape[-2:]
    factor = (0.5 / sigma.square()).view(-1, 1, 1, 1)
    highest = torch.full((len(noisy), 1, *size), -torch.inf, dtype=noisy.dtype, device=noisy.device)
    total, mean = torch.zeros_like(highest), torch.zeros_like(noisy)
    for flat in windows.flat():
        y = flat.view(-1, *noisy.shape[1:])
        square = (noisy[:, None] - y).square().sum(dim=2)
        far = F.avg_pool2d(square, patch, stride=1, padding=patch // 2) * patch**2
        logits = weights.log()[:, :, None, None] - factor * far
        new = torch.maximum(highest, logits.amax(dim=1, keepdim=True))
        chances, kept = (logits - new).exp(), (highest - new).exp()
        mean = kept * mean + torch.einsum("nmhw,mchw->nchw", chances, y)
        total, highest = kept * total + chances.sum(dim=1, keepdim=True), new
    return mean / total

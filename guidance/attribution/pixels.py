"""Which pixels drive a score."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Score = Callable[[Tensor], Tensor]
"""Pictures [N, 3, H, W] -> one number each [N], higher is better."""


def integrated_gradients(score: Score, picture: Tensor, reference: Tensor, steps: int = 32) -> Tensor:
    """What each value of a picture adds to its score, against a reference.

    Args:
        score: of pictures.
        picture: [3, H, W].
        reference: the picture without anything, such as white paper [3, H, W].
        steps: points on the line between both, in the middles of equal parts.

    Returns:
        [3, H, W]: the more steps, the nearer their sum is to score(picture) - score(reference).

    Source: Sundararajan et al., Axiomatic Attribution for Deep Networks, 2017.
    """
    along = on_line(picture, reference, steps).requires_grad_()
    (gradient,) = torch.autograd.grad(score(along).sum(), along)
    return (picture - reference) * gradient.mean(dim=0)


def smooth_grad(
    score: Score, picture: Tensor, generator: torch.Generator, sigma: float = 0.15, samples: int = 16
) -> Tensor:
    """The mean gradient of a score over a picture with noise [3, H, W].

    Args:
        score: of pictures.
        picture: [3, H, W].
        generator: draws the noise, on the CPU.
        sigma: standard deviation of the noise, in units of the picture's range 0..1.
        samples: noisy pictures.

    Source: Smilkov et al., SmoothGrad, 2017.
    """
    noise = torch.randn(samples, *picture.shape, generator=generator).to(picture)
    noisy = (picture + sigma * noise).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(score(noisy).sum(), noisy)
    return gradient.mean(dim=0)


@torch.no_grad()
def occlusion(score: Score, picture: Tensor, reference: Tensor, window: int, stride: int) -> Tensor:
    """How much the score falls where a window shows the reference [H, W].

    Args:
        score: of pictures.
        picture: [3, H, W].
        reference: what the window shows [3, H, W].
        window: side in pixels.
        stride: pixels between two windows, at most ``window``; a pixel has the mean of the windows that cover it.

    Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2014.
    """
    height, width = picture.shape[-2:]
    tops, lefts = _starts(height, window, stride), _starts(width, window, stride)
    hidden = torch.zeros(len(tops) * len(lefts), 1, height, width, dtype=torch.bool, device=picture.device)
    for number, (top, left) in enumerate((top, left) for top in tops for left in lefts):
        hidden[number, :, top : top + window, left : left + window] = True
    fall = score(picture[None]) - torch.cat(
        [score(torch.where(some, reference, picture)) for some in torch.split(hidden, 64)]
    )
    mask = hidden[:, 0].to(fall)
    return (fall[:, None, None] * mask).sum(dim=0) / mask.sum(dim=0)


def on_line(end: Tensor, start: Tensor, steps: int) -> Tensor:
    """Points on a line, in the middles of equal parts [steps, ...]."""
    share = (torch.arange(steps, device=end.device, dtype=end.dtype) + 0.5) / steps
    return start + share.view(-1, *[1] * end.ndim) * (end - start)


def _starts(side: int, window: int, stride: int) -> list[int]:
    """Where windows begin, so that every pixel is covered."""
    last = max(0, side - window)
    return [*range(0, last, stride), last]

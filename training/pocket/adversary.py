"""Adversarial pictures: small changes, bounded in L2 norm, that raise a loss."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor


def _norm(x: Tensor) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(x.flatten(1), dim=1)
    return length.clamp(min=1e-12).view(-1, 1, 1, 1)


def random_start(pictures: Tensor, radius: Tensor, generator: Generator) -> Tensor:
    """A change in a uniformly random direction, uniform in length up to the radius.

    Args:
        pictures: [N, 3, H, W].
        radius: [N], L2 norm over a whole picture with values in 0..1.
        generator: source of the choices.

    Returns:
        The change [N, 3, H, W].
    """
    noise = torch.randn(pictures.shape, generator=generator)
    length = radius * torch.rand(len(pictures), generator=generator)
    return noise / _norm(noise) * length.view(-1, 1, 1, 1)


def ascend(change: Tensor, gradient: Tensor, radius: Tensor, step: float) -> Tensor:
    """One step along the normalised gradient, projected back into the ball.

    Args:
        change: [N, 3, H, W].
        gradient: of the loss to raise, same shape.
        radius: [N], L2.
        step: length of the step as a share of the radius.
    """
    bound = radius.view(-1, 1, 1, 1)
    change = change + step * bound * gradient / _norm(gradient)
    return change * (bound / _norm(change)).clamp(max=1)


def attack(
    pictures: Tensor, loss: Callable[[Tensor], Tensor], radius: float, steps: int, generator: Generator
) -> Tensor:
    """Projected gradient ascent in an L2 ball (Madry et al., 2018).

    Args:
        pictures: [N, 3, H, W] in 0..1.
        loss: changed pictures -> scalar to raise.
        radius: L2 norm of the largest change.
        steps: number of steps; each is 2.5 / steps of the radius long.
        generator: source of the random start.

    Returns:
        The changed pictures, in 0..1.
    """
    bound = torch.full((len(pictures),), radius)
    change = random_start(pictures, bound, generator)
    for _ in range(steps):
        probe = (pictures + change).clamp(0, 1).requires_grad_()
        (gradient,) = torch.autograd.grad(loss(probe), probe)
        change = ascend(change, gradient, bound, 2.5 / steps)
    return (pictures + change).clamp(0, 1)

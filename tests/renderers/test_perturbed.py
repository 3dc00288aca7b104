"""Adversarial perturbation of the parameters of any flat renderer."""

from __future__ import annotations

import torch

from limn.frames import Frames
from renderers.fields.pictures.networks import finer
from renderers.fields.pictures.pixel_image import PixelImage
from renderers.perturbed import Perturbed
from renderers.registry import Canvas


def missed(frames: Frames, picture: torch.Tensor) -> torch.Tensor:
    return (frames.rgb - picture).square().flatten(1).mean(dim=1)


def test_pixels_move_by_gamma_of_their_length_away_from_the_picture() -> None:
    draws = torch.Generator().manual_seed(0)
    start = 0.3 + 0.4 * torch.rand(2, 3, 4, 4, generator=draws)
    picture = 0.5 * torch.ones(3, 4, 4)
    shown = Perturbed(PixelImage(start), picture, 0.1).render().rgb[:, 0]
    away = start - picture
    length, reach = (values.flatten(1).norm(dim=1).view(2, 1, 1, 1) for values in (start, away))
    torch.testing.assert_close(shown, (start + 0.1 * length * away / reach).clamp(0, 1))


def test_a_network_is_disturbed_for_the_worse_and_learns_all_the_same() -> None:
    inner = finer(Canvas((12, 12), 2, torch.Generator().manual_seed(0)), width=8)
    picture = torch.rand(3, 12, 12, generator=torch.Generator().manual_seed(1))
    perturbed = Perturbed(inner, picture, 0.05)
    with torch.no_grad():
        plain = perturbed.render()
    assert torch.equal(plain.rgb, inner.render().rgb)
    worse = missed(perturbed.render(), picture)
    assert (worse > missed(plain, picture)).all()
    gradients = torch.autograd.grad(worse[0], list(inner.parameters()))
    assert all(gradient[0].any() and not gradient[1].any() for gradient in gradients)

"""Pictures of a generator: what of the contract of renderers its conformance table cannot ask, as noise fits little."""

from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor

from limn.noise import Noise
from renderers.generated import ClippedSGD, GeneratedImage


class Blur:
    """A generator of pixels that is a mean over neighbours, around grey."""

    device = torch.device("cpu")
    noise_shape = (4, 6, 8)

    def latents(self, noise: Tensor) -> Tensor:
        return torch.nn.functional.avg_pool2d(noise, 3, stride=1, padding=1)

    def pictures(self, latents: Tensor) -> Tensor:
        return (0.5 + 0.5 * latents[:, :3].repeat_interleave(2, 2).repeat_interleave(2, 3)).clamp(0, 1)


def made(candidates: int = 3, **settings: bool) -> GeneratedImage:
    noise = torch.randn(candidates, *Blur.noise_shape, generator=torch.Generator().manual_seed(0))
    return GeneratedImage(Blur(), noise, (24, 32), **settings)


def test_frames_have_noise_and_the_size_of_the_canvas() -> None:
    renderer = made()
    frames = renderer.render()
    assert frames.rgb.shape == (3, 1, 3, 24, 32)
    assert frames.latents is None
    assert isinstance(frames.geometry, Noise)
    assert torch.equal(frames.geometry.values, renderer.noise)
    assert renderer.render(size=(12, 16)).rgb.shape == (3, 1, 3, 12, 16)
    frames.rgb[1].sum().backward()
    assert renderer.noise.grad is not None
    assert renderer.noise.grad[1].any()
    assert not renderer.noise.grad[[0, 2]].any()


def test_losses_may_see_latents() -> None:
    frames = made(decoded=False).render()
    assert frames.latents is not None
    assert frames.latents.shape == (3, 1, 4, 6, 8)
    assert frames.rgb.shape == (3, 1, 3, 24, 32)
    looked_at = made(decoded=False).render(size=(12, 16))
    assert looked_at.latents is None
    assert torch.equal(looked_at.rgb, made().render(size=(12, 16)).rgb)


def test_artefacts_are_the_picture_and_its_noise(tmp_path: Path) -> None:
    renderer = made()
    names = {artefact.path.name for artefact in renderer.artefacts(tmp_path, 1)}
    assert names == {"picture.png", "noise.safetensors"}
    assert torch.equal(safetensors.torch.load_file(tmp_path / "noise.safetensors")["latents"], renderer.noise[1:2])
    renderer.keep([2, 0])
    assert torch.equal(renderer.noise, made().noise[[2, 0]])


def test_gradients_are_clipped_for_each_candidate() -> None:
    """By hand: what is longer than 0.1 is cut to it, the rest is left; then Nesterov's first step, 1.9 gradients."""
    parameter = torch.nn.Parameter(torch.zeros(2, 1, 1, 4))
    parameter.grad = torch.tensor([[3.0, 4.0, 0.0, 0.0], [0.03, 0.0, 0.04, 0.0]]).view(2, 1, 1, 4)
    ClippedSGD([parameter], 0.1, lr=5.0, momentum=0.9, nesterov=True).step()
    expected = -5 * 1.9 * torch.tensor([[0.06, 0.08, 0.0, 0.0], [0.03, 0.0, 0.04, 0.0]])
    assert parameter.detach().view(2, 4) == pytest.approx(expected)

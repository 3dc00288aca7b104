"""Pictures as functions: how they start, what they learn, and that they are the same at every size."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from renderers.fields.pictures.field_image import FieldImage
from renderers.registry import RENDERERS, Canvas

FIELDS = ("pyramid", "fourier", "siren", "finer", "wire")
NETWORKS = FIELDS[1:]
every_field = pytest.mark.parametrize("name", FIELDS)
every_network = pytest.mark.parametrize("name", NETWORKS)


def made(name: str, side: int = 32, candidates: int = 1, picture: Tensor | None = None, **settings: Any) -> FieldImage:
    canvas = Canvas((side, side), candidates, torch.Generator().manual_seed(0), picture=picture)
    renderer: FieldImage = RENDERERS.find(name)(canvas, **settings)
    return renderer


def stripes(side: int = 32, cycles: int = 4) -> Tensor:
    """Coloured stripes around a disc [3, H, W]."""
    y, x = torch.meshgrid(*[(torch.arange(side) + 0.5) / side] * 2, indexing="ij")
    waves = torch.stack([torch.sin(2 * math.pi * cycles * x), torch.cos(2 * math.pi * cycles * y), x - y])
    return torch.where((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.06, 0.9, 0.5 + 0.4 * waves)


def psnr(renderer: FieldImage, target: Tensor) -> float:
    with torch.no_grad():
        return -10 * math.log10(float((renderer.render().rgb[0, 0] - target).square().mean()))


def fit(renderer: FieldImage, target: Tensor, steps: int, rate: float | None = None) -> list[float]:
    """PSNR before, halfway and after."""
    groups = renderer.parameter_groups()
    optimiser = torch.optim.Adam([{"params": g.parameters, "lr": rate or g.learning_rate} for g in groups])
    found = [psnr(renderer, target)]
    for _ in range(2):
        for _ in range(steps // 2):
            optimiser.zero_grad()
            (renderer.render().rgb[0, 0] - target).square().mean().backward()
            optimiser.step()
        found.append(psnr(renderer, target))
    return found


def uniform(values: Tensor, bound: float) -> bool:
    """Whether values fill -bound..bound evenly: none beyond, the extremes reached, the variance bound^2 / 3."""
    wide = 0.97 * bound < float(values.abs().max()) <= bound
    return wide and abs(float(values.var()) * 3 / bound**2 - 1) < 0.1 and abs(float(values.mean())) < 0.1 * bound


@pytest.mark.parametrize("name", ["siren", "finer"])
def test_networks_of_sines_start_as_published(name: str) -> None:
    width, omega = 128, 30.0
    weights = [p for key, p in made(name, width=width, frequency=omega / (2 * math.pi)).named_parameters()]
    first, first_bias, *others = [p.detach() for p in weights]
    assert uniform(first, 1 / 2)
    assert uniform(first_bias, 1 / math.sqrt(2))
    for weight, bias in zip(others[::2], others[1::2], strict=True):
        assert uniform(weight, math.sqrt(6 / width) / omega)
        assert float(bias.abs().max()) <= width**-0.5


@pytest.mark.parametrize("name", ["fourier", "wire"])
def test_other_networks_start_as_torch_starts_linear_layers(name: str) -> None:
    for key, parameter in made(name, width=128).named_parameters():
        if key.endswith("weight"):
            inputs = (
                90 if name == "wire" and "layers.0" not in key else parameter.shape[1]
            )  # 128 / sqrt(2) complex ones
            assert uniform(parameter.detach(), inputs**-0.5)


def test_every_layer_of_a_siren_is_as_lively_as_the_one_before() -> None:
    """Sitzmann et al. 2020, theorem 1.8: all activations are arcsine distributed, variance 1 / 2."""
    network: Any = made("siren", width=256, frequency=30 / (2 * math.pi)).field
    values = torch.rand(1, 4096, 2, generator=torch.Generator().manual_seed(1)) * 2 - 1
    for layer in network.layers[:-1]:
        values = network.activation(layer(values)).detach()
        assert float(values.var()) == pytest.approx(0.5, abs=0.05)


def test_the_wavelet_is_the_published_function_of_complex_numbers() -> None:
    network: Any = made("wire", width=16).field
    omega, sigma = network.activation.keywords["omega"], network.activation.keywords["sigma"]
    first, middle, last = network.layers[0][0], network.layers[1], network.layers[2]
    real, imaginary = last.weight.chunk(2, dim=1)
    weights = (first.weight + 0j, middle.real.weight + 1j * middle.imaginary.weight, real - 1j * imaginary)
    biases = (first.bias, middle.real.bias + 1j * middle.imaginary.bias, last.bias)
    y, x = torch.linspace(-1, 1, 3), torch.linspace(-1, 1, 4)
    values = torch.cartesian_prod(y, x)[None] + 0j
    for weight, bias in zip(weights[:2], biases[:2], strict=True):
        lin = values @ weight + bias
        values = torch.exp(1j * omega * lin - (sigma * lin).abs() ** 2)
    expected = (values @ weights[2] + biases[2]).real[0].T.reshape(1, 3, 3, 4)
    torch.testing.assert_close(network(y, x), expected, rtol=1e-4, atol=1e-5)


@every_field
def test_gradients_agree_with_central_differences(name: str) -> None:
    renderer = made(name, side=7, frequency=2.0).double()
    weights = torch.rand(7, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(2))

    def loss() -> Tensor:
        return (renderer.render().rgb * weights).sum()

    loss().backward()
    draws = torch.Generator().manual_seed(3)
    for parameter in renderer.parameters():
        assert parameter.grad is not None
        direction = torch.randn(parameter.shape, dtype=torch.float64, generator=draws)
        direction /= direction.norm()
        with torch.no_grad():
            ends = []
            for sign in (1, -2):
                parameter += sign * 1e-6 * direction
                ends.append(float(loss()))
            parameter += 1e-6 * direction
        slope = float((parameter.grad * direction).sum())
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-6)


@every_field
def test_it_learns_a_picture(name: str) -> None:
    before, halfway, after = fit(made(name, frequency=16.0 if name == "pyramid" else 4.0), stripes(), 60, 5e-3)
    assert after > halfway > before
    assert after > before + 6


def test_sines_learn_what_a_plain_network_cannot() -> None:
    """A ReLU network whose features are nearly the positions themselves has no encoding."""
    target = stripes(cycles=5)
    plain = fit(made("fourier", frequency=0.1, width=32), target, 80)[-1]
    assert fit(made("siren", frequency=5.0, width=32), target, 80, 1e-3)[-1] > plain + 4


@every_field
def test_a_picture_is_the_same_at_every_size(name: str, tmp_path: Path) -> None:
    renderer = made(name, candidates=2, frequency=0.6, export_size=64)
    with torch.no_grad():
        own, twice, half = (renderer.render(size=(side, side)).rgb[:, 0] for side in (32, 64, 16))
    assert float(own.std()) > 0.01
    torch.testing.assert_close(F.avg_pool2d(twice, 2), own, rtol=0, atol=0.02 * float(own.max() - own.min()))
    torch.testing.assert_close(half, F.avg_pool2d(own, 2), rtol=0, atol=1e-6)
    (artefact,) = renderer.artefacts(tmp_path, 1)
    written = torch.from_numpy(np.asarray(Image.open(artefact.path)) / 255.0).permute(2, 0, 1)
    assert written.shape == (3, 64, 64)
    torch.testing.assert_close(written.float(), twice[1], rtol=0, atol=1 / 255)


def test_pictures_keep_their_proportions() -> None:
    canvas = Canvas((16, 32), 1, torch.Generator().manual_seed(0))
    wide = RENDERERS.find("siren")(canvas).render().rgb[0, 0]
    square = made("siren", 32).render().rgb[0, 0]
    torch.testing.assert_close(wide, square[:, 8:24])


@every_field
def test_frequency_leads_from_coarse_to_fine(name: str) -> None:
    def fineness(frequency: float) -> float:
        """Mean frequency of the start of several candidates, weighted by power."""
        renderer = made(name, side=64, candidates=4, frequency=frequency)
        if name == "pyramid":
            for grid in renderer.parameters():
                grid.data = torch.randn(grid.shape, generator=torch.Generator().manual_seed(1)) / 20
        picture = renderer.render().rgb[:, 0].detach()
        window = torch.hann_window(64).outer(torch.hann_window(64))
        power = torch.fft.fft2((picture - picture.mean(dim=(-2, -1), keepdim=True)) * window).abs().square()
        cycles = torch.fft.fftfreq(64, 1 / 64)
        return float((power * torch.hypot(cycles[:, None], cycles)).sum() / power.sum())

    coarse, middle, fine = (fineness(frequency) for frequency in (1.0, 3.0, 9.0))
    assert 1.2 * coarse < middle < fine / 1.2


@every_field
def test_it_starts_from_a_picture_exactly_and_leaves_it(name: str) -> None:
    target = stripes(24)
    renderer = made(name, side=24, candidates=2, picture=target)
    assert torch.equal(renderer.render().rgb[:, 0], target.expand(2, -1, -1, -1))
    goal = target.flip(0)
    before, _, after = fit(renderer, goal, 20, 5e-3)
    assert after > before + 1

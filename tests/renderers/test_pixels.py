"""Pictures of free pixels: what goes in comes out, gradients are right, files are what was optimised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from renderers.errors import InputError
from renderers.pixels import Basis, Pixels


@pytest.fixture
def pictures() -> Tensor:
    return 0.1 + 0.8 * torch.rand(2, 3, 8, 11, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("basis", ["plain", "fourier"])
def test_it_shows_what_it_starts_from(pictures: Tensor, basis: Basis, tmp_path: Path) -> None:
    renderer = Pixels(pictures, basis)
    frames = renderer.render()
    assert frames.rgb.shape == (2, 1, 3, 8, 11)
    torch.testing.assert_close(frames.rgb[:, 0], pictures, rtol=1e-4, atol=1e-4)
    assert renderer.render(size=(16, 16)).rgb.shape == (2, 1, 3, 16, 16)
    (file,) = renderer.export(tmp_path, 1)
    written = np.asarray(Image.open(file)).astype(float) / 255
    assert np.abs(written - pictures[1].permute(1, 2, 0).numpy()).max() < 0.003
    renderer.keep([1])
    torch.testing.assert_close(renderer.render().rgb[:, 0], pictures[1:], rtol=1e-4, atol=1e-4)


def test_gradients_of_waves_are_finite_differences(pictures: Tensor) -> None:
    renderer = Pixels(pictures[:1], "fourier").double()
    weights = torch.randn(1, 3, 8, 11, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (weights * renderer.pictures()).sum().backward()
    gradient = renderer.colours.grad
    assert gradient is not None
    for place in ((0, 0, 0, 0, 0), (0, 1, 2, 3, 0), (0, 2, 5, 1, 1)):
        values = []
        for step in (1e-5, -1e-5):
            moved = Pixels(pictures[:1], "fourier").double()
            moved.colours.data.copy_(renderer.colours.data)
            moved.colours.data[place] += step
            values.append((weights * moved.pictures()).sum().item())
        assert gradient[place].item() == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-4, abs=1e-6)


def test_the_same_step_moves_coarse_waves_more(pictures: Tensor) -> None:
    changes = []
    for row in (1, 4):
        renderer = Pixels(pictures[:1], "fourier")
        before = renderer.pictures().detach().clone()
        renderer.colours.data[0, 0, row, 0, 0] += 0.1
        changes.append(float((renderer.pictures().detach() - before).abs().mean()))
    assert changes[0] > 2 * changes[1]


def test_plain_values_stay_in_range_and_frames_are_copies(pictures: Tensor) -> None:
    renderer = Pixels(pictures)
    frames = renderer.render()
    renderer.colours.data += 2.0
    assert float(frames.rgb.max()) <= 1.0
    renderer.constrain()
    assert float(renderer.colours.max()) == 1.0
    with pytest.raises(InputError, match="pixels have no 'points'"):
        Pixels(pictures, learning_rates={"points": 1.0})

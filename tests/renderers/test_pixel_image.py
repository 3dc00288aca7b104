"""Pictures of free pixels: what goes in comes out, and files are what was optimised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from renderers.fields.pictures.pixel_image import PixelImage


@pytest.fixture
def pictures() -> Tensor:
    return torch.rand(2, 3, 8, 11, generator=torch.Generator().manual_seed(0))


def test_it_shows_what_it_starts_from(pictures: Tensor, tmp_path: Path) -> None:
    renderer = PixelImage(pictures)
    assert torch.equal(renderer.render().rgb[:, 0], pictures)
    assert renderer.render(size=(16, 16)).rgb.shape == (2, 1, 3, 16, 16)
    (artefact,) = renderer.artefacts(tmp_path, 1)
    written = np.asarray(Image.open(artefact.path)).astype(float) / 255
    assert np.abs(written - pictures[1].permute(1, 2, 0).numpy()).max() < 0.003
    renderer.keep([1])
    assert torch.equal(renderer.render().rgb[:, 0], pictures[1:])


def test_values_stay_in_range_and_frames_are_copies(pictures: Tensor) -> None:
    renderer = PixelImage(pictures)
    frames = renderer.render()
    with torch.no_grad():
        renderer.colours += 2.0
    assert torch.equal(frames.rgb[:, 0], pictures)
    renderer.constrain()
    assert float(renderer.colours.detach().max()) == 1.0

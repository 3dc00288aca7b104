"""Backgrounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from limn.errors import InputError
from renderers.mesh import BACKGROUNDS
from renderers.scene.backgrounds import resized

DRAWN = [name for name in BACKGROUNDS.names() if name != "picture"]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", DRAWN)
def test_backgrounds_are_colours_or_pictures_and_deterministic(name: str) -> None:
    made = BACKGROUNDS.find(name)()
    once, again = (made(5, (24, 32), generator(1)) for _ in range(2))
    assert once.shape in ((5, 3), (5, 3, 24, 32))
    assert torch.equal(once, again)
    assert 0 <= once.min() <= once.max() <= 1
    assert resized(once, (48, 16)).shape == (5, 3, 48, 16)


def test_a_board_has_cells_of_two_colours() -> None:
    (board,) = BACKGROUNDS.find("checker")(cells=4, blur=(0.0, 0.0))(1, (32, 32), generator())
    cells = board.reshape(3, 4, 8, 4, 8)
    torch.testing.assert_close(
        cells[:, :, 0, :, 0][..., None, None].expand(3, 4, 4, 8, 8), cells.permute(0, 1, 3, 2, 4)
    )
    torch.testing.assert_close(board[:, 0, 0], board[:, 8, 8])
    assert (board[:, 0, 0] - board[:, 0, 8]).abs().max() > 0.1


def test_blur_is_a_gaussian_of_its_width() -> None:
    sharp, soft = (BACKGROUNDS.find("noise")((s, s))(1, (224, 224), generator())[0] for s in (0.0, 3.0))
    # A Gaussian leaves 1 / (4 pi s^2) of the variance of white noise.
    assert soft[:, 20:-20, 20:-20].var() / sharp.var() == pytest.approx(1 / (4 * torch.pi * 9), rel=0.1)
    assert soft.mean() == pytest.approx(float(sharp.mean()), abs=1e-3)


def test_varied_backgrounds_are_of_all_kinds() -> None:
    made = BACKGROUNDS.find("varied")((0.0, 0.0))(60, (16, 16), generator())
    colours = [len(picture.flatten(1).round(decimals=4).unique(dim=1).T) for picture in made]
    for kind in (1, 2, 256):
        assert 10 <= colours.count(kind) <= 30


def test_own_picture(tmp_path: Path) -> None:
    file = tmp_path / "sky.png"
    Image.new("RGB", (10, 20), (255, 0, 51)).save(file)
    made = BACKGROUNDS.find("picture")(str(file))(2, (8, 8), generator())
    torch.testing.assert_close(made.mean(dim=(2, 3)), torch.tensor([[1.0, 0.0, 0.2]] * 2))
    assert resized(made, (8, 8)).shape == (2, 3, 8, 8)
    for wrong in (tmp_path / "none.png", Path(__file__)):
        with pytest.raises(InputError, match=r"cannot be read|not a readable picture"):
            BACKGROUNDS.find("picture")(str(wrong))

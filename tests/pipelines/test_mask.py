"""The object is found where it stands free, and the picture is left alone where none does."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from limn.errors import InputError
from pipelines.inputs.mask import remove_background


def _scene(noise: float) -> tuple[Image.Image, np.ndarray]:
    """A red disc before a green-blue ground, and where the disc is."""
    y, x = np.mgrid[:150, :200]
    ground = np.stack([60 + 0.1 * x, 120 + 0.2 * y, 140 + 0 * x], axis=-1)
    disc = (x - 100) ** 2 + (y - 75) ** 2 < 45**2
    ground[disc] = (200, 40, 30)
    ground += noise * np.random.default_rng(0).standard_normal(ground.shape)
    return Image.fromarray(ground.clip(0, 255).astype(np.uint8)).convert("RGBA"), disc


@pytest.mark.parametrize("noise", [0.0, 12.0])
def test_auto_finds_the_disc(noise: float) -> None:
    picture, disc = _scene(noise)
    found = np.asarray(remove_background(picture, "auto"))[..., 3] > 127
    assert (found & disc).sum() / (found | disc).sum() > 0.9


@pytest.mark.parametrize(
    "box", [(90, 40, 102, 110), (0, 40, 110, 110), (60, 60, 130, 149)], ids=["thin", "enters left", "enters below"]
)
def test_auto_finds_what_is_thin_and_what_enters_by_a_side(box: tuple[int, int, int, int]) -> None:
    picture = _scene(4.0)[0].convert("RGB")
    picture.paste((70, 130, 140), (50, 25, 150, 125))
    ImageDraw.Draw(picture).rectangle(box, fill=(240, 230, 60))
    expected = Image.new("1", picture.size)
    ImageDraw.Draw(expected).rectangle(box, fill=1)
    found = np.asarray(remove_background(picture.convert("RGBA"), "auto"))[..., 3] > 127
    assert (found & np.asarray(expected)).sum() / (found | np.asarray(expected)).sum() > 0.85


def test_auto_leaves_a_picture_without_object_alone() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).convert("RGBA")
    assert remove_background(picture, "auto").getextrema()[3] == (255, 255)


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3)])
def test_auto_leaves_odd_shapes_alone(size: tuple[int, int]) -> None:
    assert remove_background(Image.new("RGBA", size, "red"), "auto").getextrema()[3] == (255, 255)


def test_auto_takes_the_pictures_own_alpha() -> None:
    picture = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((10, 10, 50, 50), fill="red")
    assert remove_background(picture, "auto") is picture


def test_a_mask_of_ones_own_is_scaled_to_the_picture(tmp_path: Path) -> None:
    mask = Image.new("L", (20, 15), 0)
    ImageDraw.Draw(mask).rectangle((0, 0, 9, 14), fill=255)
    mask.save(tmp_path / "mask.png")
    alpha = np.asarray(remove_background(_scene(0)[0], str(tmp_path / "mask.png")))[..., 3]
    assert (alpha[:, :90] == 255).all()
    assert (alpha[:, 110:] == 0).all()


def test_none_keeps_everything_and_a_missing_mask_is_named(tmp_path: Path) -> None:
    picture = _scene(0)[0]
    assert remove_background(picture, "none") is picture
    with pytest.raises(InputError, match=r"nothing\.png"):
        remove_background(picture, str(tmp_path / "nothing.png"))

"""Reading any picture, and refusing what is none."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from limn.errors import InputError
from limn.frames import Frames
from limn.pictures import to_tensor
from pipelines.inputs.pictures import fit, read_picture
from pipelines.loop.contact_sheets import read_row, to_bytes, write_sheet

CORNERS = Image.fromarray(np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 0]]], np.uint8)).resize(
    (64, 48), Image.Resampling.NEAREST
)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tiff", "gif"])
def test_formats_agree(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    CORNERS.save(path, **({"lossless": True} if suffix == "webp" else {"quality": 98} if suffix == "jpg" else {}))
    read = np.asarray(read_picture(path).convert("RGB"), dtype=float)
    assert abs(read - np.asarray(CORNERS, dtype=float))[4:20, 4:28].mean() < 4


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_modes_keep_their_brightness(tmp_path: Path, mode: str) -> None:
    grey = np.tile(np.linspace(0, 255, 64).round().astype(np.uint8), (16, 1))
    if mode == "1":
        picture = Image.fromarray((grey > 127).astype(np.uint8) * 255).convert("1")
    elif mode in ("I;16", "I", "F"):
        picture = Image.fromarray(
            (grey.astype(np.uint16) * 257) if mode == "I;16" else grey.astype(np.int32 if mode == "I" else np.float32)
        )
    else:
        picture = Image.fromarray(grey).convert("RGB" if mode == "CMYK" else "L").convert(mode)
    path = tmp_path / ("picture.tiff" if mode in ("CMYK", "F", "I") else "picture.png")
    picture.save(path)
    read = np.asarray(read_picture(path).convert("L"), dtype=float)
    assert read[:, :4].mean() < 12
    assert read[:, -4:].mean() > 243


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_undone(tmp_path: Path, orientation: int) -> None:
    names = ["FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_90", "TRANSVERSE", "ROTATE_270"]
    inverse = {number: Image.Transpose[name] for number, name in enumerate(names, start=2)}
    stored = CORNERS.transpose(inverse[orientation]) if orientation in inverse else CORNERS
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    stored.save(path, exif=exif)
    assert np.array_equal(np.asarray(read_picture(path).convert("RGB")), np.asarray(CORNERS))


def test_alpha_lies_on_white_and_hidden_colours_do_not_bleed() -> None:
    rgba = np.zeros((40, 40, 4), np.uint8)
    rgba[..., 0] = 255
    rgba[10:30, 10:30] = (0, 0, 255, 255)
    canvas = fit(Image.fromarray(rgba), (80, 80))[0]
    assert torch.allclose(canvas[:, 5, 5], torch.ones(3))
    assert torch.allclose(canvas[:, 40, 40], torch.tensor([0.0, 0.0, 1.0]), atol=0.01)
    assert (canvas[0] <= canvas[1] + 0.02).all()


def test_a_wide_picture_is_padded_not_squashed() -> None:
    canvas = fit(Image.new("RGB", (200, 100), "black"), (64, 64), margin=0.125)[0]
    rows, columns = (canvas.mean(0) < 0.5).any(1).sum(), (canvas.mean(0) < 0.5).any(0).sum()
    assert (int(rows), int(columns)) == (24, 48)


def test_tensor_and_image_are_inverse() -> None:
    assert np.array_equal(to_bytes(to_tensor(CORNERS)[0]), np.asarray(CORNERS))


def _bomb(path: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(path)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_bytes(b"hello"), "not a readable picture"),
        (lambda path: path.write_bytes(b""), "not a readable picture"),
        (lambda path: (CORNERS.save(path), path.write_bytes(path.read_bytes()[:-60])), "damaged or cut short"),
        (_bomb, "too large"),
    ],
)
def test_bad_pictures_get_one_line(tmp_path: Path, make: object, expected: str) -> None:
    path = tmp_path / "photo.png"
    make(path)  # type: ignore[operator]
    with pytest.raises(InputError, match=expected) as error:
        read_picture(path)
    assert "\n" not in str(error.value)
    assert "photo.png" in str(error.value)


def test_a_missing_picture_names_its_neighbour(tmp_path: Path) -> None:
    CORNERS.save(tmp_path / "photo.png")
    with pytest.raises(InputError, match=r"did you mean 'photo\.png'"):
        read_picture(tmp_path / "foto.png")


@pytest.mark.parametrize("channels", [1, 3])
def test_sheets_are_png_of_the_same_bytes(tmp_path: Path, channels: int) -> None:
    rgb = torch.rand(2, 2, channels, 5, 7, generator=torch.Generator().manual_seed(0)).expand(2, 2, 3, 5, 7)
    write_sheet(tmp_path / "sheet.png", Frames(rgb, rgb[:, :, :1]), [0, 2], 3)
    rows = [read_row(tmp_path / "sheet.png", row, 3) for row in range(3)]
    assert (rows[1] == 255).all()
    for candidate, row in ((0, 0), (1, 2)):
        assert np.array_equal(rows[row], np.concatenate([to_bytes(view) for view in rgb[candidate]], axis=1))
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.mode == ("L" if channels == 1 else "RGB")

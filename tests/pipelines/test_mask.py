"""Masks as people have them are understood, and said to be so, or refused in one line."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from limn.errors import InputError
from pipelines.inputs.mask import read_mask

SIZE = 40, 30
INSIDE = np.zeros((30, 40), bool)
INSIDE[8:22, 10:30] = True


def _save(folder: Path, values: np.ndarray) -> str:
    Image.fromarray(values.astype(np.uint8)).save(folder / "mask.png")
    return str(folder / "mask.png")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (255 * INSIDE, ""),
        (1 * INSIDE, "brightest value, 1, is white"),
        (255 * ~INSIDE, "white around black"),
        (1 * ~INSIDE, "brightest value, 1, is white; it has white around black"),
        (np.dstack([np.full((30, 40, 3), 90), 255 * INSIDE]), "transparency is taken"),
        (np.kron(255 * INSIDE, np.ones((3, 3))), ""),
    ],
    ids=["white", "one", "inverted", "one and inverted", "transparent", "larger"],
)
def test_masks_are_understood_and_it_is_said(tmp_path: Path, values: np.ndarray, told: str) -> None:
    mask, line = read_mask(_save(tmp_path, values), SIZE)
    assert np.array_equal(np.asarray(mask) > 127, INSIDE)
    assert told in line
    assert bool(told) == bool(line)


def test_a_full_mask_is_said_to_be_one(tmp_path: Path) -> None:
    mask, line = read_mask(_save(tmp_path, 255 * np.ones((30, 40))), SIZE)
    assert mask.getextrema() == (255, 255)
    assert "white everywhere" in line


@pytest.mark.parametrize(
    ("values", "expected"),
    [(np.zeros((30, 40)), "black everywhere"), (255 * INSIDE.T, "30 x 40 pixels, but the picture is 40 x 30")],
    ids=["empty", "of another picture"],
)
def test_masks_that_say_nothing_are_refused(tmp_path: Path, values: np.ndarray, expected: str) -> None:
    with pytest.raises(InputError, match=expected) as error:
        read_mask(_save(tmp_path, values), SIZE)
    assert "mask.png" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_mask_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.png"):
        read_mask(tmp_path / "nothing.png", SIZE)

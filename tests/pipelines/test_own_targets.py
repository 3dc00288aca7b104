"""Losses with pictures of their own: one or several, weighted and masked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from guidance import Step
from limn.errors import InputError
from limn.frames import Frames
from pipelines.config.reading import read_config
from pipelines.config.run_config import RunConfig
from pipelines.task.objective import build_objective

SHAPE = (24, 32)
STILL = Step(0, 10, training=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, the second in other proportions, and masks of its left half."""
    draws = np.random.default_rng(0)
    for name, (height, width) in {"a": (24, 32), "b": (40, 20)}.items():
        Image.fromarray(draws.integers(0, 255, (height, width, 3), dtype=np.uint8)).save(tmp_path / f"{name}.png")
    mask = np.zeros((40, 20), np.uint8)
    mask[:, :10] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    Image.fromarray(mask[:20]).save(tmp_path / "other.png")
    return tmp_path


def config_of(folder: Path, losses: str) -> RunConfig:
    target = f"recipe: edit\ntarget: a.png\nsource_prompt: a cat\nprompt: a dog\nsize: {list(SHAPE)}\n"
    (folder / "run.yaml").write_text(f"{target}losses:\n  style: {losses}\n")
    return read_config(folder / "run.yaml")


def value(folder: Path, losses: str) -> float:
    rgb = torch.rand(1, 1, 3, *SHAPE, generator=torch.Generator().manual_seed(1))
    objective = build_objective(config_of(folder, losses), target=torch.rand(1, 3, *SHAPE))
    return float(objective(Frames(rgb, torch.ones_like(rgb[:, :, :1])), STILL).values["style"])


def test_several_pictures_are_a_weighted_sum(folder: Path) -> None:
    for loss in ("palette", "pixels"):
        a, b = (value(folder, f"{{loss: {loss}, target: {name}.png}}") for name in "ab")
        both = value(folder, f"{{loss: {loss}, target: [{{picture: a.png, weight: 2}}, b.png]}}")
        assert both == pytest.approx(2 * a + b, rel=1e-5)


def test_statistics_see_a_style_in_its_own_proportions(folder: Path) -> None:
    objective = build_objective(config_of(folder, "{loss: palette, target: b.png}"))
    assert objective.losses[0].target.picture.shape[-2:] == (32, 16)
    objective = build_objective(config_of(folder, "{loss: pixels, target: b.png}"))
    assert objective.losses[0].target.picture.shape[-2:] == SHAPE


def test_a_mask_says_what_of_a_style_counts(folder: Path) -> None:
    whole, masked = (
        value(folder, f"{{loss: palette, target: {{picture: b.png{m}}}}}") for m in ("", ", mask: mask.png")
    )
    assert whole != masked
    picture = np.asarray(Image.open(folder / "b.png")).copy()
    picture[:, 14:] = 255
    Image.fromarray(picture).save(folder / "b.png")
    assert value(folder, "{loss: palette, target: {picture: b.png, mask: mask.png}}") == pytest.approx(masked, rel=0.1)
    with pytest.raises(InputError, match=r"losses.style: mask .*other.png'.*proportions"):
        value(folder, "{loss: palette, target: {picture: b.png, mask: other.png}}")


def test_pictures_are_written_down_and_read_again(folder: Path) -> None:
    config = config_of(folder, "{loss: palette, target: [a.png, {picture: b.png, weight: 2}]}")
    again = RunConfig.model_validate(config.model_dump(include={"recipe", "losses"}))
    assert again.losses == config.losses


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("no.png", "no such file: no.png"),
        ("[]", "expected a picture, or a list of pictures, got []"),
        ("{picture: a.png, wieght: 2}", "did you mean 'weight'"),
        ("{picture: a.png, weight: -1}", "weight"),
    ],
)
def test_bad_pictures_are_refused(folder: Path, target: str, expected: str) -> None:
    with pytest.raises(InputError, match=r"losses.style.*target") as error:
        config_of(folder, f"{{loss: palette, target: {target}}}")
    assert expected in str(error.value)

"""Drawn scenes and painted sketches: strokes begin where and as they should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from tasks import only_task

from limn.errors import InputError
from pipelines import read_config
from pipelines.recipes.scene import losses_of
from renderers.strokes import Strokes

ROOT = Path(__file__).parents[2]
SMALL = {"size": 96, "best_of": 1}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A dark disc with a face before stripes, and its mask."""
    ground = Image.new("RGB", (96, 96), "white")
    pen = ImageDraw.Draw(ground)
    for x in range(4, 96, 12):
        pen.line([(x, 0), (x + 8, 96)], (90, 90, 90), 2)
    pen.ellipse([26, 26, 70, 70], (200, 60, 40), "black", 3)
    for x in (38, 54):
        pen.ellipse([x, 40, x + 5, 45], "black")
    pen.arc([36, 42, 60, 62], 20, 160, "black", 2)
    ground.save(tmp_path / "picture.png")
    mask = Image.new("L", (96, 96))
    ImageDraw.Draw(mask).ellipse([24, 24, 72, 72], 255)
    mask.save(tmp_path / "mask.png")
    return tmp_path / "picture.png"


def drawn(config: str, **settings: Any) -> Strokes:
    renderer = only_task(read_config(ROOT / "configs" / config, (SMALL | settings).items())).renderer
    assert isinstance(renderer, Strokes)
    return renderer


def middles(strokes: Strokes) -> torch.Tensor:
    """The middle of every stroke of the first candidate [P, 2]."""
    return strokes.points[0].detach().reshape(-1, 4, 2).mean(dim=1)


def test_a_scene_has_strokes_of_its_own_in_front_and_behind(picture: Path) -> None:
    mask = str(picture.parent / "mask.png")
    scene = drawn("scene.yaml", target=str(picture), mask=mask, strokes=12, background=24, simplicity=0.5)
    inside = (middles(scene) - 48).norm(dim=1) < 25
    assert (int(inside.sum()), int((~inside).sum())) == (6, 12)
    for end in range(3, len(inside), 3):
        assert abs(float(inside[:end].float().mean()) - 1 / 3) < 0.2


def test_fidelity_chooses_layers_and_lines() -> None:
    assert losses_of(1)["features"]["layers"] == {"relu2_2": 1.0}
    assert losses_of(0)["features"]["layers"] == {"relu5_3": 1.0}
    assert losses_of(0.5)["features"]["layers"] == pytest.approx({"relu4_3": 0.5, "relu3_3": 0.5})
    assert [losses_of(f)["lines"]["weight"] for f in (0, 0.5, 1)] == [0, 0.5, 1]
    config = read_config(ROOT / "configs" / "scene.yaml", {"fidelity": 0, "losses.lines.weight": 0.2}.items())
    assert config.losses["lines"].weight.first == 0.2
    assert config.losses["features"].layers == {"relu5_3": 1.0}


def test_a_scene_needs_something_in_front(picture: Path) -> None:
    with pytest.raises(InputError, match="mask: no object surely stands free in the picture"):
        drawn("scene.yaml", target=str(picture), mask="none")


def test_paint_has_the_colours_of_the_picture_and_free_widths(picture: Path) -> None:
    painted = drawn(
        "paint.yaml", target=str(picture), strokes=30, width=[16, 8], width_range=[6, 20], opacity=0.8, paper="white"
    )
    assert {group.name for group in painted.parameter_groups()} == {"points", "width", "colour"}
    scene = painted.scene()
    assert scene.widths[0].tolist() == [16.0] * 10 + [8.0] * 20
    assert (scene.stroke_colours[0, :, 3] == 0.8).all()
    assert ((scene.stroke_colours[0, :, :3] - torch.tensor([200, 60, 40]) / 255).abs().amax(dim=1) < 0.1).any()
    target = torch.from_numpy(np.asarray(Image.open(picture).convert("RGB")).copy()).permute(2, 0, 1) / 255
    assert (painted.render().rgb[0, 0] - target).square().mean() < 0.5 * (1 - target).square().mean()
    with torch.no_grad():
        painted.widths.copy_(torch.linspace(0, 40, 30))
    painted.constrain()
    assert painted.widths.aminmax() == (6.0, 20.0)


def test_a_painting_counts_as_much_at_its_frame(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "grey.png")
    settings = SMALL | {"target": str(tmp_path / "grey.png"), "strokes": 3}
    task = only_task(read_config(ROOT / "configs" / "paint.yaml", settings.items()))
    assert (task.pictures["weight"] == 1).all()
    assert list(task.notes) == ["taken: the whole picture"]


def test_widths_are_one_or_several() -> None:
    config = ROOT / "configs" / "sketch.yaml"
    assert read_config(config, {"width": 2}.items()).width == (2.0,)
    assert read_config(config, {"width": [6, 3, 1.5]}.items()).width == (6.0, 3.0, 1.5)
    for wrong in ([], [3, 0], -1, "wide"):
        with pytest.raises(InputError, match=r"sketch.yaml: width"):
            read_config(config, {"width": wrong}.items())
